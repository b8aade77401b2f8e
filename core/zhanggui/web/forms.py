"""Forms: what was typed, read by the kind of each field, and given back unchanged when it is wrong.

Only names of declared fields are ever read, so a column that is not in the form cannot be posted.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage, MultiDict

from ..files import known, save_image, url_for_file
from ..host.contain import attempt, watch_of
from ..i18n.texts import gettext as _
from ..kernel.actors import Actor
from ..kernel.errors import Invalid
from ..kernel.money import Money, exponent
from .describe import Choice, Field
from .file_fields import present_file, read_file
from .gateway import gateway
from .page import FormField

MAX_ROWS = 200
LEFT_OUT = "_left_out"  # fields of other plugins that could not be shown: what they stand for stays as it is
_INPUT_MODES = {"int": "numeric", "money": "decimal"}


@dataclass
class Bound:
    """A form after it was read: ``values`` for the service, ``errors`` by field, ``typed`` to show again."""

    values: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    typed: dict[str, Any] = field(default_factory=dict)

    def check(self) -> dict[str, Any]:
        """The values.

        :raises Invalid: when a field is wrong.
        """
        if self.errors:
            raise Invalid(errors=self.errors)
        return self.values


@dataclass(frozen=True)
class FormContext:
    """What reading a form needs to know."""

    actor: Actor
    zone: ZoneInfo
    currency: str
    locales: Sequence[tuple[str, str]]  # (code, own name); the first is the source language
    now: datetime


def bind(
    fields: Sequence[Field], form: MultiDict[str, str], files: MultiDict[str, FileStorage], context: FormContext, db: Session
) -> Bound:
    """Read ``fields`` from a posted form. Pictures are stored in ``db``'s transaction."""
    bound = Bound()
    left_out = set(form.getlist(LEFT_OUT))
    for f in fields:
        if f.name in left_out and watch_of(f.get) is not None:
            continue  # nobody saw it, so nobody changed it
        try:
            value = _read(f, f.name, form, files, context, db, bound)
            if f.clean is not None and value is not None:
                value = f.clean(value)
        except Invalid as error:
            bound.errors[f.name] = error.text()
        except ValueError as error:
            bound.errors[f.name] = str(error)
        else:
            if value is None and f.required:
                bound.errors.setdefault(f.name, _("%(label)s is needed.", label=str(f.label)))
            bound.values[f.name] = value
    return bound


def _read(
    f: Field, name: str, form: MultiDict[str, str], files: MultiDict[str, FileStorage], context: FormContext, db: Session, bound: Bound
) -> Any:
    if f.kind == "rows":
        return _read_rows(f, form, files, context, db, bound)
    if f.kind == "translations":
        texts = {code: _text(form.get(f"{name}__{code}", ""), f) for code, _name in context.locales}
        bound.typed[name] = texts
        source = context.locales[0][0]
        if f.required and not texts[source]:
            return None
        return {code: text for code, text in texts.items() if text}
    if f.kind in ("image", "images"):
        kept = [i for i in form.getlist(name) if i]
        if len(kept) > MAX_ROWS or known(db, kept) != set(kept):
            raise ValueError(_("Choose from the list."))
        for upload in files.getlist(f"{name}__new"):
            if upload.filename:
                ref = save_image(db, upload.stream, filename=upload.filename, actor=context.actor, now=context.now)
                kept.append(str(ref.id))
        bound.typed[name] = kept
        return (kept[-1] if kept else None) if f.kind == "image" else kept
    if f.kind == "file":
        return read_file(f, form, files, context.actor, db, bound.typed)
    if f.kind == "bool":
        bound.typed[name] = name in form
        return name in form
    if f.kind == "choices":
        wanted = form.getlist(name)
        bound.typed[name] = wanted
        by_text = {str(c.value): c.value for c in choices_of(f)}
        if any(w not in by_text for w in wanted):
            raise ValueError(_("Choose from the list."))
        return [by_text[w] for w in wanted]
    text = form.get(name, "")
    bound.typed[name] = text if f.kind != "password" else ""
    return parse_value(f, text, context, db)


