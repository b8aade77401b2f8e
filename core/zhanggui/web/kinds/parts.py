"""Kinds of several inputs: pictures, a text in each language, a small table of lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from markupsafe import Markup

from ...i18n.texts import gettext as _
from ...i18n.texts import lazy_gettext as _l
from ...kernel.errors import Invalid
from .kind import FormContext, Kind, Posted, Show, clean_text, wrong_kind

MAX_ROWS = 200
_NEW = "+"  # and the number of a file that is sent: where it stands among the others


class Picture(Kind):
    """A public picture, by the id of its file."""

    name = "image"
    sent_as = (str,)
    control = "pictures"
    wide = True
    upload = True
    stored = False
    types = (str, int)

    def cell(self, column: Any, currency: str, extra: Mapping[Any, Any] | None) -> Show:
        """Small."""
        from ...files import url_for_file

        return lambda value, _row: Markup('<img src="%s" alt="" width="48" height="48" loading="lazy" decoding="async">') % (
            url_for_file(value, "thumb")
        )

    def read(self, f: Any, name: str, posted: Posted) -> Any:
        """The last one; what is new is stored in this transaction."""
        kept = self._kept(name, posted)
        return kept[-1] if kept else None

    def _kept(self, name: str, posted: Posted) -> list[str]:
        from ...files import adopt_images, keep_image, known, put_image

        sent = [i for i in posted.form.getlist(name) if i]
        there = [i for i in sent if not i.startswith(_NEW)]
        if len(sent) > MAX_ROWS or known(posted.db, there) != set(there):
            raise ValueError(_("Choose from the list."))
        if there:
            adopt_images(posted.db, there)
        new: dict[str, str] = {}
        for number, upload in enumerate(posted.files.getlist(f"{name}__new")):
            if upload.filename:
                made = put_image(upload.stream, filename=upload.filename, now=posted.context.now)
                keep_image(posted.db, made)
                posted.drafts.append(partial(keep_image, made=made, draft=True))
                new[f"{_NEW}{number}"] = made["id"]
        # Where a script says so, a new one stands among those that are there; else behind them.
        kept = [new.get(i, i) for i in sent if i in new or not i.startswith(_NEW)]
        kept += [file_id for mark, file_id in new.items() if mark not in sent]
        posted.typed[name] = kept
        return kept

    def draw(self, f: Any, shown: Any, value: Any, posted: Posted, typed: bool) -> None:
        """With what is there."""
        from ...files import url_for_file

        shown.single = not self.several
        ids = [value] if isinstance(value, str | int) and value else list(value or ())
        shown.pictures = [(str(i), url_for_file(i, "thumb")) for i in ids]


class Pictures(Picture):
    """Any number of them, in order."""

    name = "images"
    in_row = False
    column = False
    several = True

    def read(self, f: Any, name: str, posted: Posted) -> Any:
        """All; what is new is stored in this transaction."""
        return self._kept(name, posted)

    def put(self, form: Any, f: Any, name: str, value: Any, context: FormContext) -> None:
        """A list."""
        if value is None:
            return
        if not isinstance(value, list):
            raise wrong_kind(name)
        form.setlist(name, [self.as_text(f, item, name, context) for item in value])

    def schema(self, thing: Any) -> dict[str, Any]:
        """A list of ids."""
        return {"type": "array", "items": {"type": "string", "maxLength": self.longest}, "maxItems": MAX_ROWS}


class Translations(Kind):
    """A text in every language that content is written in; the first is the source."""

    name = "translations"
    sent_as = (str,)
    in_row = False
    column = False
    control = "translations"
    wide = True
    several = True
    partial = True
    longest = 20_000

    def read(self, f: Any, name: str, posted: Posted) -> Any:
        """``{code: text}`` of the languages that have one."""
        context = posted.context
        texts = {code: clean_text(posted.form.get(f"{name}__{code}", ""), f.max_length or self.longest) for code, _name in context.locales}
        posted.typed[name] = texts
        if f.required and not texts[context.locales[0][0]]:
            return None
        return {code: text for code, text in texts.items() if text}

    def draw(self, f: Any, shown: Any, value: Any, posted: Posted, typed: bool) -> None:
        """An input for each language."""
        texts = value or {}
        shown.languages = [(code, name, texts.get(code, "")) for code, name in posted.context.locales]

    def put(self, form: Any, f: Any, name: str, value: Any, context: FormContext) -> None:
        """``{code: text}``, or a text of the source language."""
        if value is None:
            return
        texts = value if isinstance(value, dict) else {context.locales[0][0]: value}
        known = [code for code, _name in context.locales]
        if unknown := next((code for code in texts if code not in known), None):
            raise Invalid(errors={name: _l("There is no language %(code)s here: %(known)s.", code=unknown[:20], known=", ".join(known))})
        for code, text in texts.items():
            form[f"{name}__{code}"] = self.as_text(f, text, name, context)

    def merged(self, sent: Any, held: Any, context: FormContext) -> Any:
        """The languages that were not sent stay."""
        if not isinstance(sent, str | dict):
            return sent
        kept = {code: held[code] for code, _name in context.locales if code in held}
        return {**kept, **(sent if isinstance(sent, dict) else {context.locales[0][0]: sent})}

    def schema(self, thing: Any) -> dict[str, Any]:
        """By language, or a text of the source language alone."""
        text, filled = {"type": "string", "maxLength": thing.max_length or self.longest}, {"minLength": 1, "pattern": r"\S"} if thing.required else {}
        source, *others = _languages()
        several = {"type": "object", "additionalProperties": False, "properties": {source: {**text, **filled}, **dict.fromkeys(others, text)}}
        return {"anyOf": [{**text, **filled}, several]}


class Lines(Kind):
    """A small table of inputs: ``rows`` names its columns. A line in which nothing stands is none."""

    name = "rows"
    in_row = False
    column = False
    control = "lines"
    wide = True
    several = True

    def read(self, f: Any, name: str, posted: Posted) -> Any:
        """A mapping for each line; None when there is none."""
        form, kinds = posted.form, _kinds(f)
        numbers = sorted({int(part) for key in form if key.startswith(f"{name}-") and (part := key.split("-")[1]).isdigit()})
        if len(numbers) > MAX_ROWS:
            raise ValueError(_("At most %(number)s lines.", number=MAX_ROWS))
        lines: list[dict[str, Any]] = []
        typed: list[dict[str, str]] = []
        for number in numbers:
            names = {sub.name: f"{name}-{number}-{sub.name}" for sub, _kind in kinds}
            line_typed = {sub.name: form.get(names[sub.name], "") for sub, _kind in kinds}
            if not any(line_typed[sub.name].strip() for sub, kind in kinds if not kind.silent):
                continue
            line: dict[str, Any] = {}
            for sub, kind in kinds:
                try:
                    line[sub.name] = kind.take(sub, line_typed[sub.name], posted)
                    if sub.required and line[sub.name] is None:
                        raise ValueError(_("%(label)s is needed.", label=str(sub.label)))
                except ValueError as error:
                    posted.errors[f"{name}-{len(typed)}-{sub.name}"] = str(error)
            lines.append(line)
            typed.append(line_typed)
        posted.typed[name] = typed
        return lines or None

    def draw(self, f: Any, shown: Any, value: Any, posted: Posted, typed: bool) -> None:
        """The lines, and a blank one where more may be added."""
        lines = [*(value or ()), *([{}] if f.grows else [])]
        shown.grows = f.grows
        shown.rows = [
            [_drawn_part(f"{f.name}-{number}-{sub.name}", sub, line.get(sub.name), posted, typed) for sub in f.rows]
            for number, line in enumerate(lines)
        ]

    def put(self, form: Any, f: Any, name: str, value: Any, context: FormContext) -> None:
        """A list of objects."""
        if value is None:
            return
        if not isinstance(value, list) or not all(isinstance(line, dict) for line in value):
            raise wrong_kind(name)
        subs = {sub.name: (sub, kind) for sub, kind in _kinds(f)}
        for number, line in enumerate(value):
            for part, item in line.items():
                if part not in subs:
                    raise Invalid(errors={f"{name}-{number}-{part}"[:80]: _l("There is no such field.")})
                sub, kind = subs[part]
                kind.put(form, sub, f"{name}-{number}-{part}", item, context)

    def schema(self, thing: Any) -> dict[str, Any]:
        """A list of objects. A line in which nothing stands is none, so no part of one is needed by itself."""
        from ..openapi import sent_schema

        line = {sub.name: sent_schema(replace(sub, required=False)) for sub in thing.rows}
        return {"type": "array", "maxItems": MAX_ROWS, "items": {"type": "object", "additionalProperties": False, "properties": line}}


def _languages() -> list[str]:
    from ..context import LOCALE_NAMES, content_locales

    try:
        return [code for code, _name in content_locales()]
    except RuntimeError:  # no instance is open: the reference is written without one
        return list(LOCALE_NAMES)


def _kinds(f: Any) -> list[tuple[Any, Kind]]:
    from . import kind_of

    return [(sub, kind_of(sub.kind)) for sub in f.rows]


def _drawn_part(name: str, sub: Any, value: Any, posted: Posted, typed: bool) -> Any:
    from ..forms import draw

    shown = draw(sub, value, posted, typed=typed)
    shown.name, shown.id = name, f"f-{name}"
    shown.required = False  # a blank line is no line: the browser must not insist; the server checks
    shown.errors = [posted.errors[name]] if name in posted.errors else []
    if sub.fixed:
        shown.control = "fixed"
    return shown


KINDS = (Picture(), Pictures(), Translations(), Lines())
