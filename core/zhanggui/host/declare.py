"""What a plugin's ``register_*`` hooks return, apart from screens (see ``web/describe.py``)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from marshmallow.fields import Field

from ..kernel.errors import WiringError
from ..kernel.phases import ThreePhases
from ..web.describe import Column

Text = Any
EVERY = "*"  # in register_handlers: every event there is
LANES = DEFAULT_LANE, IO_LANE = "default", "io"  # each has workers of its own, so that none waits behind another's jobs


@dataclass(frozen=True)
class Permission:
    """A right beyond those that screens bring: ``can_<verb>`` on ``<plugin>.<Model>``."""

    name: str
    resource: str
    label: Text = ""
    of: Text = ""  # what the resource is called, where it has no screen or page: "Files to read in"


@dataclass(frozen=True)
class AuditWords:
    """What an act of the trail is called: ``AuditWords("products.product.price_changed", _l("Price changed"))``.

    An act that is named as an event needs none: it is called as that is. ``parts`` say how the values before and after are
    written that are no column of the subject's screen; one named ``*`` stands for every other name, which is then shown beside it.
    """

    action: str  # as record_audit takes it
    label: Text
    parts: Sequence[Column] = ()


@dataclass(frozen=True)
class RolePreset:
    """A role that a fresh instance gets: what a plugin grants to ``owner``, ``clerk``, ...

    ``grants`` maps a resource to verbs without ``can_`` (``{"orders.Order": ("list", "show", "ship")}``);
    presets of one name from several plugins add up. The owner holds everything and needs none.
    """

    name: str
    label: Text
    grants: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class JobDef:
    """A function that a worker runs; made by the ``@job`` decorator."""

    function: Callable[..., Any]
    max_attempts: int = 8
    timeout: int = 120  # seconds
    takes_db: bool = False  # called in a unit of work that also marks it done: its effect happens once
    lane: str = DEFAULT_LANE
    title: Text = ""  # what it does, for whoever looks after the shop
    hears: Callable[[str], bool] | None = None  # of a handler of every event: which ones it is for, by "<name>@<version>"
    together: bool = False  # of a handler of every event: some of them share a transaction
    first: bool = False  # done before all that are not

    def __post_init__(self) -> None:
        if self.together and not self.takes_db:
            raise WiringError(f"job {self.name}: events share a transaction only where the first parameter is db")
        if self.lane not in LANES:
            raise WiringError(f"job {self.name}: there is no lane {self.lane!r}, only {' and '.join(LANES)}")

    @property
    def name(self) -> str:
        """``<plugin>.<function>``, from the module the function lives in."""
        package = self.function.__module__.split(".")[0]
        return f"{package.removeprefix('zhanggui_')}.{self.function.__name__}"


@dataclass(frozen=True)
class Schedule:
    """Runs a job again and again: every so many ``seconds``, or by a five-field ``cron`` in the instance's zone."""

    id: str
    job: JobDef
    seconds: int | None = None
    cron: str | None = None
    kwargs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Arrival:
    """What came in at a webhook, before anybody believes it. ``headers`` are found in any spelling of their names."""

    headers: Mapping[str, str]
    body: bytes  # as it was sent: what a signature is made of
    path: Mapping[str, str]  # what stood in the blanks of the path
    query: Mapping[str, str]
    at: datetime


@dataclass(frozen=True)
class WebhookReply:
    """What the other side is told."""

    status: int = 200
    body: str = ""
    mimetype: str = "text/plain"


@dataclass(frozen=True)
class WebhookMessage:
    """What ``verify`` found to be genuine.

    ``id`` is the sender's own name of the message, of at most 200 characters: the same one is handled once.
    ``payload`` is JSON for the handler, such as what was decrypted; ``reply`` is said in place of the webhook's own.
    """

    id: str
    payload: Any = None
    reply: WebhookReply | None = None


@dataclass(frozen=True)
class Webhook:
    """An address at which somebody outside tells us something: ``/notify/<id><path>``.

    ``verify(arrival)`` runs outside of any transaction, calls nobody, and answers a :class:`WebhookMessage`, or a
    :class:`WebhookReply` for what is only to be answered (a probe); it raises ``NotGenuine`` for what is forged or stale.
    A genuine message is stored once, answered with ``reply``, and then handled by the job ``handle``, which takes
    ``db`` and ``message_id`` and reads it with ``webhook_message(db, message_id)``.
    """

    id: str  # the provider's name as it stands in addresses: letters, digits and dashes
    path: str  # below it, with blanks: "/pay/<account>"; may be empty
    verify: Callable[[Arrival], WebhookMessage | WebhookReply]
    handle: JobDef
    reply: WebhookReply = WebhookReply()
    cap: int = 64 * 1024  # bytes of a body; a longer one is 413


