"""Pages that name the test of each promise name tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGES = ["messages.md"]


def named(page: str) -> list[tuple[str, str]]:
    """Files and tests of a page's tables; a line without a file means the file above it."""
    found, file = [], ""
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|") or len(cells) != 3 or "`" not in cells[2]:
            continue
        file = cells[1].strip("`") or file
        found += [(file, test) for test in re.findall(r"`(\w+)`", cells[2])]
    return found


def missing(page: str, tests: Path) -> list[tuple[str, str]]:
    return [(file, test) for file, test in named(page) if f"def test_{test}(" not in _text(tests / file)]


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


@pytest.mark.parametrize("page", PAGES)
def test_a_promise_names_a_test_that_is_there(page: str, repository: Path):
    text = (repository / "docs" / "explanation" / page).read_text(encoding="utf-8")
    assert len(named(text)) > 50
    assert missing(text, repository / "tests") == []


def test_one_that_is_not_there_would_be_found(repository: Path):
    page = "| what | file | test |\n|---|---|---|\n| a | `architecture/test_promises.py` | `a_promise_names_a_test_that_is_there` |\n| b | | `nothing_of_the_kind` |\n"
    assert missing(page, repository / "tests") == [("architecture/test_promises.py", "nothing_of_the_kind")]
