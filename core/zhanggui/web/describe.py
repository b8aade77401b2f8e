"""A screen is a description: what the renderer, the REST resource, export and look-ups draw from.

It stands over a mapped class or a bare Core table alike. Nothing here touches Flask or a database,
so a test can read what a plugin shows without starting anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ..files.kinds import DOCUMENTS, MAX_BYTES
from ..kernel.phases import ThreePhases
from ..kernel.reader import Reader
from .charts import Chart
from .figures import GroupBy, Measure

Text = Any  # str or a lazy translation of one
Clause = Any  # a SQLAlchemy boolean expression

Validate = Callable[[Mapping[str, Any]], Iterable[tuple[str, Text]]]

EVERY_SCREEN = "screen:*"
WIDGET_KINDS = ("number", "todo", "chart", "list")
TONES = ("neutral", "info", "good", "warn", "bad")


@dataclass(frozen=True)
class Choice:
    """One value of a status or choice: what it says, and its tone (never colour alone)."""

    value: Any
    label: Text
    tone: str = "neutral"


@dataclass(frozen=True)
class Column:
    """One piece of a row, in a list, on a card or in a detail.

    ``name`` is a column of the source unless ``expr`` (given the source's columns, returns an
    expression) or ``load(db, reader, ids)`` (answers ``{id: value}``, one query for
    the whole page) says otherwise. ``value`` turns the whole row into what is shown, without a query.

    ``edit`` names a field of the screen's form (``position``), a question of a verb (``count.counted``), or a part of the lines
    that a verb asks for (``change_price.prices.price``). Where one input is not enough, because there are more lines or more
    questions than that, the form itself opens, as it does for who has no script.
    """

    name: str
    label: Text
    kind: str = "text"
    sortable: bool = False
    choices: Sequence[Choice] = ()
    currency: str | None = None  # money: the column with the currency; the instance's otherwise
    decimals: int | None = None  # decimal, percent: so many are shown; None: as many as there are
    to: str | None = None  # lookup: the resource that an id here points to
    expr: Callable[[Any], Any] | None = None
    load: Callable[[Any, Reader, list[Any]], Mapping[Any, Any]] | None = None
    value: Callable[[Any], Any] | None = None
    permission: str | None = None  # field rule: shown only to who holds it on the screen's resource
    wide: bool = True  # a column of the desktop table; False: only in detail and export
    edit: str | None = None  # its cell becomes an input on a desktop: what that answers, see below
    order: int = 100


@dataclass(frozen=True)
class Card:
    """Which columns a list shows as a card on the phone, by name."""

    title: str
    end: str | None = None
    badge: str | None = None
    sub: Sequence[str] = ()
    image: str | None = None
    note: str | None = None  # what somebody wrote: it stands out on the card, at the top of the page and above each verb


@dataclass(frozen=True)
class Filter:
    """A narrowing that people choose. ``clause`` builds it from a cleaned value where ``column`` cannot.

    ``tabs=True`` shows the choices of one choice filter above the list.
    """

    name: str
    label: Text
    kind: str = "choice"
    column: str | None = None
    choices: Sequence[Choice] = ()
    to: str | None = None
    clause: Callable[[Any, Any], Clause] | None = None  # (value, source columns) -> expression
    tabs: bool = False
    counted: Sequence[Any] = ()  # of tabs: values whose rows are counted (up to 100), because they wait for somebody
    permission: str | None = None
    order: int = 100


@dataclass(frozen=True)
class TermIndex:
    """A table in which a row of a screen stands once for each whole term under which it is found.

    Its key is ``(term, *order, row)``: ``order`` are columns of the screen that are copied there, the order of the list,
    so that the newest rows of a term are one walk however many there are. Its service writes :func:`words.terms` of
    what a row says, and :func:`words.digits` of each column in ``numbers``, of which then any four digits are found.
    """

    source: Any  # mapped class with a column ``term``
    row: str  # its column with the key of the screen's row
    order: Sequence[str] = ()
    numbers: Sequence[str] = ()


@dataclass(frozen=True)
class Search:
    """What the search box of a list looks at: words, columns compared by prefix, and exact matches.

    ``exact`` maps a column (often a blind index) to a function that turns what was typed into the
    value to compare with, or None when it cannot be one. Over a ``BlindIndex`` that is a look-up of
    personal data: only who holds ``reveal`` gets an answer (``can_reveal`` on the screen's resource,
    unless another right is named), and it is counted and recorded.
    """

    prefix: Sequence[str] = ()
    exact: Mapping[str, Callable[[str], Any]] = field(default_factory=dict)
    words: Sequence[str] = ()  # columns that hold what ``zhanggui.api.words.stored`` made of the texts of a row
    contains: Sequence[str] = ()  # a part of the text as it stands: only for tables that stay small
    index: TermIndex | None = None  # whole words, where a table grows without end
    reveal: tuple[str, str] | None = None
    hint: Text = ""


@dataclass(frozen=True)
class When:
    """A condition on another field of the same form: one of ``values`` is chosen there; without values, anything is."""

    field: str
    values: Sequence[Any] = ()


@dataclass(frozen=True)
class Fieldset:
    """A titled group of a form; its fields name it by their ``fieldset``. Fields of no group stand first."""

    id: str
    title: Text
    help: Text = ""
    aside: bool = False  # beside the others on a wide screen
    order: int = 100


@dataclass(frozen=True)
class Field:
    """One thing that a form asks for.

    ``clean`` takes the parsed value and returns it, or raises ``Invalid``/``ValueError`` with a
    sentence. ``get`` reads the present value from the row where it is no column. ``scan`` gives the
    field a barcode button. A ``file`` is private: its value is the id of a private file of the row, for a column of 24
    characters. With ``shown_when`` it is asked for only under that condition; otherwise it is not among
    the values that a service gets, so what is stored stays.
    """

    name: str
    label: Text
    kind: str = "text"
    required: bool = False
    help: Text = ""
    choices: Sequence[Choice] | Callable[[], Sequence[Choice]] = ()
    to: str | None = None
    default: Any = None
    minimum: int | Decimal | None = None
    maximum: int | Decimal | None = None
    decimals: int | None = None  # decimal, percent: at most so many
    max_length: int | None = None
    scan: bool = False
    currency: str | None = None
    clean: Callable[[Any], Any] | None = None
    get: Callable[[Any, Any], Any] | None = None  # (db, row) -> value
    rows: Sequence[Field] = ()  # kind "rows": the columns of a small table of inputs
    grows: bool = True  # kind "rows": lines may be added and removed; False: they are those that `get` gives
    fixed: bool = False  # a column of such a table that is read, not filled: it names its line
    accept: Sequence[str] = DOCUMENTS  # kind "file": names of files.kinds.KINDS
    max_bytes: int = MAX_BYTES  # kind "file"
    permission: str | tuple[str, str] | None = None  # a verb on the screen's own resource, or a right as it is
    only_new: bool = False  # asked for when a row is made, not when it is changed
    autocomplete: str = "off"
    shown_when: When | None = None
    fieldset: str | None = None
    each: bool = False  # of a verb: with a selection it is asked for each row, the other fields once for all
    order: int = 100


@dataclass(frozen=True)
class Form:
    """What a page asks for: the form of a row, the questions of a verb, or one of a plugin's own view.

    ``validate(values)`` looks at all fields together once each is right alone, and answers with what is wrong:
    ``(name of a field, sentence)`` each, or ``("", sentence)`` for the whole. ``key`` names it for tours and help.
    """

    fields: Sequence[Field]
    fieldsets: Sequence[Fieldset] = ()
    validate: Validate | None = None
    key: str = ""


@dataclass(frozen=True)
class Section:
    """A part of the detail page: columns of the row, a chart, or a template of the plugin with its data."""

    id: str
    title: Text
    columns: Sequence[str] = ()
    template: str | None = None
    chart: Callable[[Any, Reader, Any], Chart] | None = None  # (db, reader, row) -> what is drawn
    load: Callable[[Any, Reader, Any], Mapping[str, Any]] | None = None  # (db, reader, row) -> context of the template
    permission: tuple[str, str] | None = None
    aside: bool = False  # beside the main part on a desktop
    order: int = 100


@dataclass(frozen=True)
class Preview:
    """What would follow from the answers to a verb's questions, shown beneath them while they are given.

    ``lines`` and ``total`` are pairs of words and an amount, ready to print; ``notes`` are sentences; ``submit`` is what the button says in
    place of the verb's name.
    """

    lines: Sequence[tuple[Text, Text]] = ()
    notes: Sequence[Text] = ()
    total: tuple[Text, Text] | None = None
    submit: Text = ""


@dataclass(frozen=True)
class Action:
    """One verb on a row: the button, the form it asks with, the permission, the service it calls.

    ``run(db, *, id, actor, now, **values)`` is called in a unit of work; a verb that calls somebody far away gives
    :class:`~zhanggui.kernel.phases.ThreePhases` there, whose ``claim`` gets the same. ``preview(db, reader, row, values)`` says what would
    follow from answers that are right so far, and changes nothing. The permission is ``can_<name>`` on the screen's resource. ``bulk`` offers it for a selection too.

    What destroys (``tone="danger"``) says three things before it is done: ``confirm`` asks, naming what and how much (a function of the
    row where that stands in it), ``follows`` says what comes of it, and ``stays`` is the way out, in words that say what stays.
    """

    name: str
    label: Text
    run: Callable[..., Any] | ThreePhases
    icon: str = "check"
    tone: str = "plain"  # primary | plain | danger
    fields: Sequence[Field] = ()
    fieldsets: Sequence[Fieldset] = ()
    validate: Validate | None = None  # see Form
    when: Callable[[Any], bool] | None = None
    needs: Sequence[str] = ()  # columns that `when` reads
    preview: Callable[[Any, Reader, Any, Mapping[str, Any]], Preview] | None = None
    bulk: bool = False
    confirm: Text | Callable[[Any], Text] = ""
    follows: Text = ""
    stays: Text = ""
    about: Callable[[Any], Text] | None = None  # (row) -> what stands above the questions: the thing, and how it stands
    done: Text = ""
    order: int = 100
    fresh: bool | Callable[[Mapping[str, Any]], bool] = False  # whether it asks again who sits there, or (values) whether these do

    @property
    def asks(self) -> bool:
        """Whether it opens a sheet before it acts: it has questions, or says what of this row it is about."""
        return bool(self.fields) or callable(self.confirm)

    def question(self, row: Any = None) -> str:
        """What is asked before it acts, of one row or (without one) of several, with what follows."""
        asked = ("" if row is None else self.confirm(row)) if callable(self.confirm) else self.confirm
        return " ".join(text for text in (str(asked), str(self.follows)) if text)


@dataclass(frozen=True)
class Screen:
    """Everything that is shown of one kind of row, and what may be done with it.

    ``resource`` (``orders.Order``) names the permissions: ``can_list``, ``can_show``, ``can_export``
    and, where the row can be written, ``can_add``, ``can_edit``, ``can_delete``; plus one per action.
    ``create(db, *, actor, now, **values) -> id``, ``update(db, *, id, row_version, actor, now,
    **values)`` and ``delete(db, *, id, actor, now)`` are services; ``"generic"`` takes the core's,
    which writes the columns named by ``fields`` and an audit row. None: there is no such verb.
    """

    resource: str
    source: Any  # mapped class or sqlalchemy.Table
    route: str  # "/orders"
    title: Text
    singular: Text
    columns: Sequence[Column]
    card: Card
    icon: str = "list"
    key: str = "id"
    label: str | Callable[[Any], Text] = "name"  # column (or function of the row) that names a row
    filters: Sequence[Filter] = ()
    search: Search | None = None
    default_sort: Sequence[str] = ("-id",)
    page_sizes: Sequence[int] = (25, 50, 100)
    measures: Sequence[Measure] = ()  # figures above the list
    group_by: Sequence[GroupBy] = ()  # what they may be taken apart by
    fields: Sequence[Field] | Callable[[], Sequence[Field]] = ()  # a function: asked for at each request
    fieldsets: Sequence[Fieldset] = ()
    validate: Validate | None = None  # see Form
    sections: Sequence[Section] = ()
    actions: Sequence[Action] = ()
    create: Callable[..., Any] | str | None = None
    update: Callable[..., Any] | str | None = None
    delete: Callable[..., Any] | str | None = None
    row_rule: Callable[[Any, Any], Clause | None] | None = None  # (actor, columns) -> expression
    always: Sequence[str] = ()  # columns fetched with every row though not shown
    api: bool = True  # a REST resource under /api/v1/<plugin>/<route>/
    news: bool = False  # whoever looks at anything is told of new rows; its key is a number that grows
    empty: Text = ""  # what an empty list says
    fresh: bool = False  # whether a row is written only by who has said of late who he is

    @property
    def plugin(self) -> str:
        """The short name of the plugin that owns it."""
        return self.resource.split(".", 1)[0]


@dataclass(frozen=True)
class Slot:
    """Something that a plugin adds to a screen of another one, named by its resource.

    ``add`` is a Column (with ``load``), Filter (with ``clause``), Action, Section or Field (with
    ``save``, and ``load`` or ``get``); it appears while both plugins are enabled, under the name ``<plugin>__<name>`` in routes, rights,
    files and forms, so that it never meets another plugin's. A Field with ``load`` stands in form, detail, REST and files alike.

    With ``within``, the name of a field of kind ``rows``, a Field that is ``only_new`` stands in each line of it while a row is
    made. The ``value`` of its ``save`` is ``[(line, what was typed), ...]`` then, the line as the screen's own service got it.
    """

    screen: str
    add: Column | Filter | Action | Section | Field
    save: Callable[..., Any] | None = None  # for a Field: save(db, *, id, value, actor, now)
    load: Callable[[Any, Reader, list[Any]], Mapping[Any, Any]] | None = None  # for a Field: (db, reader, ids) -> {id: value}, one query for all
    within: str | None = None
    order: int = 100


@dataclass(frozen=True)
class Question:
    """A list, narrowed: what a figure counts and where it leads, said once so that the two cannot differ.

    ``screen`` is a resource (``orders.Order``), ``filters`` are arguments of its list as they stand in an address
    (``{"stage": "to_ship"}``). Of a ``measure`` of that list the figure is what stands above it under this name, not the number of rows.
    """

    screen: str
    filters: Mapping[str, str] = field(default_factory=dict)
    measure: str = ""
    watch: Any = field(default=None, repr=False, compare=False)  # who watches over it: the host's business


@dataclass(frozen=True)
class MenuItem:
    """An entry of the menu. Give a ``screen`` or an ``href`` with the permission it needs.

    ``tab`` proposes it for the bottom bar of the phone, in that order; ``badge`` counts what waits
    there: a :class:`Question` over a list, or ``badge(db, reader) -> int``.
    """

    id: str
    label: Text
    icon: str
    screen: str | None = None
    href: str | None = None
    permission: tuple[str, str] | None = None
    group: str = "shop"  # shop | people | money | system
    tab: int | None = None
    badge: Question | Callable[[Any, Reader], int] | None = None
    order: int = 100


@dataclass(frozen=True)
class HelpTarget:
    """Where something is explained: ``key`` is the stable name (``data-key``) of a screen, fieldset or section.

    Its head gets a question mark that leads to ``href``. Of two for one name the first by ``order`` stands. ``screen:*`` is
    every screen that has none of its own, for whoever is signed in; ``{key}`` in its ``href`` becomes the name of the screen.
    """

    key: str
    href: str
    label: Text = ""
    order: int = 100


@dataclass(frozen=True)
class Widget:
    """A part of the home page. What a number or todo counts is best said by a :class:`Question`: its number and
    where it leads come from there. Else ``data(db, reader) -> dict`` feeds the kind's macro.

    number: ``{"value", "kind" (money|int), "currency"?, "was"?}``, or with ``since_yesterday`` a question that names ``today``,
    beside what it was yesterday at the same time of day; todo: ``{"count", "icon"?, "words"?, "tone"?}``, hidden at zero; ``words`` stand in
    place of the title, with the tone ``bad`` in red;
    chart: ``{"chart": Chart(...)}``, or ``{"points": [(date, amount)], "kind", "currency"?, "summary"}``; list: ``{"rows": [{"title", "sub", "end",
    "href"}]}``. Where it leads: ``"opens"``, a :class:`Question`, or ``"href"``. ``{}`` means that there is nothing for this reader.

    ``instead_of`` names the parts that it stands for: they are there for whom it is not.
    """

    id: str
    title: Text
    kind: str
    data: Question | Callable[[Any, Reader], Mapping[str, Any]]
    permission: tuple[str, str]
    order: int = 100
    since_yesterday: bool = False
    icon: str = ""  # of a todo; that of the screen behind its question, unless another is named
    instead_of: Sequence[str] = ()


@dataclass(frozen=True)
class Hit:
    """One answer of the search over everything."""

    title: str
    sub: Text
    href: str
    icon: str = "file"


@dataclass(frozen=True)
class SearchProvider:
    """Searches a plugin's rows: ``find(db, reader, text, limit) -> [Hit]``, only for who holds the permission; None: for whoever has signed in.

    ``zhanggui.api.find_rows`` searches as the list does, under its rules.
    """

    id: str
    label: Text
    permission: tuple[str, str] | None
    find: Callable[..., Sequence[Hit]]
    order: int = 100
