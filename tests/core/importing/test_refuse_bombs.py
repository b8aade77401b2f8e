"""A file that would fill the memory is refused early, in one sentence that names it; a large good one is read."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import bombs
import pytest

from zhanggui.testing.instances import environment

pytestmark = pytest.mark.long

ABOVE_IDLE = 200  # MB
SECONDS = 60  # on a machine that does other things too; alone it takes a few


@pytest.fixture
def kind() -> str:
    """Files are read before any database is met."""
    return "sqlite"


def weigh(instance, *paths: Path) -> dict[str, dict[str, object]]:
    roots = [str(Path(__file__).parents[3] / root) for root in ("core", "plugins", "themes")]
    environ = {**os.environ, **environment(instance.config), "PYTHONPATH": os.pathsep.join(roots)}
    command = [sys.executable, str(Path(__file__).with_name("weigh.py")), *map(str, paths)]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.proof
def test_no_file_takes_more_than_it_may(instance, tmp_path, size, keep_figures):
    expected = bombs.make(tmp_path / "bombs", size(10_000_000, 120_000_000), large=size(False, True))
    first, paths = tmp_path / "bombs" / "good.csv", sorted((tmp_path / "bombs").iterdir())
    if size(False, True):  # each in a process of its own: what one leaves behind is not counted for the next
        small = tmp_path / "first.csv"
        small.write_bytes(bombs.CSV_HEAD + b"K,Tea,5\n")
        took = {}
        for path in paths:
            took |= weigh(instance, small, path)
    else:
        took = weigh(instance, first, *paths)
    print("\n" + "\n".join(f"{n:<20} {t['peak'] - t['idle']:5} MB {t['seconds']:6.1f} s  {t['said'].strip()}" for n, t in took.items()))
    for name, found in took.items():
        sentence = expected[name]
        assert (found["exit"], found["broke"]) == (1 if sentence else 0, ""), (name, found)
        assert found["peak"] - found["idle"] < ABOVE_IDLE, (name, found)
        if sentence:
            assert found["seconds"] < SECONDS, (name, found)
            assert re.search(sentence, found["said"]), (name, found)
            assert len(found["said"].splitlines()) == 1
            assert name in found["said"] or name == "one_group.csv"
    keep_figures("import_bombs", {n: {"MB above idle": t["peak"] - t["idle"], "seconds": round(t["seconds"], 1)} for n, t in took.items()})