def _read_rows(
    f: Field, form: MultiDict[str, str], files: MultiDict[str, FileStorage], context: FormContext, db: Session, bound: Bound
) -> list[dict[str, Any]] | None:
    numbers = sorted({int(part) for key in form if key.startswith(f"{f.name}-") and (part := key.split("-")[1]).isdigit()})
    if len(numbers) > MAX_ROWS:
        raise ValueError(_("At most %(number)s lines.", number=MAX_ROWS))
    lines, typed = [], []
    for number in numbers:
        names = {sub.name: f"{f.name}-{number}-{sub.name}" for sub in f.rows}
        line_typed = {sub.name: form.get(names[sub.name], "") for sub in f.rows}
        if not any(text.strip() for sub in f.rows if sub.kind not in ("hidden", "bool") for text in [line_typed[sub.name]]):
            continue
        line: dict[str, Any] = {}
        for sub in f.rows:
            if sub.kind == "bool":
                line[sub.name] = names[sub.name] in form
                continue
            try:
                line[sub.name] = parse_value(sub, form.get(names[sub.name], ""), context, db)
                if sub.required and line[sub.name] is None:
                    raise ValueError(_("%(label)s is needed.", label=str(sub.label)))
            except ValueError as error:
                bound.errors[f"{f.name}-{len(typed)}-{sub.name}"] = str(error)
        lines.append(line)
        typed.append(line_typed)
    bound.typed[f.name] = typed
    return lines or None


def _text(text: str, f: Field) -> str:
    text = text.replace("\r\n", "\n").strip()
    if "\x00" in text or any("\ud800" <= ch <= "\udfff" for ch in text):
        raise ValueError(_("This text has a character that cannot be stored."))
    limit = f.max_length or (20_000 if f.kind in ("long_text", "translations") else 255)
    if len(text) > limit:
        raise ValueError(_("At most %(number)s characters.", number=limit))
    return text


def parse_value(f: Field, text: str, context: FormContext, db: Session) -> Any:
    """One typed text as the value its field means; None when nothing was typed.

    :raises ValueError: with the sentence that stands beside the field.
    """
    if f.kind == "password":
        return text or None
    text = _text(text, f)
    if not text:
        return None
    if f.kind == "int":
        return _bounded(f, _int(unicodedata.normalize("NFKC", text)))
    if f.kind == "money":
        try:
            money = Money.parse(unicodedata.normalize("NFKC", text), f.currency or context.currency)
        except ValueError:
            raise ValueError(_("An amount such as 19.90 is needed.")) from None
        _bounded(f, money.amount)
        return money
    if f.kind == "date":
        return _parsed(date.fromisoformat, text, _("A date such as 2026-01-31 is needed."))
    if f.kind == "datetime":
        return _parsed(lambda typed: _moment(typed, context.zone), text, _("A date and time such as 2026-01-31 18:00 is needed."))
    if f.kind == "choice":
        by_text = {str(c.value): c.value for c in choices_of(f)}
        if text not in by_text:
            raise ValueError(_("Choose from the list."))
        return by_text[text]
    if f.kind == "lookup":
        return _looked_up(f, _int(text), context, db)
    return text


def _moment(text: str, zone: ZoneInfo) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=moment.tzinfo or zone).astimezone(UTC)


def _int(text: str) -> int:
    digits = text.replace(",", "")
    if not (digits.removeprefix("-").isascii() and digits.removeprefix("-").isdigit()) or len(digits) > 18:
        raise ValueError(_("A whole number is needed."))
    return int(digits)


def _bounded(f: Field, number: int) -> int:
    if f.minimum is not None and number < f.minimum:
        raise ValueError(_("At least %(number)s.", number=f.minimum))
    if f.maximum is not None and number > f.maximum:
        raise ValueError(_("At most %(number)s.", number=f.maximum))
    return number


def _parsed(parse: Any, text: str, sentence: str) -> Any:
    try:
        return parse(text)
    except (ValueError, OverflowError):
        raise ValueError(sentence) from None


