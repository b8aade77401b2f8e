"""Which column of a file is which field: said in a file, recognized by its header, or asked for."""

from __future__ import annotations

import json
import re
import tomllib
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..host import current_host
from ..host.declare import Importer
from ..i18n.readers import in_every_language
from ..i18n.texts import lazy_gettext as _l
from ..kernel.errors import Invalid
from ..runtime import current_runtime

Ask = Callable[[str, Sequence[str]], str | None]  # (field, columns that are left) -> the column, or None


@dataclass(frozen=True)
class Mapped:
    """Fields by the place of their column, and the options that came with the mapping."""

    columns: Mapping[str, int]
    options: Mapping[str, Any] = field(default_factory=dict)


def read_mapping(path: Path | None) -> tuple[dict[str, str], dict[str, Any]]:
    """``[columns]`` of a mapping file, TOML or JSON; ``[options]``, with its other parts, which say what words mean.

    :raises Invalid: when it is neither, or holds something else.
    """
    if path is None:
        return {}, {}
    try:
        text = path.read_text("utf-8-sig")
        found = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except (ValueError, OSError) as error:
        raise Invalid(_l("%(name)s cannot be read: %(error)s", name=path.name, error=str(error))) from error
    if not isinstance(found, dict) or not all(isinstance(part, dict) for part in found.values()):
        raise Invalid(_l("%(name)s has no parts such as [columns].", name=path.name))
    columns, options = dict(found.pop("columns", {})), dict(found.pop("options", {}))
    return columns, options | found


def check_options(importer: Importer, options: Mapping[str, Any]) -> None:
    """:raises Invalid: for an option that there is not, or a word that is given a meaning that there is not."""
    unknown = [name for name in options if name not in importer.options and name not in importer.words]
    if unknown:
        raise Invalid(_l("There is no option %(name)s.", name=", ".join(unknown)))
    for part, meanings in importer.words.items():
        for word, meaning in dict(options.get(part, {})).items():
            if meaning not in meanings:
                raise Invalid(_l("%(word)s cannot mean %(meaning)s; it may mean: %(known)s.",
                                 word=str(word)[:40], meaning=str(meaning)[:40], known=", ".join(meanings)))  # fmt: skip


def match(importer: Importer, header: Sequence[str], given: Mapping[str, str], ask: Ask | None = None) -> dict[str, int]:
    """The place of each field's column. What was given wins over what is recognized.

    :raises Invalid: for a field or a column that there is not, or when a required one stays unknown.
    """
    places: dict[str, int] = {}
    for name, column in given.items():
        if name not in importer.columns:
            raise Invalid(_l("There is no field %(name)s; there are: %(known)s.", name=name, known=", ".join(importer.columns)))
        if column not in header:
            raise Invalid(_l("The file has no column %(name)s; it has: %(known)s.", name=column, known=", ".join(header)))
        places[name] = list(header).index(column)
    by_alias = {normal(column): place for place, column in reversed(list(enumerate(header)))}
    for name in importer.columns:
        if name in places:
            continue
        for alias in names_of(importer, name):
            place = by_alias.get(normal(alias))
            if place is not None and place not in places.values():
                places[name] = place
                break
    for name in importer.required:
        if name not in places and ask is not None:
            _asked(name, importer, header, places, ask)
    missing = [name for name in importer.required if name not in places]
    if missing:
        raise Invalid(
            _l(
                "No column was recognized as %(fields)s. The file has: %(known)s. Name them in a mapping file.",
                fields=", ".join(missing), known=", ".join(header),
            )
        )  # fmt: skip
    return places


def _asked(name: str, importer: Importer, header: Sequence[str], places: dict[str, int], ask: Ask) -> None:
    """Ask for a column; what an optional field was guessed to be may be taken from it."""
    taken = {places[other] for other in importer.required if other in places}
    left = [column for place, column in enumerate(header) if place not in taken]
    answer = ask(name, left) if left else None
    if answer is None or answer not in left:
        return
    place = list(header).index(answer)
    for other in [guess for guess, where in places.items() if where == place]:
        del places[other]
    places[name] = place


def guess(importer: Importer, header: Sequence[str], kept: Mapping[str, str], allowed: Sequence[str]) -> dict[str, int]:
    """The place of each field's column as it seems: as somebody confirmed it for such a head before, else as it is recognized.

    :param kept: fields by the normal form of a head; "" for one that is left out.
    :param allowed: fields that whoever asks may fill.
    """
    places: dict[str, int] = {}
    for place, column in enumerate(header):
        field = kept.get(normal(column), "")
        if field in allowed and field not in places:
            places[field] = place
    for name in allowed:
        for alias in names_of(importer, name):
            if name in places:
                break
            for place, column in enumerate(header):
                if normal(column) == normal(alias) and place not in places.values() and normal(column) not in kept:
                    places[name] = place
                    break
    return places


def names_of(importer: Importer, name: str) -> list[str]:
    """What the column of a field may be called: its name, what exports call it, what other programs call it."""
    label = importer.labels.get(name)
    locales = dict.fromkeys(("en", *current_runtime().config["i18n.locales"]))
    return [name, *(in_every_language(label, list(locales), current_host()) if label is not None else []), *importer.columns[name]]


def normal(name: str) -> str:
    """A head without what people write in one way today and in another tomorrow."""
    return re.sub(r"[\s_\-./（）()]+", "", unicodedata.normalize("NFKC", name)).casefold()
