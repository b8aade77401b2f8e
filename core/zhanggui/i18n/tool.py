"""Catalogs: collect the texts of the core and of each plugin, compile the translations, check that none is missing.

    python -m zhanggui.i18n.tool extract|compile|check [FOLDER ...]

Without folders: the core and ./plugins. With them: the plugins that lie there, as those of a shop or of somebody outside.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from ..host.discovery import discover

LOCALES = ("zh_CN",)
_PLACE = re.compile(r"%\(\w+\)[sd]")
CORE = Path(__file__).parents[1]
_METHODS = [("**/templates/**.html", "jinja2"), ("**/templates/**.js", "jinja2"), ("**.py", "python")]
_KEYWORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
_OPTIONS = {"**/templates/**.html": {"trimmed": "true"}}


def components(folders: Sequence[str] = ()) -> dict[str, Path]:
    """The core, and every plugin that is installed or lies in ./plugins; or the plugins of other folders alone."""
    found = {plugin_id: manifest.path for plugin_id, manifest in discover(folders or ["plugins"]).manifests.items()}
    if folders:
        roots = [Path(folder).resolve() for folder in folders]
        return {name: path for name, path in found.items() if any(path.resolve().is_relative_to(root) for root in roots)}
    return {"core": CORE} | found


def collect(folder: Path) -> Catalog:
    """All marked texts of one component. Without line numbers, so that moving code changes nothing."""
    catalog = Catalog(project="zhanggui", charset="utf-8", fuzzy=False)
    messages = extract_from_dir(folder, _METHODS, _OPTIONS, _KEYWORDS, comment_tags=("i18n:",), strip_comment_tags=True)
    for filename, _line, message, comments, context in messages:
        catalog.add(message, None, [(filename, 0)], auto_comments=comments, context=context)
    return catalog


def _with_texts(folders: Sequence[str]) -> Iterator[tuple[str, Catalog, Path]]:
    """The components that say something, each with what it says."""
    for name, folder in components(folders).items():
        template = collect(folder)
        if any(message.id for message in template):
            yield name, template, folder


def po_path(folder: Path, locale: str) -> Path:
    """Where a component's translations lie."""
    return folder / "translations" / locale / "LC_MESSAGES" / "messages.po"


def load(folder: Path, locale: str) -> Catalog:
    """The translations that there are."""
    path = po_path(folder, locale)
    if not path.exists():
        return Catalog(locale=locale)
    with path.open("rb") as source:
        return read_po(source, locale=locale)


def extract(folders: Sequence[str] = ()) -> None:
    """Bring every catalog in step with the code; translations that are there stay."""
    for _name, template, folder in _with_texts(folders):
        for locale in LOCALES:
            present = load(folder, locale)
            # The date stays as it was: a run that finds nothing new changes nothing.
            present.update(template, no_fuzzy_matching=True, update_creation_date=False)
            present.obsolete.clear()
            present.header_comment = ""
            path = po_path(folder, locale)
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as target:
                write_po(target, present, width=120, no_location=True, omit_header=False, sort_output=True, ignore_obsolete=True)


def compiled(catalog: Catalog) -> bytes:
    """The machine form of a catalog."""
    out = io.BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def compile_all(folders: Sequence[str] = ()) -> None:
    """Write the machine forms."""
    for _name, _template, folder in _with_texts(folders):
        for locale in LOCALES:
            po_path(folder, locale).with_suffix(".mo").write_bytes(compiled(load(folder, locale)))


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else str(message.id[0])


def _places(texts: str | Sequence[str]) -> set[str]:
    """The ``%(name)s`` of a text. A number that one plural form leaves out counts: Chinese has one form for all."""
    return set(_PLACE.findall(texts if isinstance(texts, str) else " ".join(texts)))


def problems(folders: Sequence[str] = ()) -> Iterator[str]:
    """What is missing, a line each."""
    for name, template, folder in _with_texts(folders):
        for locale in LOCALES:
            catalog = load(folder, locale)
            for message in template:
                if not message.id:
                    continue
                found = catalog.get(_key(message), message.context)
                if found is None or found.fuzzy or not all(found.string if isinstance(found.string, tuple | list) else [found.string]):
                    yield f"{name}: no {locale} text for {message.id!r}"
                elif _places(message.id) != _places(found.string):
                    yield f"{name}: the {locale} text for {message.id!r} has other places to fill in"
            for message in catalog:
                if message.id and template.get(_key(message), message.context) is None:
                    yield f"{name}: {locale} translates a text that is gone: {message.id!r}"
            mo = po_path(folder, locale).with_suffix(".mo")
            if not mo.exists() or mo.read_bytes() != compiled(catalog):
                yield f"{name}: {mo.name} is not what messages.po says; run `make catalogs`"


def main(command: str = "", *folders: str) -> int:
    """Run one command; answers the exit code."""
    if command == "extract":
        extract(folders)
    elif command == "compile":
        compile_all(folders)
    elif command == "check":
        found = list(problems(folders))
        print("\n".join(found) or "Catalogs are complete.")
        return 1 if found else 0
    else:
        print(__doc__)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
