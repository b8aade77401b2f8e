"""Words of the frame that no screen owns."""

from __future__ import annotations

from ..i18n.texts import lazy_gettext as _l

GROUPS = {"shop": _l("Shop"), "people": _l("People"), "money": _l("Finance"), "system": _l("System")}
messages_label = _l("Messages")
me_label = _l("Me")
