"""From bytes to text: which encoding, and how sure that is.

Marks at the beginning decide, then what is valid, then words of columns that come out of it;
charset-normalizer is asked where words say nothing.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass

from charset_normalizer import from_bytes

from indextracker.files import words
from indextracker.files.model import PART_BYTES, RefusedFileError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "utf-8-sig (BOM)"),
    (codecs.BOM_UTF32_LE, "utf-32", "utf-32 (BOM)"),
    (codecs.BOM_UTF16_LE, "utf-16", "utf-16-le (BOM)"),
    (codecs.BOM_UTF16_BE, "utf-16", "utf-16-be (BOM)"),
)
# In the order in which equal ones are taken.
_CANDIDATES = (
    *("cp950", "gbk", "cp949", "cp932", "euc_jp", "cp1251", "koi8_r", "cp1250", "cp1252"),
    *("cp1253", "cp1254", "cp1255", "cp1256", "cp874", "cp866"),
)
# Of other alphabets than Latin: words of one alphabet alone do not come of them by accident.
_ALPHABETS = ("cp1251", "koi8_r", "cp866", "cp1253")
_TELLING_BYTES = 64 * 2**10
_HEADER_LINES = 12
# Behind a bracket stands a unit.
_SPLIT = re.compile(r"[,;\t|(\[]")
# Signs that no text file of prices has: uninitialised memory, pictures, programs.
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1f]")


@dataclass(frozen=True)
class Decoded:
    """Text of each part of a content, and its encoding as people call it."""

    texts: tuple[str, ...]
    encoding: str
    confidence: float
    evidence: str


def decode(parts: tuple[bytes, ...]) -> Decoded:
    """The text of a content's parts.

    Raises:
        RefusedFileError: if they are no text.
    """
    codec, name, confidence, evidence = _codec(parts)
    width = {"utf-16-le": 2, "utf-16-be": 2, "utf-32": 4}.get(codec.removesuffix(" (BOM)"), 1)
    texts = [parts[0].decode(codec, errors="replace" if len(parts) > 1 else "strict")]
    rest = {"utf-16": name.removesuffix(" (BOM)"), "utf-8-sig": "utf-8"}.get(codec, codec)
    texts += [part[: len(part) // width * width].decode(rest, "replace") for part in parts[1:]]
    return Decoded(tuple(texts), name, confidence, evidence)


def _codec(parts: tuple[bytes, ...]) -> tuple[str, str, float, str]:
    head = parts[0]
    for mark, codec, name in _MARKS:
        if head.startswith(mark) and _is_valid(head, codec, len(parts) > 1):
            return codec, name, 1.0, "the mark at the beginning of the file"
    if found := _wide(head):
        return found, found, 0.95, "every other byte of it is zero"
    data = b"".join(parts)
    if not _BINARY.search(data):
        if data.isascii():
            return "ascii", "ascii", 1.0, "every byte is below 128"
        if _is_valid(head, "utf-8", len(parts) > 1):
            return "utf-8", "utf-8", 1.0, "its bytes above 127 are valid in this encoding alone"
        return _by_words(head)
    return _with_junk(data)


def _with_junk(data: bytes) -> tuple[str, str, float, str]:
    """A text file may hold a little memory of the program that wrote it; a picture is no text."""
    strange = len(_BINARY.findall(data))
    first = data[:PART_BYTES].split(b"\n", 1)[0]
    if strange > len(data) // 20 or _BINARY.search(first):
        raise RefusedFileError("it is no text: it holds bytes that no text has")
    return (
        "latin-1",
        "latin-1",
        0.9,
        f"{strange} bytes that no text has, left by the program that wrote it: any byte is kept",
    )


def _wide(head: bytes) -> str | None:
    sample = head[:4096]
    half = len(sample) // 2 or 1
    if sample[1::2].count(0) > 0.6 * half and sample[::2].count(0) < 0.1 * half:
        return "utf-16-le"
    if sample[::2].count(0) > 0.6 * half and sample[1::2].count(0) < 0.1 * half:
        return "utf-16-be"
    return None


def _is_valid(data: bytes, codec: str, cut: bool) -> bool:
    decoder = codecs.getincrementaldecoder(codec)()
    try:
        decoder.decode(data, final=not cut)
    except UnicodeDecodeError:
        return False
    return True


def _by_words(head: bytes) -> tuple[str, str, float, str]:
    sample = head[: head.rfind(b"\n", 0, _TELLING_BYTES) + 1] or head[:_TELLING_BYTES]
    scores = {
        codec: _words_in(sample, codec)
        for codec in _CANDIDATES
        if _is_valid(head, codec, cut=len(head) >= PART_BYTES)
    }
    if not scores:
        return "latin-1", "latin-1", 0.5, "no other encoding has all of its bytes"
    best = max(scores, key=lambda codec: scores[codec])
    if scores[best] > 0 and sum(score == scores[best] for score in scores.values()) == 1:
        return best, best, 0.97, f"{scores[best]} words of its header are known in it"
    likely = from_bytes(sample, cp_isolation=list(scores)).best()
    codec = likely.encoding if likely else best
    if scores.get(codec, 0) < scores[best]:
        codec = best
    if sample.decode(codec, "replace") == sample.decode("cp1252", "replace"):
        # Of encodings that give the same letters, the most common one.
        return "cp1252", "cp1252", 0.95, "its letters are the same in every likely encoding"
    if codec not in _CANDIDATES[:5]:
        codec = max(
            (one for one in scores if one not in _CANDIDATES[:5] and scores[one] == scores[codec]),
            key=lambda one: _wordlike(sample.decode(one, "replace")),
        )
    wordlike = codec in _ALPHABETS and _wordlike(sample.decode(codec, "replace")) == 1
    confidence = 0.9 if scores[best] or wordlike else 0.6
    return codec, codec, confidence, "its letters are likeliest in this encoding"


def _wordlike(text: str) -> float:
    """The share of words beyond ASCII that could be words: one alphabet, capitals in front."""
    found = [word for word in set(re.findall(r"\w+", text)) if not word.isascii()]
    return sum(map(_is_wordlike, found)) / len(found) if found else 0.0


def _is_wordlike(word: str) -> bool:
    if not (word.islower() or word.isupper() or word.istitle()):
        return False
    alphabets = {unicodedata.name(letter, "?").split(maxsplit=1)[0] for letter in word}
    plain = sum(letter.isascii() for letter in word)
    # A word of Latin letters has some without an accent.
    return alphabets in ({"CYRILLIC"}, {"GREEK"}) or (
        alphabets == {"LATIN"} and 3 * plain >= len(word)
    )


def _words_in(sample: bytes, codec: str) -> int:
    """How many known words with a letter beyond ASCII come out of the first lines."""
    lines = sample.decode(codec, "replace").splitlines()[:_HEADER_LINES]
    cells = {cell.strip(' "<>') for line in lines for cell in _SPLIT.split(line)}
    return sum(not cell.isascii() and words.is_written_out(cell) for cell in cells)
