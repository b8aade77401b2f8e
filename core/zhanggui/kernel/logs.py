"""Log lines that say which request they belong to, and keep secrets to themselves."""

from __future__ import annotations

import json
import logging
import re
import sys

from .actors import current_actor
from .trace import _current as _trace

_SECRET = re.compile(r"(?i)\b(password|passwd|secret|token|authorization|api[_-]?key)\b(\s*[=:]\s*)('[^']*'|\"[^\"]*\"|\S+)")
_URL = re.compile(r"(\w+://[^:/\s]+):[^@/\s]+@")


def scrub(text: str) -> str:
    """A line without the values of passwords, tokens and keys, on one line."""
    text = _URL.sub(r"\1:***@", _SECRET.sub(r"\1\2***", text))
    return text.replace("\r", "\\r")


class Formatter(logging.Formatter):
    """``plain`` for people, ``json`` for machines."""

    def __init__(self, style: str) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self.json = style == "json"

    def format(self, record: logging.LogRecord) -> str:
        trace, actor = _trace.get(), current_actor()
        if not self.json:
            first, *rest = super().format(record).split("\n")
            mark = f" [{trace.correlation}]" if trace else ""
            return scrub("\n".join([first + mark, *rest]))
        line = {
            "at": self.formatTime(record), "level": record.levelname, "logger": record.name, "message": scrub(record.getMessage()),
            "correlation": trace.correlation if trace else None, "causation": trace.causation if trace else None, "actor": actor.name,
        }  # fmt: skip
        if record.exc_info:
            line["exception"] = scrub(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def configure(level: str = "INFO", style: str = "plain") -> None:
    """Send every log line of the process to stderr in this form."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Formatter(style))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("alembic", "rq.worker", "flask_appbuilder", "PIL"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLevelName(level)))
