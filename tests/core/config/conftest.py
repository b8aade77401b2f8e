"""A folder with a configuration in it, and nothing of the machine's own environment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from zhanggui.config import Config

SECRET = "Wf8-o2nQx_7TzKc4LbVh91MgYsRpDa6EjUiN3"
PLUGINS = Path(__file__).parents[3] / "plugins"


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Config]:
    """``load(text, base=..., DATABASE__URL=...)`` reads a shop's file, a base file and an environment."""
    (tmp_path / "instances").mkdir(exist_ok=True)

    def do(text: str = "", *, base: str | None = None, **environ: str) -> Config:
        path = tmp_path / "instances" / "acme.toml"
        path.write_text(text, encoding="utf-8")
        if base is not None:
            (tmp_path / "base.toml").write_text(base, encoding="utf-8")
        environ = {"SECURITY__SECRET_KEY": SECRET, "PLUGINS__FOLDERS": str(PLUGINS), **environ}
        return Config.load(path, {f"ZHANGGUI_{name}": value for name, value in environ.items() if value})

    return do