@dataclass(frozen=True)
class FirstStep:
    """A line of the list that a new shop finds on its home page, until all of them are done or the owner puts the list away.

    ``done(db, reader) -> bool`` looks at a fact, in at most one cheap query (an ``exists``); once it said yes, it is not asked
    again. The line leads to the list of ``screen``, or to ``href``, for who holds the ``permission``; others do not see it.
    """

    id: str
    label: Text  # what to do: "Add the first product"
    help: Text  # one sentence that says why
    done: Callable[..., bool]
    permission: tuple[str, str]
    screen: str | None = None
    href: str | None = None
    order: int = 100


@dataclass(frozen=True)
class PublicEvent:
    """What programs outside are told of an event: public ids, numbers, codes and amounts, and never anything of a person.

    ``schema`` gives each field of the data its JSON Schema; there are no other fields, and each is always there. ``example``
    is such data. ``render(db, payload)`` makes it of the event's own fields, whose row ids stay inside; None: of this one
    nobody outside is told.
    """

    event: str  # one of the plugin's own, as "<name>@<version>"
    label: Text
    schema: Mapping[str, Any]
    example: Mapping[str, Any]
    render: Callable[..., Mapping[str, Any] | None]

    @property
    def id(self) -> str:
        """What it is called in a list of them."""
        return self.event

    @property
    def whole_schema(self) -> dict[str, Any]:
        """The JSON Schema of the data."""
        return {"type": "object", "properties": dict(self.schema), "required": list(self.schema), "additionalProperties": False}


@dataclass(frozen=True)
class Command:
    """A command of the command line, called as ``zhanggui <plugin> <name>``: ``run(say, **arguments)``.

    ``params`` are those of click (``click.Argument(["ids"], nargs=-1, type=int)``); ``--json`` comes by itself, and with it
    ``say(text, data)`` writes the data in place of the text. The instance is open, and whoever acts is the command line.
    A ``DomainError`` is one sentence and exit code 1.
    """

    name: str
    run: Callable[..., None]
    help: str
    params: Sequence[Any] = ()

    @property
    def id(self) -> str:
        """What it is called in a list of them."""
        return self.name


@dataclass(frozen=True)
class SettingTest:
    """A button on the settings screen that tries a setting before it is saved: ``run(values) -> sentence``.

    ``values`` maps the key of each setting of the plugin's own (``plugin.<id>.<name>``) to its value: as typed in the
    form where it stands there, of the setting's kind; else as it is stored. Nothing is stored, and no transaction is
    open. What goes wrong outside is a ``ProviderError``, whose sentence the person reads.
    """

    label: Text
    run: Callable[[Mapping[str, Any]], Text]


@dataclass(frozen=True)
class Approvable:
    """What a second person has to agree to: what ``request_approval`` freezes, and how it is done then.

    ``run(db, *, id, actor, now, **values)`` gets what was frozen, with the approver as its actor, in the transaction of
    his decision; one that calls somebody far away gives :class:`~zhanggui.kernel.phases.ThreePhases`, of which the claim
    is made then and the rest by its job. ``words(values)`` says the input in words.
    """

    id: str
    label: Text  # "Refund more than 1,000"
    resource: str  # the screen of the rows that it is about; their table has a row_version
    right: tuple[str, str]  # whoever holds it may decide, such as ("can_approve_refund", "payments.Payment")
    run: Callable[..., Any] | ThreePhases
    words: Callable[[Mapping[str, Any]], Text] | None = None


@dataclass(frozen=True)
class PersonalData:
    """What a plugin keeps about people, and how it answers for it. ``tables`` are its mapped classes with personal text.

    A person is named as in the audit trail, ``("customers.Customer", 7)``; for one that it does not know it answers with nothing.
    ``find(db, text, *, actor)`` answers the people that a phone, an e-mail or a name stands for, looked up by ``look_up``.
    ``export(db, person)`` answers ``{"orders": [{...}]}`` with values as they are. ``erase(db, person, *, actor, now)`` blanks
    every text and keeps what the books need; it bears being called twice. Where nobody could be told from the rows,
    ``because`` says why in place of the three.
    """

    id: str
    tables: Sequence[type[Any]]
    find: Callable[..., Sequence[tuple[str, Any]]] | None = None
    export: Callable[..., Mapping[str, Any]] | None = None
    erase: Callable[..., None] | None = None
    because: str | None = None


