"""What a reader can do about a database that does not answer as it should."""

from __future__ import annotations

from ..kernel.logs import scrub

_NO_TABLES = ("no such table", "unable to open database file", "UndefinedTable", 'relation "core__')
_OLD_TABLES = ("no such column", "has no column named", "UndefinedColumn", " of relation ")


def what_to_do(message: str) -> str | None:
    """A sentence for the message of a driver; nothing when it is our own mistake."""
    if any(sign in message for sign in _NO_TABLES):
        return "The database is not there or has no tables yet: run zhanggui upgrade."
    if any(sign in message for sign in _OLD_TABLES) or (message.startswith("column ") and "does not exist" in message):
        return "The tables of this shop are of an older release: run zhanggui upgrade."
    if "connection" in message and ("failed" in message or "refused" in message):
        return f"The database does not answer: {scrub(message.splitlines()[0])}"
    return None
