"""Articles and tours as files: found by convention in the folder of the core and of each plugin that runs.

``help/<slug>/en.md`` and ``zh_CN.md`` hold an article in each language, ``tours/<id>.toml`` a tour in all of them, ``synonyms.toml`` words
that mean the same. A text never types a label: it names the screen, button, field or setting, and what that is called today is printed.
"""

from __future__ import annotations

from .files import Article, read_article
from .library import Library, library
from .names import Named, named
from .rendering import Rendered, plain, render
from .tours import Step, Tour

__all__ = ["Article", "Library", "Named", "Rendered", "Step", "Tour", "library", "named", "plain", "read_article", "render"]