@dataclass(frozen=True)
class Total:
    """A sum over everything that a plugin keeps, by which a backup that was brought back is compared with the shop that it was made of.

    ``read(db)`` answers ``Money``, or a whole number; the same rows always give the same answer, whatever the hour.
    """

    id: str
    label: Text
    read: Callable[..., Any]


@dataclass(frozen=True)
class Preparation:
    """What an importer makes of the whole file before its rows, such as the products that orders name.

    ``batch(db, [(key, [Seen, ...]), ...], run)`` gets each value of the field ``key`` once, with the
    different values that ``columns`` have beside it. It has to bear being called twice.
    """

    key: str
    columns: Sequence[str]
    batch: Callable[..., None]


@dataclass(frozen=True)
class Importer:
    """Reads rows of one KIND from a file.

    ``columns`` maps a field to the header names it is known by. ``batch(db, rows, run) -> [Outcome]`` is
    called in one unit of work a batch and answers one outcome a row; rows that share the field
    ``order_by`` (an invoice) come together, wherever they stand in the file. ``compare(db, rows, run,
    left_out_rows, left_out_amount) -> [Figure]`` adds up the file once more beside the database; what the
    import rejected, and what rounding took, is what was left out.

    For the screen: ``labels`` are what people call the fields (they are heads of exports too, and are read back in every
    language), ``rights`` name fields that are offered to who holds a right alone, ``reasons`` say in a sentence why a row was
    not taken, with the field that it is about (``%(value)s`` is what stood there). ``present(db, rows, run) ->
    {row number: Present}`` answers how the things that rows name stand in the shop now: what would change, and what did, is
    told by asking before and after. ``remove(db, rows, run) -> {row number: reason or None}`` takes away what an import made
    (``rows`` are ``Made``); what it changed is put back through ``batch``. A kind without ``remove`` cannot be taken back,
    and ``stays`` says why.
    """

    kind: str
    label: Text
    columns: Mapping[str, Sequence[str]]
    required: Sequence[str]
    batch: Callable[..., Any]
    order_by: str | None = None
    prepare: Sequence[Preparation] = ()
    compare: Callable[..., Any] | None = None
    options: Sequence[str] = ()  # names that a mapping file may set under [options]
    words: Mapping[str, Sequence[str]] = field(default_factory=dict)  # parts that say what words mean: the meanings there are
    permission: tuple[str, str] = ("can_import", "core.Import")
    labels: Mapping[str, Text] = field(default_factory=dict)
    rights: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    reasons: Mapping[str, tuple[str, Text]] = field(default_factory=dict)
    present: Callable[..., Any] | None = None
    remove: Callable[..., Any] | None = None
    stays: Text = ""


@dataclass(frozen=True)
class Exporter:
    """Writes rows of one KIND to a file that the importer of that kind reads back.

    ``batch(db, last, limit) -> (rows, last)`` answers at most ``limit`` rows beyond ``last`` (None at
    first), each with one value a column (text, whole numbers, ``Decimal`` amounts, aware times), and where
    to go on; no rows end the file. With a ``screen``, people take the rows of its list: ``of(db, ids) -> rows`` answers the
    rows of those of its entries, in their order. ``labels`` are the heads, in the reader's language; columns of ``rights``
    are there for who holds the right alone, and those of ``words`` are said in words: ``{column: {value: text}}``.
    """

    kind: str
    label: Text
    columns: Sequence[str]
    batch: Callable[..., tuple[Sequence[Sequence[Any]], Any]]
    screen: str = ""
    of: Callable[..., Sequence[Sequence[Any]]] | None = None
    labels: Mapping[str, Text] = field(default_factory=dict)
    rights: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, Text]] = field(default_factory=dict)


@dataclass(frozen=True)
class CartChoice:
    """Something that whoever orders may choose: ``choices: {"<plugin>": {"<id>": value}}`` of a cart, or of a line of it.

    ``schema`` is a marshmallow field: it says what a value may be, to the API and to its document. Price steps
    find it in ``quote.choices`` or in ``line.choices``.
    """

    id: str
    schema: Field[Any]
    per: str = "order"  # | "line"

    def __post_init__(self) -> None:
        if self.per not in ("order", "line"):
            raise WiringError(f"choice {self.id!r}: it is made per order or per line, not per {self.per!r}")


@dataclass(frozen=True)
class DemoData:
    """Fills a demo shop: ``fill(now, rng)``, called once, in the order of ``requires``; it opens its own units of work."""

    id: str
    fill: Callable[..., None]
    order: int = 100
