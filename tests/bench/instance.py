"""The benchmark's database as an instance of ours."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).parents[2]


def configure() -> None:
    """Put what the harness says into our environment."""
    os.environ.update(
        ZHANGGUI_DATABASE__URL=os.environ["BENCH_DB_URL"],
        ZHANGGUI_INSTANCE__DATA=os.environ["BENCH_WORK"],
        ZHANGGUI_SECURITY__SECRET_KEY="only-for-the-benchmark-0123456789-abcdefgh",
        ZHANGGUI_PLUGINS__FOLDERS=str(ROOT / "plugins"),
        ZHANGGUI_THEME__FOLDERS=str(ROOT / "themes"),
        ZHANGGUI_LOG__LEVEL="WARNING",
    )
