"""A language that nobody speaks: whatever a page says outside of its marks was never given to be translated."""

from __future__ import annotations

import re
from collections import defaultdict
from gettext import NullTranslations
from typing import Any

from flask import Flask

from ..i18n import texts
from ..i18n.texts import Reader

OPEN, CLOSE = "⟦", "⟧"
_KEPT = re.compile(r"(%\(\w+\)[sd]|%%)")  # a place is filled by somebody else: what stands in it is looked at on its own
_ACCENTS = str.maketrans("aeiouycnsAEIOUYCNS", "àéïôûýçñšÀÉÏÔÛÝÇÑŠ")
_SAID = re.compile(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}")


class PseudoTranslations(NullTranslations):
    """Every text with accents between marks, its places left outside of them: ``⟦Šhïp ⟧%(count)s⟦ ôrdérš⟧``."""

    def gettext(self, message: str) -> str:
        """The text, marked."""
        return "".join(part if place else marked(part) for place, part in zip(_alternating(), _KEPT.split(message), strict=False))

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """One of the two, marked."""
        return self.gettext(msgid1 if n == 1 else msgid2)

    def pgettext(self, context: str, message: str) -> str:
        """The text, marked."""
        return self.gettext(message)


def _alternating() -> Any:
    while True:
        yield False
        yield True


def marked(text: str) -> str:
    """A piece of text between marks; white space and signs alone are nobody's words."""
    return f"{OPEN}{text.translate(_ACCENTS)}{CLOSE}" if re.search(r"\w", text) else text


def unmarked(text: str) -> str:
    """What is left of a text once everything is taken out that went through a catalog."""
    return _SAID.sub(" ", text)


def speak_pseudo(app: Flask, locale: str) -> None:
    """Let an app answer everybody in this language, with the numbers, times and contents of ``locale``."""
    catalog = PseudoTranslations()
    reader = app.extensions["zhanggui_reader"]

    def read() -> None:
        reader()
        texts.read_by(Reader(locale, catalog, texts.reader().zone, defaultdict(lambda: catalog)))

    app.extensions["zhanggui_reader"] = read
