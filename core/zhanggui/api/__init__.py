"""The door for plugin authors, and the only part of the core that plugins import.

Names are only ever added here; one that goes away is deprecated for a release first.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from .. import API_LEVEL, articles, list_views, outside
from ..approvals import AlreadyAsked, request_approval
from ..audit import record as record_audit
from ..auth import programs, tokens
from ..auth.fresh import NotFresh, require_fresh, require_recent
from ..auth.idempotency import idempotent, idempotent_in_phases
from ..auth.lookups import look_up
from ..auth.permissions import expose, has_access, permission_name, protect, public, signed_in
from ..auth.quota import count_one
from ..auth.staff import StaffMember, staff_member, staff_with
from ..auth.throttle import throttled, told_to_wait
from ..backup import doors as backups
from ..calendar import Calendar, Festival, spring_festival
from ..config.days import reader_at_work, shop_day, shop_zone
from ..config.settings import get as get_setting
from ..db import words
from ..db.append_only import AppendOnly
from ..db.append_only import guards as append_only_guards
from ..db.base import Model, Versioned
from ..db.bulk import write_rows
from ..db.crypto import blind_index
from ..db.locks import one_at_a_time
from ..db.types import BigKey, BlindIndex, Decimals, Looked, Pii, SealedJson, UTCDateTime, code_string
from ..db.uow import after_commit, reading, recording, unit_of_work
from ..events import Event, Sealed, publish
from ..files import FileRef, save_image, url_for_file
from ..files.private import FileInfo, attach_private_file, remove_private_files, save_private_file, url_for_private
from ..hookspecs import hookimpl, hookspec
from ..host import dashboards, dimensions, facts, hooks, message_kinds, metrics, public_events
from ..host.choices import Choices, UnknownChoice, choice_schemas, complaints, read_choices
from ..host.declare import (
    Approvable,
    Arrival,
    AuditWords,
    CartChoice,
    Command,
    DemoData,
    Exporter,
    FirstStep,
    Importer,
    JobDef,
    Permission,
    PersonalData,
    Preparation,
    PublicEvent,
    RolePreset,
    Schedule,
    SettingTest,
    Total,
    Webhook,
    WebhookMessage,
    WebhookReply,
)
from ..host.measuring import Dashboard, Dimension, Drill, Fact, Metric, Tile
from ..host.messaging import (
    Audience,
    Channel,
    Envelope,
    KindVariable,
    Later,
    MessageKind,
    MessageVariable,
    Recipient,
    Refused,
    Sent,
    Unknown,
)
from ..host.service import plugin_name
from ..i18n import content as translations
from ..i18n import regions
from ..i18n.formats import fmt
from ..i18n.readers import written_in
from ..i18n.texts import InLanguages, texts_of
from ..i18n.wording import keep_text, kept_text
from ..importing.contracts import Figure, ImportRow, ImportRun, Made, Outcome, Present, Seen
from ..jobs import enqueue, job
from ..jobs.aside import aside, is_aside, set_aside, take_back
from ..jobs.phases import OutsideTrouble, in_phases
from ..kernel import clock, formulas
from ..kernel.actors import ANONYMOUS, SYSTEM, Actor, acting_as, current_actor
from ..kernel.addresses import network
from ..kernel.errors import (
    BadRequest,
    ConfigError,
    DomainError,
    Forbidden,
    IllegalMove,
    Invalid,
    NotFound,
    NotGenuine,
    ProviderError,
    StaleRow,
)
from ..kernel.ids import Code, public_id
from ..kernel.keep import KEEP
from ..kernel.money import Money, allocate, read_decimal
from ..kernel.phases import ThreePhases
from ..kernel.reader import Reader
from ..notices import notify, read_notice
from ..notices.events import MessageReported
from ..notices.messages import notice_kind
from ..papers import A4, LABEL, Paper, PaperColumn, Sheet
from ..people import erase_person, export_person, find_person
from ..runtime import current_runtime
from ..tasks.running import TaskRun
from ..tasks.service import AtWork, TaskDef, cancel_task, resume_task, start_task, task, tasks_at_work
from ..web.acts import actor_names
from ..web.asking import show_form, take_form
from ..web.block_pages import show_page
from ..web.blocks import Block, Page
from ..web.bodies import read_json
from ..web.brand import brand_address
from ..web.charts import Band, Chart, Series
from ..web.companions import accompany
from ..web.context import reader as reader_here
from ..web.describe import (
    Action,
    Card,
    Choice,
    Column,
    Field,
    Fieldset,
    Filter,
    Form,
    HelpTarget,
    Hit,
    MenuItem,
    Preview,
    Question,
    Screen,
    Search,
    SearchProvider,
    Section,
    Slot,
    TermIndex,
    When,
    Widget,
)
from ..web.figures import GroupBy, Measure
from ..web.gateway import gateway
from ..web.kinds import FormContext, Kind, Posted
from ..web.kinds.periods import period_days
from ..web.kinds.rich import rich_text
from ..web.labels import find_rows, row_clauses, row_labels
from ..web.limits import visitor_is_known
from ..web.private_files import readable_file
from ..web.query import decode_cursor, encode_cursor
from ..web.questions import added_up, counted
from ..web.questions import address as address_of
from ..web.rest import Api, Operation
from ..web.scopes import chosen_scopes, scope_fields
from ..web.trail import timeline
from ..web.views import View
from ..web.writing import act_on_row, act_within, change_row, create_row, remove_row
from ..webhooks import KeptMessage, webhook_message

if TYPE_CHECKING:
    from ..i18n.texts import gettext, lazy_gettext, ngettext, pgettext

    _, _l = gettext, lazy_gettext

_TEXTS = {"_", "_l", "gettext", "lazy_gettext", "ngettext", "pgettext"}


def __getattr__(name: str) -> Any:
    """The functions for texts are those of whoever imports them: found out once, when ``from zhanggui.api import _l`` runs."""
    if name not in _TEXTS:
        raise AttributeError(f"zhanggui.api has no {name!r}")
    package = str(sys._getframe(1).f_globals.get("__name__", "")).partition(".")[0]
    return getattr(texts_of(domain_of(package)), name)


def domain_of(package: str) -> str:
    """The domain of a package's texts: the id of the plugin that lives in it."""
    return "" if package in ("zhanggui", "importlib") else package.removeprefix("zhanggui_")


