"""SQL as tokens: enough to tell whether two texts say the same, and whether one mentions a column."""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""\s+ | --[^\n]* | /\*.*?\*/
    | (?P<text>'(?:[^']|'')*')
    | "(?P<double>(?:[^"]|"")*)" | `(?P<back>(?:[^`]|``)*)` | \[(?P<square>[^\]]*)\]
    | (?P<word>[^\W\d]\w*)
    | (?P<other>\d[\w.]* | <= | >= | <> | != | == | \|\| | .)""",
    re.VERBOSE | re.DOTALL,
)


def tokens(sql: str) -> list[str]:
    """The words and signs of a statement in lower case, names without their quotes; texts stay as they are."""
    found = []
    for match in _TOKEN.finditer(sql):
        kind = match.lastgroup
        if kind == "text" or kind == "other":
            found.append(match.group())
        elif kind is not None:
            found.append(match.group(kind).lower())
    return found


def condition(sql: str) -> list[str]:
    """The tokens of a condition, without parentheses around the whole."""
    found = tokens(sql)
    while len(found) > 1 and found[0] == "(" and _closes(found) == len(found) - 1:
        found = found[1:-1]
    return found


def _closes(found: list[str]) -> int:
    """Where the first parenthesis is closed."""
    depth = 0
    for place, sign in enumerate(found):
        depth += (sign == "(") - (sign == ")")
        if depth == 0:
            return place
    return -1


def mentions(sql: str, name: str) -> bool:
    """Whether a statement names a column; of an index, give what stands in its parentheses and after them."""
    return name.lower() in tokens(sql)
