"""The door for plugin authors, and the only part of the core that plugins import.

Names are only ever added here; one that goes away is deprecated for a release first.
"""

from __future__ import annotations

from .. import API_LEVEL
from ..audit import record as record_audit
from ..audit import timeline
from ..auth.idempotency import idempotent
from ..auth.permissions import expose, has_access, protect, public
from ..auth.throttle import throttled
from ..config.settings import get as get_setting
from ..db.base import Model, Versioned
from ..db.bulk import write_rows
from ..db.crypto import blind_index
from ..db.types import BigKey, Pii, UTCDateTime, code_string
from ..db.uow import after_commit, reading, unit_of_work
from ..events import Event, publish
from ..files import FileRef, save_image, url_for_file
from ..hookspecs import hookimpl, hookspec
from ..host import hooks
from ..host.declare import DemoData, Exporter, Importer, JobDef, Permission, Preparation, RolePreset, Schedule, SettingTest
from ..i18n import content as translations
from ..i18n.formats import fmt
from ..i18n.texts import gettext, lazy_gettext, ngettext, pgettext
from ..importing.contracts import Figure, ImportRow, ImportRun, Outcome, Seen
from ..jobs import enqueue, job
from ..kernel import clock
from ..kernel.actors import ANONYMOUS, SYSTEM, Actor, acting_as, current_actor
from ..kernel.errors import (
    BadRequest,
    ConfigError,
    DomainError,
    Forbidden,
    IllegalMove,
    Invalid,
    NotFound,
    ProviderError,
    StaleRow,
)
from ..kernel.ids import public_id
from ..kernel.money import Money, allocate, read_decimal
from ..notices import notify
from ..runtime import current_runtime
from ..web.describe import (
    Action,
    Card,
    Choice,
    Column,
    Field,
    Filter,
    Hit,
    MenuItem,
    Screen,
    Search,
    SearchProvider,
    Section,
    Slot,
    Widget,
)
from ..web.gateway import gateway
from ..web.limits import visitor_is_known
from ..web.query import decode_cursor, encode_cursor
from ..web.rest import Api, Operation
from ..web.views import View

_ = gettext
_l = lazy_gettext

__all__ = [
    "ANONYMOUS", "API_LEVEL", "Action", "Actor", "Api", "BadRequest", "BigKey", "Card", "Choice", "Column",
    "ConfigError", "DemoData", "DomainError", "Event", "Exporter", "Field", "Figure", "FileRef", "Filter", "Forbidden", "Hit",
    "IllegalMove", "ImportRow", "ImportRun", "Importer", "Invalid", "JobDef", "MenuItem", "Model", "Money",
    "NotFound", "Operation", "Outcome", "Permission", "Pii", "Preparation", "ProviderError", "RolePreset", "SYSTEM",
    "Schedule", "Screen", "Search", "SearchProvider", "Section", "Seen", "SettingTest", "Slot", "StaleRow",
    "UTCDateTime", "Versioned", "View", "Widget", "_", "_l", "acting_as", "after_commit", "allocate", "blind_index",
    "clock", "code_string", "current_actor", "current_runtime", "decode_cursor", "encode_cursor", "enqueue", "expose",
    "fmt", "gateway", "get_setting", "gettext", "has_access", "hookimpl", "hooks", "hookspec", "idempotent", "job",
    "lazy_gettext", "ngettext", "notify", "pgettext", "protect", "public", "public_id", "publish", "read_decimal", "reading",
    "record_audit", "save_image", "throttled", "timeline", "translations", "unit_of_work", "url_for_file", "visitor_is_known",
    "write_rows",
]  # fmt: skip
