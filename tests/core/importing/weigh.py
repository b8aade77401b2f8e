"""A process of its own that runs the import command on files, one by one, and says what each took (JSON)."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from click.testing import CliRunner

from zhanggui.cli import main


def memory(what: str) -> int:
    """A line of this process's status, in kB."""
    return next(int(line.split()[1]) for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(what))


def weigh(path: str) -> dict[str, object]:
    """The command's answer, seconds, and the memory it had before and at its most, in MB."""
    idle = memory("VmRSS") // 1024
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
    begun = time.monotonic()
    result = CliRunner().invoke(main, ["import", "products", path, "--dry-run", "--json"])
    broke = "" if result.exception is None or isinstance(result.exception, SystemExit) else repr(result.exception)
    return {"exit": result.exit_code, "said": result.stderr, "broke": broke, "seconds": time.monotonic() - begun, "peak": memory("VmHWM") // 1024, "idle": idle}


first, *others = sys.argv[1:]
weigh(first)  # everything is imported and opened now
print(json.dumps({Path(path).name: weigh(path) for path in others}))
