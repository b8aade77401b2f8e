"""Every hook of the core, one module a theme. A hook takes nothing and returns a list of dataclasses."""

from __future__ import annotations

import pluggy

hookspec = pluggy.HookspecMarker("zhanggui")
hookimpl = pluggy.HookimplMarker("zhanggui")
