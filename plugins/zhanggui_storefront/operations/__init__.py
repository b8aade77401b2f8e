"""The paths of the storefront, by subject. ``OPERATIONS`` is what this plugin offers itself."""

from __future__ import annotations

from . import addresses, behaviour, buying, catalog, keeping, session

OPERATIONS = [*session.OPERATIONS, *catalog.OPERATIONS, *buying.OPERATIONS, *addresses.OPERATIONS, *keeping.OPERATIONS, *behaviour.OPERATIONS]
