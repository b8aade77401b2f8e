"""What a template is given: plain values, ready to print. Filled by the view kit, drawn by ``zg/*.html``.

All links are finished URLs, all texts are in the reader's language, all numbers are formatted; a
template only decides where things stand. ``html`` fields are ``Markup`` already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup


@dataclass(slots=True)
class Link:
    """Something to go to. ``icon`` is a name of the sprite."""

    label: str
    href: str
    icon: str = ""
    active: bool = False
    badge: int = 0
    key: str = ""  # its stable name, for tours and help

    @property
    def to(self) -> Markup:
        """Its address and name, as attributes: a page has some thirty, and each piece that a template prints costs."""
        return Markup('href="%s" data-key="%s"') % (self.href, self.key)


@dataclass(slots=True)
class ActionButton:
    """A verb: POST to ``href`` (with CSRF) at once, or open its form first when ``asks``."""

    name: str
    label: str
    href: str
    icon: str = "check"
    tone: str = "plain"  # primary | plain | danger
    asks: bool = False  # GET href shows the form (as a sheet where script runs)
    confirm: str = ""
    key: str = ""
    stays: str = ""  # the way out, where something is destroyed


@dataclass(slots=True)
class Cell:
    """One value of a row: finished markup, and how the list treats it."""

    name: str
    html: Markup
    numeric: bool = False


@dataclass(slots=True)
class HeadCell:
    """Head of a column on the desktop: ``sort_href`` toggles; ``marks`` are its attributes."""

    name: str
    label: str
    marks: Markup
    sort_href: str = ""


@dataclass(slots=True)
class StepRow:
    """One thing of which a number is asked for, with a minus and a plus beside it."""

    key: str
    label: str
    sub: str = ""
    picture: str | None = None
    most: int | None = None
    number: str = "0"


@dataclass(slots=True)
class FormField:
    """One input, with what was typed before and what is wrong with it."""

    name: str
    id: str
    label: str
    control: str = "input"  # which input it is: one of zhanggui.web.kinds.CONTROLS
    value: Any = ""
    input_type: str = "text"
    wide: bool = False
    verbatim: bool = False
    required: bool = False
    help: str = ""
    errors: Sequence[str] = ()
    choices: Sequence[tuple[str, str]] = ()  # (value, label)
    lookup_href: str = ""  # control lookup: GET ?q= answers {"items": [{"id", "label"}]}
    lookup_label: str = ""  # what the present value is called
    lookup_empty: str = ""  # what it means that nothing is chosen
    lookup_typed: bool = False  # without script its name is typed, not a number
    scan: bool = False
    minimum: Any = None
    maximum: Any = None
    max_length: int | None = None
    prefix: str = ""  # a currency sign before the input
    suffix: str = ""  # or something after it
    rich: bool = False  # a few signs of Markdown mean something: say which
    inputmode: str = ""
    autocomplete: str = "off"
    marks: Markup | str = ""  # attributes of what stands around it: its stable name, and what it depends on
    off: bool = False  # it does not count now
    when_words: str = ""  # the condition, for whoever sees the field though it does not count
    rows: Sequence[Sequence[FormField]] = ()  # control lines: one sequence of fields per line; the last is blank where it grows
    grows: bool = True
    steps: Sequence[StepRow] = ()  # control steps
    languages: Sequence[tuple[str, str, str]] = ()  # control translations: (code, language, text)
    single: bool = False  # one picture at most
    pictures: Sequence[tuple[str, str]] = ()  # control pictures: (file id, thumbnail URL)
    file: tuple[str, str, str] | None = None  # control file: (id, name, URL) of the one that is there
    accept: str = ""  # control file: how names of files end that may be sent


@dataclass(slots=True)
class FilterField:
    """One narrowing in the filter sheet. A range has two values."""

    name: str
    label: str
    control: str
    value: str = ""
    value_to: str = ""
    ranged: bool = False
    input_type: str = "text"
    period: str = ""  # the word of a period that is chosen
    periods: Sequence[tuple[str, str]] = ()  # (word, label): a range that may be named instead
    choices: Sequence[tuple[str, str]] = ()
    lookup_href: str = ""
    lookup_label: str = ""


@dataclass(slots=True)
class FigureCell:
    """One figure above a list; ``href`` opens the rows that it is about."""

    name: str
    label: str
    value: str
    href: str = ""
    key: str = ""


@dataclass(slots=True)
class SumBar:
    """The figures above a list. Without cells, ``note`` says why, and ``all_href`` asks for them all the same."""

    cells: Sequence[FigureCell]
    groups: Sequence[Link] = ()  # what they may be taken apart by; that of the chosen one takes it away
    parts: Sequence[FigureCell] = ()
    note: str = ""
    all_href: str = ""


@dataclass(slots=True)
class Paging:
    """``text`` says where we are ("26-50 of 1,000+")."""

    text: str
    previous: str = ""
    next: str = ""


@dataclass(slots=True)
class ColumnChoice:
    """A column that may stand in the table; one that is fixed always does."""

    name: str
    label: str
    chosen: bool
    fixed: bool


@dataclass(slots=True)
class SavedView:
    """A question to this list under a name; ``delete_href`` where this reader may delete it."""

    label: str
    href: str
    active: bool
    shared: bool
    delete_href: str = ""


@dataclass(slots=True)
class ListPage:
    """``zg/list.html``."""

    title: str
    icon: str
    resource: str
    key: str
    action: str  # where search and filters are sent, GET
    head: Sequence[HeadCell]
    rows: Sequence[Markup]  # each a finished tr, see rows.py
    verbs: Sequence[ActionButton]  # what some row offers, for the menu that its dots open
    paging: Paging
    query: str = ""
    search: bool = True
    search_hint: str = ""
    hidden: Sequence[tuple[str, str]] = ()  # what a new search keeps (sort, size)
    tabs: Sequence[Link] = ()
    filters: Sequence[FilterField] = ()
    chips: Sequence[Link] = ()  # href removes it
    sums: SumBar | None = None
    sorts: Sequence[Link] = ()
    bulk: Sequence[ActionButton] = ()
    everything: str = ""  # the question of the list, where its rows beyond this page can be selected too
    matching: str = ""  # how many that are
    add_href: str = ""
    add_label: str = ""
    exports: Sequence[Link | ActionButton] = ()  # what posts is a task, where the list is too long for one answer
    empty: str = ""
    reset_href: str = ""
    filtered: int = 0  # filters that are on; a search is none
    views: Sequence[SavedView] = ()
    columns: Sequence[ColumnChoice] = ()
    sizes: Sequence[int] = ()
    size: int = 0
    here: str = ""  # the address of this list as it stands, without its place
    news: bool = False
    newest: int | None = None  # the newest key here, where this page would show anything newer
    saves_views: bool = False
    may_share: bool = False


@dataclass(slots=True)
class EachRow:
    """One row of a selection in the form of a verb that asks something for each of them."""

    id: str
    label: str
    href: str
    facts: Sequence[Markup]  # what its card says
    fields: Sequence[FormField]
    image: Markup | str = ""
    note: str = ""
    state: str = ""  # ready | wrong | open


@dataclass(slots=True)
class EachPart:
    """The rows of a selection; ``field`` is what is scanned, pasted or read from a spreadsheet for them."""

    rows: Sequence[EachRow]
    field: str
    label: str  # of that field
    label_of_rows: str  # what a row is found by in a spreadsheet: "Order number"
    counts: str = ""
    pasted: str = ""
    scan: bool = False
    strange: Sequence[str] = ()  # lines that fit no row, each a sentence
    left_out: Sequence[str] = ()  # rows that the verb is not for, each a sentence
    when: str = ""  # another field that decides whether this is asked at all, and
    wanted: str = ""  # its values, as JSON
    read: str = ""  # what was taken from where, so that it is seen before it is stored


@dataclass(slots=True)
class FormGroup:
    """A titled group of a form."""

    id: str
    title: str
    fields: Sequence[FormField]
    help: str = ""
    off: bool = False  # none of its fields counts now
    aside: bool = False  # beside the others on a desktop
    key: str = ""


@dataclass(slots=True)
class FormPage:
    """``zg/form.html``: add, edit, or the questions of an action."""

    title: str
    action: str
    fields: Sequence[FormField]
    submit: str
    back: str
    hidden: Sequence[tuple[str, str]] = ()  # row_version, next, idempotency key
    errors: Sequence[tuple[str, str]] = ()  # (id of the input or "", sentence)
    conflict: Sequence[tuple[str, str, str]] = ()  # stale save: (label, theirs, yours)
    draft_key: str = ""  # where the browser keeps what is typed
    tone: str = "primary"
    multipart: bool = False
    intro: str = ""
    groups: Sequence[FormGroup] = ()  # after ``fields``
    key: str = ""
    sheet: bool = False  # it is shown in another page
    preview: str = ""  # where what follows from the answers is asked for while they are given
    stays: str = ""  # the way out, where something is destroyed
    note: str = ""  # what somebody wrote on the row
    each: EachPart | None = None  # what is asked for each row of a selection


@dataclass(slots=True)
class DetailSection:
    """A part of a detail page: label and value pairs, or the markup of a plugin."""

    id: str
    title: str
    pairs: Sequence[tuple[str, Cell]] = ()
    html: Markup | None = None
    aside: bool = False


@dataclass(slots=True)
class DetailPage:
    """``zg/detail.html``."""

    title: str
    resource: str
    back: str
    key: str
    badges: Sequence[Markup] = ()
    note: str = ""  # what somebody wrote
    note_label: str = ""
    copy: Markup | str = ""  # the button that copies its number
    sections: Sequence[DetailSection] = ()
    actions: Sequence[ActionButton] = ()  # the first primary one sticks to the bottom on a phone
    edit_href: str = ""
    delete: ActionButton | None = None
    previous: str = ""
    next: str = ""


@dataclass(slots=True)
class HomeWidget:
    """A part of the home page; ``data`` as described at ``Widget``, formatted."""

    id: str
    title: str
    kind: str
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Shell:
    """What the frame around every page needs (Jinja global function ``shell()``)."""

    shop: str
    lang: str
    dir: str
    user: str
    tabs: Sequence[Link] = ()  # five, for the phone
    messages: Link | None = None  # beside one's name on the desktop
    menu: Sequence[tuple[str, Sequence[Link]]] = ()  # (group title, entries) for the side and the "me" page
    languages: Sequence[tuple[str, str, bool]] = ()  # (code, own name, chosen)
    appearance: str = "auto"  # auto | light | dark
    safe_mode: bool = False
    news: bool = False  # there are lists that tell what is new
    brand: dict[str, str] = field(default_factory=dict)  # brand tokens: color, logo
