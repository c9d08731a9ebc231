"""A publisher's CSV as text: its encoding, and the marks before and after it.

Splitting lines and reading headers do not belong here.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from typing import Final

from indextracker.feeds.model import Refusal

# How MS-DOS ends a text; TAIFEX's files of 2016 end so.
END_OF_FILE: Final = b"\x1a"


def without_end_mark(body: bytes) -> bytes:
    """Leave out the byte by which MS-DOS ends a text: the line before it has ended."""
    if END_OF_FILE not in body[-16:]:
        return body
    return body.rstrip(END_OF_FILE + b"\r\n") + b"\n"


def decoded(body: bytes, document: str, first: int = 1) -> str:
    """Decode a text in cp950; in UTF-8, if it begins with the mark that spreadsheets write.

    Args:
        body: The text.
        document: Name of the document, for the reasons of refusals.
        first: Number of the text's first line in the document.

    Raises:
        Refusal: refused, with the line that cannot be decoded.
    """
    encoding = "utf-8-sig" if body.startswith(BOM_UTF8) else "cp950"
    try:
        return body.decode(encoding)
    except UnicodeDecodeError as error:
        name = encoding.removesuffix("-sig")
        line = first + body.count(b"\n", 0, error.start)
        raise Refusal(
            "refused", f"{document}: line {line} is not in {name} ({error.reason})"
        ) from error
