"""Translates statements of Redshift to PostgreSQL, and refuses those that Redshift would not take.

Texts and quoted names are masked first, so that the rules see the words of the language alone.
Functions and views that PostgreSQL does not have are in compat.sql.
"""

from __future__ import annotations

import json
import re

from redshift_local.copying import Copy

_LITERALS = re.compile(
    r"""(?P<comment>--[^\n]*|/\*.*?\*/)
      |(?P<text>\bE'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*'|\$(?P<tag>[a-z_]*)\$.*?\$(?P=tag)\$)
      |(?P<name>"(?:[^"]|"")*")""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_NAME = r'(?:"\d+"|[a-z_]\w*)'  # of a thing, in a masked statement
_ABSENT = r"(?:jsonb?|uuid|bytea|xml|inet|money|(?:big|small)?serial)\b"
_TABLE = rf"{_NAME}(?:\.{_NAME})*"

# Names that Redshift takes in double quotes alone, and PostgreSQL as they are. Words that also
# have a place in the grammar are left out.
_RESERVED = re.compile(
    r"(?<![.\w\"'$])(?<!\bas )(aes128|aes256|allowoverwrite|blanksasnull|bytedict|bzip2|credentials"
    r"|deflate|defrag|delta|delta32k|emptyasnull|explicit|globaldict256|globaldict64k|gzip|lun|luns"
    r"|lzo|lzop|mostly16|mostly32|mostly8|new|offline|old|open|parallel|percent|permissions|raw"
    r"|readratio|recover|rejectlog|resort|restore|snapshot|system|tag|tdes|text255|text32k"
    r"|truncatecolumns|wallet)(?![\w\"'])"
)
# What PostgreSQL does and Redshift does not, or does otherwise, and what to do instead.
_REFUSED = {
    r"\bon conflict\b": "Redshift has no ON CONFLICT: delete, then insert",
    r"\breturning\b": "Redshift has no RETURNING: select what was written",
    r"\bdistinct on\b": "Redshift has no DISTINCT ON: number the rows and take the first",
    r"\bfilter ?\(": "Redshift has no FILTER: aggregate a CASE",
    r"\blateral\b": "Redshift has no LATERAL: join",
    r"\b(string_agg|array_agg|jsonb?_agg) ?\(": "Redshift has no such aggregate",
    rf":: ?{_ABSENT}|\bcast ?\([^()]* as {_ABSENT}|^create table\b.*[(,] ?{_NAME} {_ABSENT}": (
        "Redshift has no such type"
    ),
    r"\barray ?\[|\w\[\d*\]": "Redshift has no such arrays",
    r"\bgenerate_series ?\(": "Redshift has no generate_series beside tables",
    r"\b(now|age|gen_random_uuid) ?\(": "Redshift has no such function beside tables",
    r"\bas (not )?materialized ?\(": "Redshift takes no hint about WITH",
    r"\bfor (update|share)\b": "Redshift locks no rows",
    r"^create (unique )?index\b": "Redshift has no indexes: declare a sort key",
    r"^create (unlogged|foreign|trigger|rule|extension|domain|sequence|type)\b": (
        "Redshift has nothing of the kind"
    ),
    r"^create table\b.*\bcheck ?\(": "Redshift has no CHECK: test the rows",
    r"^truncate\b": "TRUNCATE commits its transaction on Redshift: delete",
    r"\b(numeric|decimal|dec)\b(?! ?\()": (
        "a bare NUMERIC has no decimals on Redshift: name precision and scale"
    ),
    # What Redshift has beside, and this stand-in has not.
    r"\bqualify\b": "this stand-in has no QUALIFY",
    r"\bselect (distinct )?top \d": "this stand-in has no TOP: LIMIT",
    r"^create materialized view\b": "this stand-in has no materialized views",
    r"^unload\b": "this stand-in has no UNLOAD",
    r"^(create|alter|drop) group\b|^(grant|revoke)\b.* group \w": (
        "this stand-in has no groups: use a role"
    ),
    r"^alter table \S+ (alter (diststyle|distkey|sortkey|compound)|append)\b": (
        "this stand-in keeps the keys with which a table was made"
    ),
}
_REWRITTEN = {
    r"\b(varchar|character varying) ?\( ?max ?\)": r"varchar(65535)",
    r"\b(varchar|character varying)\b(?! ?\()": r"varchar(256)",
    r"\b(dateadd|datediff) ?\( ?([a-z]+) ?,": r"\1('\2',",
    r"\bnvl ?\(": r"coalesce(",
    r"\bsysdate\b": r"localtimestamp",
    r" with no schema binding\b": r"",
    r"^set (query_group|enable_case_sensitive_identifier)\b": r"set redshift.\1",
    r"^((?:grant|revoke|alter default privileges)\b.* )role ": r"\1",
}
_COPY = re.compile(
    rf"^copy (?P<table>{_TABLE}) ?(?P<columns>\([^)]*\))? ?from (?P<source>'\d+')"
    r" iam_role (?:'\d+'|default) (?:format )?(?:as )?parquet$"
)
_CREATE_TABLE = re.compile(r"^create (?:local )?(?:temp |temporary )?table ")
_DISTRIBUTION = re.compile(rf" ?\bdiststyle (all|auto|even|key)\b| ?\bdistkey ?\( ?({_NAME}) ?\)")
_SORTING = re.compile(rf" ?(?:\bcompound )?\bsortkey ?\(({_NAME}(?: ?, ?{_NAME})*) ?\)")
_STORAGE = re.compile(r" ?\bbackup (?:yes|no)\b| ?\bencode \w+")


class RefusedError(Exception):
    """Redshift would not take the statement, or would mean something else by it."""


def translate(sent: str) -> tuple[str, Copy | None]:
    """A statement as PostgreSQL is to run it, and what it loads if it is a COPY.

    A statement that Redshift would refuse becomes one that fails with the reason.
    """
    masked, literals = _mask(sent)
    try:
        run, copy = _translate(masked, literals)
    except RefusedError as reason:
        text = str(reason).replace("'", "''")
        return f"select redshift_local.refuse('{text}')", None
    return run, copy


def _translate(masked: str, literals: list[str]) -> tuple[str, Copy | None]:
    keys = ""
    if _CREATE_TABLE.match(masked):
        masked, keys = _without_keys(masked, literals)
    if found := _RESERVED.search(masked):
        raise RefusedError(f"{found[0]!r} is a reserved word of Redshift: put it in double quotes")
    if masked.startswith("copy "):
        copy = _copied(masked, literals)
        return f"copy {copy.table}{copy.columns} from stdin (format csv)", copy
    for pattern, reason in _REFUSED.items():
        if found := re.search(pattern, masked):
            raise RefusedError(f"{reason} (at {_unmask(found[0], literals)!r})")
    for pattern, replacement in _REWRITTEN.items():
        masked = re.sub(pattern, replacement, masked)
    return _unmask(masked, literals) + keys, None


def _copied(masked: str, literals: list[str]) -> Copy:
    found = _COPY.match(masked)
    if not found:
        raise RefusedError(
            "COPY is understood as: copy <table> from 's3://<bucket>/<prefix>' "
            "iam_role '<arn>' format as parquet"
        )
    table, columns, source = (
        _unmask(found[part] or "", literals) for part in ("table", "columns", "source")
    )
    source = source.strip("'")
    if not source.startswith("s3://"):
        raise RefusedError("COPY loads from s3://<bucket>/<prefix> alone")
    return Copy(table, columns, source)


def _without_keys(masked: str, literals: list[str]) -> tuple[str, str]:
    """A CREATE TABLE without what PostgreSQL does not have, and its keys as a comment.

    The comment is read where the table has been made, see compat.sql.
    """
    head, as_, query = masked, "", ""
    if ctas := re.search(r" as (?=\(|select\b|with\b)", masked):
        head, as_, query = masked[: ctas.start()], ctas[0], masked[ctas.end() :]
    keys: dict[str, object] = {}
    for style, column in _DISTRIBUTION.findall(head):
        if style:
            keys["diststyle"] = style
        else:
            keys["distkey"] = _plain(column, literals)
            keys.setdefault("diststyle", "key")
    if ("distkey" in keys) != (keys.get("diststyle") == "key"):
        raise RefusedError("DISTSTYLE KEY goes with a DISTKEY, and no other does")
    if sorting := _SORTING.search(head):
        keys["sortkey"] = [_plain(column, literals) for column in sorting[1].split(",")]
    if like := re.search(rf"\( ?like ({_TABLE})", head):
        keys["like"] = _unmask(like[1], literals)
    for part in (_DISTRIBUTION, _SORTING, _STORAGE):
        head = part.sub("", head)
    head = re.sub(rf"([(,] ?{_NAME}) text\b", r"\1 varchar(256)", head)
    if found := re.search(r"\b(diststyle|distkey|sortkey|interleaved)\b", head):
        raise RefusedError(f"{found[0].upper()} is understood after the columns alone")
    return head + as_ + query, f" /*keys {json.dumps(keys)}*/" if keys else ""


def _plain(name: str, literals: list[str]) -> str:
    return _unmask(name.strip(), literals).strip('"')


def _mask(statement: str) -> tuple[str, list[str]]:
    """A statement in lower case with single blanks, literals replaced by their numbers."""
    literals: list[str] = []

    def masked(found: re.Match[str]) -> str:
        if found["comment"]:
            return " "
        literals.append(found[0])
        quote = '"' if found["name"] else "'"
        return f"{quote}{len(literals) - 1}{quote}"

    words = _LITERALS.sub(masked, statement).lower().split()
    return " ".join(words).rstrip("; "), literals


def _unmask(masked: str, literals: list[str]) -> str:
    return re.sub(r"""(["'])(\d+)\1""", lambda found: literals[int(found[2])], masked)