__all__ = [
    "A4", "ANONYMOUS", "API_LEVEL", "Action", "Actor", "AlreadyAsked", "Api", "AppendOnly", "Approvable", "Arrival",
    "AtWork", "Audience", "AuditWords", "BadRequest", "Band", "BigKey", "BlindIndex", "Block", "Calendar", "Card",
    "CartChoice", "Channel", "Chart", "Choice", "Choices", "Code", "Column", "Command", "ConfigError", "Dashboard",
    "Decimals", "DemoData", "Dimension", "DomainError", "Drill", "Envelope", "Event", "Exporter", "Fact", "Festival",
    "Field", "Fieldset", "Figure", "FileInfo", "FileRef", "Filter", "FirstStep", "Forbidden", "Form", "FormContext",
    "GroupBy", "HelpTarget", "Hit", "IllegalMove", "ImportRow", "ImportRun", "Importer", "InLanguages", "Invalid",
    "JobDef", "KEEP", "KeptMessage", "Kind", "KindVariable", "LABEL", "Later", "Looked", "Made", "Measure", "MenuItem",
    "MessageKind", "MessageReported", "MessageVariable", "Metric", "Model", "Money", "NotFound", "NotFresh", "NotGenuine",
    "Operation", "Outcome", "OutsideTrouble", "Page", "Paper", "PaperColumn", "Permission", "PersonalData", "Pii",
    "Posted", "Preparation", "Present", "Preview", "ProviderError", "PublicEvent", "Question", "Reader", "Recipient",
    "Refused", "RolePreset", "SYSTEM", "Schedule", "Screen", "Sealed", "SealedJson", "Search", "SearchProvider",
    "Section", "Seen", "Sent", "Series", "SettingTest", "Sheet", "Slot", "StaffMember", "StaleRow", "TaskDef", "TaskRun",
    "TermIndex", "ThreePhases", "Tile", "Total", "UTCDateTime", "Unknown", "UnknownChoice", "Versioned", "View",
    "Webhook", "WebhookMessage", "WebhookReply", "When", "Widget", "_", "_l", "accompany", "act_on_row", "act_within",
    "acting_as", "actor_names", "added_up", "address_of", "after_commit", "allocate", "append_only_guards", "articles",
    "aside", "attach_private_file", "backups", "blind_index", "brand_address", "cancel_task", "change_row",
    "choice_schemas", "chosen_scopes", "clock", "code_string", "complaints", "count_one", "counted", "create_row",
    "current_actor", "current_runtime", "dashboards", "decode_cursor", "dimensions", "encode_cursor", "enqueue",
    "erase_person", "export_person", "expose", "facts", "find_person", "find_rows", "fmt", "formulas", "gateway",
    "get_setting", "gettext", "has_access", "hookimpl", "hooks", "hookspec", "idempotent", "idempotent_in_phases",
    "in_phases", "is_aside", "job", "keep_text", "kept_text", "lazy_gettext", "list_views", "look_up", "message_kinds",
    "metrics", "network", "ngettext", "notice_kind", "notify", "one_at_a_time", "outside", "period_days",
    "permission_name", "pgettext", "plugin_name", "programs", "protect", "public", "public_events", "public_id",
    "publish", "read_choices", "read_decimal", "read_json", "read_notice", "readable_file", "reader_at_work",
    "reader_here", "reading", "record_audit", "recording", "regions", "remove_private_files", "remove_row",
    "request_approval", "require_fresh", "require_recent", "resume_task", "rich_text", "row_clauses", "row_labels",
    "save_image", "save_private_file", "scope_fields", "set_aside", "shop_day", "shop_zone", "show_form", "show_page",
    "signed_in", "spring_festival", "staff_member", "staff_with", "start_task", "take_back", "take_form", "task",
    "tasks_at_work", "texts_of", "throttled", "timeline", "tokens", "told_to_wait", "translations", "unit_of_work",
    "url_for_file", "url_for_private", "visitor_is_known", "webhook_message", "words", "write_rows", "written_in",
]  # fmt: skip
