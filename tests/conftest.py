"""Every test may use the fixtures that plugin authors get; proofs come in two sizes."""

from __future__ import annotations

import json
import os
import platform
import random
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest_plugins = ["zhanggui.testing.fixtures"]
RESULTS = Path(__file__).parent / "proofs"
_MEMORY, _ENOUGH = Path("/dev/shm"), 3 * 1024**3
_made: list[Path] = []


def pytest_configure(config: pytest.Config) -> None:
    """Keep the databases of the tests in memory where there is room: a commit then waits for no disk.

    What a killed process leaves behind is the same there; that a commit reaches the disk is checked on each connection.
    """
    # Every test of a command starts Python anew: without compiled files that takes twice as long, whatever the shell says.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    worker = hasattr(config, "workerinput")
    if not worker and "TMPDIR" not in os.environ and _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ENOUGH:
        _made.append(Path(tempfile.mkdtemp(prefix="zg-", dir=_MEMORY)))
        _made[0].chmod(0o755)  # PostgreSQL runs as another user when the tests are started by root
        os.environ["TMPDIR"], tempfile.tempdir = str(_made[0]), None


def pytest_unconfigure() -> None:
    """Give the memory back."""
    for folder in _made:
        shutil.rmtree(folder, ignore_errors=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Files with a long test come first, so that the workers end together; what is for ``--hard`` alone is left out; ``--shuffle``: any order of files, and of tests in each."""
    if not config.getoption("--hard"):
        large = [item for item in items if item.get_closest_marker("hard")]
        config.hook.pytest_deselected(items=large)
        items[:] = [item for item in items if item not in large]
    seed = config.getoption("--shuffle")
    if seed is not None:
        rng = random.Random(seed)
        rng.shuffle(items)
        files = list({item.path: None for item in items})
        items.sort(key=lambda item: files.index(item.path))
    long = {item.path for item in items if item.get_closest_marker("long")}
    items.sort(key=lambda item: item.path not in long)


def pytest_addoption(parser: pytest.Parser) -> None:
    """What a run may be asked for beside the tests that it is given."""
    parser.addoption("--full-matrix", action="store_true", help="every screen at every width, language and appearance")
    parser.addoption("--shuffle", type=int, metavar="SEED", help="in another order: no test may depend on the one before it")
    parser.addoption("--hard", action="store_true", help="run the tests marked as proofs at their full size, and keep their figures")


@pytest.fixture
def size(request: pytest.FixtureRequest) -> Callable[[int, int], int]:
    """``size(50, 1000)``: 50 among the other tests, 1,000 in ``make hard``."""
    hard = request.config.getoption("--hard")
    return lambda small, large: large if hard else small


@pytest.fixture
def keep_figures(request: pytest.FixtureRequest) -> Callable[[str, Any], None]:
    """``keep_figures("slow_clients", {...})``: what a proof measured, kept under ``tests/proofs/`` by ``make hard``."""

    def keep(name: str, figures: Any) -> None:
        if request.config.getoption("--hard"):
            RESULTS.mkdir(exist_ok=True)
            text = json.dumps({"python": platform.python_version(), "figures": figures}, indent=1, sort_keys=True)
            (RESULTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")

    return keep