def _looked_up(f: Field, row_id: int, context: FormContext, db: Session) -> int:
    from ..host import current_host

    target = current_host().screens.get(f.to or "")
    if target is None or not context.actor.may("can_list", target.resource) or not gateway.allowed_ids(db, target, context.actor, [row_id], "can_list"):
        raise ValueError(_("Choose from the list."))
    return row_id


def choices_of(f: Field) -> Sequence[Choice]:
    """The choices of a field, asked for now when they depend on settings."""
    return f.choices() if callable(f.choices) else f.choices


def present_or_leave_out(f: Field, show: Callable[[], FormField]) -> FormField | None:
    """The view model of a field; None when the plugin that added it fails."""
    shown: FormField | None = attempt(f.get, show, lambda: None)
    return shown


def present(f: Field, value: Any, context: FormContext, db: Session, errors: Mapping[str, str], *, typed: bool) -> FormField:
    """The view model of one field: ``value`` is what was typed, or what the row holds."""
    shown = value if typed else _as_typed(f, value, context)
    result = FormField(
        name=f.name, id=f"f-{f.name}", label=str(f.label), kind=f.kind, value=shown, required=f.required, help=str(f.help),
        errors=[errors[f.name]] if f.name in errors else [], scan=f.scan, minimum=f.minimum, maximum=f.maximum,
        max_length=f.max_length, inputmode=_INPUT_MODES.get(f.kind, ""), autocomplete=f.autocomplete,
    )  # fmt: skip
    if f.kind in ("choice", "choices"):
        result.choices = [(str(c.value), str(c.label)) for c in choices_of(f)]
        result.value = [str(v) for v in shown or ()] if f.kind == "choices" else ("" if shown is None else str(shown))
    elif f.kind == "money":
        from ..i18n.formats import fmt

        result.prefix = fmt.symbol(f.currency or context.currency)
        result.minimum = result.maximum = None
    elif f.kind == "lookup":
        _present_lookup(f, result, context, db)
    elif f.kind == "translations":
        texts = shown or {}
        result.languages = [(code, name, texts.get(code, "")) for code, name in context.locales]
    elif f.kind in ("image", "images"):
        ids = [shown] if isinstance(shown, str | int) and shown else list(shown or ())
        result.pictures = [(str(i), url_for_file(i, "thumb")) for i in ids]
    elif f.kind == "file":
        present_file(f, result, db, context.actor if typed else None)
    elif f.kind == "rows":
        result.row_labels = [str(sub.label) for sub in f.rows if sub.kind != "hidden"]
        lines = [*(shown or ()), {}]
        result.rows = [
            [_present_line(f, number, sub, line.get(sub.name), context, db, errors, typed) for sub in f.rows]
            for number, line in enumerate(lines)
        ]
    return result


def _present_line(
    f: Field, number: int, sub: Field, value: Any, context: FormContext, db: Session, errors: Mapping[str, str], typed: bool
) -> FormField:
    name = f"{f.name}-{number}-{sub.name}"
    shown = present(sub, value, context, db, {}, typed=typed)
    shown.name, shown.id = name, f"f-{name}"
    shown.required = False  # a blank line is no line: the browser must not insist; the server checks
    shown.errors = [errors[name]] if name in errors else []
    return shown


def _present_lookup(f: Field, result: FormField, context: FormContext, db: Session) -> None:
    from ..host import current_host

    target = current_host().screens.get(f.to or "")
    if target is None:
        return
    result.lookup_href = f"{target.route}/lookup"
    text = str(result.value or "")
    if text.isascii() and text.isdigit() and len(text) <= 18:
        result.lookup_label = gateway.label(db, target, context.actor, int(text))


def _as_typed(f: Field, value: Any, context: FormContext) -> Any:
    if value is None:
        return "" if f.kind not in ("rows", "images", "choices", "translations") else None
    if f.kind == "money":
        money = value if isinstance(value, Money) else Money(int(value), f.currency or context.currency)
        return f"{money.decimal:.{exponent(money.currency)}f}"
    if isinstance(value, datetime):
        return value.astimezone(context.zone).strftime("%Y-%m-%dT%H:%M")
    if isinstance(value, date):
        return value.isoformat()
    return value
