"""Log lines that say which request they belong to, and keep secrets to themselves."""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback

from redis.exceptions import RedisError

from .actors import current_actor
from .errors import ConfigError, DomainError, WiringError
from .trace import _current as _trace

_SECRET = re.compile(
    r"""(?ix) ((?:password|passwd|secret|token|authorization|cookie|api[_-]?key) [\w-]{0,40} ["']? \s* [=:] \s*)
    (?: '[^']*' | "[^"]*" | (?:bearer|basic)\s+\S+ | [^\s,;&)}\]]+ )"""
)
_URL = re.compile(r"(?<=://)([^:/@\s]{0,200}):[^@/\s]{1,500}@")


def scrub(text: str) -> str:
    """A text without the values of passwords, tokens and keys."""
    return _URL.sub(r"\1:***@", _SECRET.sub(r"\1***", text))


def told(error: BaseException) -> str:
    """An exception for the log. The text of most names what they stumbled over (a phone, a name): it is left out."""
    name = type(error).__name__
    if isinstance(error, ConfigError | WiringError | OSError | ImportError | RedisError):
        return f"{name}: {error}"
    return f"{name} ({error.code})" if isinstance(error, DomainError) else name


def _story(error: BaseException) -> list[str]:
    """Where an exception came from and what it was, after those that led to it."""
    before: list[str] = []
    earlier = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if earlier is not None:
        before = [*_story(earlier), "", "That led to:", ""]
    frames = [line.rstrip("\n") for line in traceback.format_tb(error.__traceback__)]
    parts = [line for part in getattr(error, "exceptions", ()) for line in _story(part)]
    return [*before, "Traceback (most recent call last):", *frames, told(error), *parts]


def _one_line(text: str) -> str:
    """What somebody typed must not look like another entry of the log."""
    return text.replace("\r", "\\r").replace("\n", "\\n")


class Formatter(logging.Formatter):
    """``plain`` for people, ``json`` for machines."""

    def __init__(self, style: str) -> None:
        super().__init__()
        self.json = style == "json"

    def format(self, record: logging.LogRecord) -> str:
        trace, actor = _trace.get(), current_actor()
        exception = scrub("\n".join(_story(record.exc_info[1]))) if record.exc_info and record.exc_info[1] else ""
        arguments = record.args
        if isinstance(arguments, tuple):
            arguments = tuple(told(a) if isinstance(a, BaseException) else a for a in arguments)
        message = _one_line(scrub(str(record.msg) % arguments if arguments else str(record.msg)))
        if not self.json:
            mark = f" [{trace.correlation}]" if trace else ""
            line = f"{self.formatTime(record)} {record.levelname} {record.name}: {message}{mark}"
            return f"{line}\n{exception}" if exception else line
        entry = {
            "at": self.formatTime(record), "level": record.levelname, "logger": record.name, "message": message,
            "correlation": trace.correlation if trace else None, "causation": trace.causation if trace else None, "actor": actor.name,
        }  # fmt: skip
        if exception:
            entry["exception"] = exception
        return json.dumps(entry, ensure_ascii=False)


def configure(level: str = "INFO", style: str = "plain") -> None:
    """Send every log line of the process to stderr in this form."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Formatter(style))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("alembic", "rq.worker", "flask_appbuilder", "PIL", "sqlalchemy", "httpcore"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLevelName(level)))
