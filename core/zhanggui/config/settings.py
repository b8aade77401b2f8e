"""Settings at run time: what the files say, unless the merchant changed it and no file locks it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from ..db import crypto
from ..db.locks import one_at_a_time
from ..db.uow import reading
from ..i18n.texts import lazy_gettext as _l
from ..kernel.actors import Actor
from ..kernel.errors import Invalid, NotFound, StaleRow
from ..runtime import Runtime, activated, current_runtime
from .declare import Setting
from .loader import Config, Explained
from .models import StoredSetting

if TYPE_CHECKING:
    from ..host.host import Host

_LOCK = "core.settings"


def _stored(runtime: Runtime) -> dict[str, Any]:
    """What the database says, read again when its generation moved."""
    from ..host import generation

    stamp = runtime.shared.get("generations")
    cached = runtime.shared.get("stored_settings")
    if stamp is not None and cached is not None and cached[0] == stamp.settings:
        return cached[1]  # type: ignore[no-any-return]
    with reading() as db:
        now = generation.read(db)
        if cached is None or cached[0] != now.settings:
            rows: dict[str, Any] = dict(db.execute(select(StoredSetting.key, StoredSetting.value)).tuples().all())
            cached = runtime.shared["stored_settings"] = (now.settings, rows)
    return cached[1]  # type: ignore[no-any-return]


def get(key: str) -> Any:
    """The present value of a setting.

    :raises KeyError: when there is none.
    """
    runtime = current_runtime()
    config: Config = runtime.config
    setting = config.settings[key]
    if not setting.runtime or key in config.locked:
        return config[key]
    stored = _stored(runtime)
    if key not in stored:
        return config[key]
    return _read(setting, stored[key])


def explain(runtime: Runtime, key: str) -> Explained:
    """Where a value comes from, the database's layer included where there is one to ask.

    :raises ConfigError: when there is no such setting.
    """
    found: Explained = runtime.config.explain(key)
    setting = runtime.config.settings[key]
    if not setting.runtime or key in runtime.config.locked:
        return found
    try:
        with activated(runtime), reading() as db:
            row = db.execute(select(StoredSetting.value).where(StoredSetting.key == key)).first()
    except (OperationalError, ProgrammingError):
        return found  # no database yet: nothing was changed in it
    if row is None:
        return found
    value = "<secret>" if setting.secret else row[0]
    return replace(found, value=value, layer="database", layers=(*found.layers, ("database", value)))


def locked_by(key: str) -> str | None:
    """The file that locks a setting, if one does."""
    return current_runtime().config.locked.get(key)


def editable(host: Host) -> list[Setting]:
    """Settings for the screen: the core's, then those of each enabled plugin."""
    settings = current_runtime().config.settings.values()
    return [
        s for s in settings if s.runtime and (not s.key.startswith("plugin.") or s.key.split(".")[1] in host.manifests)
    ]  # fmt: skip


def of_plugin(plugin: str) -> list[Setting]:
    """Every setting that the manifest of a plugin declares, those that only files may say included."""
    return [s for s in current_runtime().config.settings.values() if s.key.startswith(f"plugin.{plugin}.")]


def seen(db: Session) -> int:
    """What a form of settings remembers, so that its save can be told from one that came too late."""
    from ..host import generation

    return generation.read(db).settings


def save(db: Session, values: Mapping[str, Any], *, shown: int | None, actor: Actor, now: datetime) -> None:
    """Change what a form of settings says, as one.

    :param shown: what :func:`seen` answered when the form was made; None to change whatever is there.
    :raises StaleRow: when somebody changed a setting since: the form holds his old values too.
    :raises Invalid: when one is locked by a file or out of its limits.
    """
    one_at_a_time(db, _LOCK)
    if shown is not None and shown != seen(db):
        raise StaleRow()
    for key, value in values.items():
        set(db, key, value, actor=actor, now=now)


def set(db: Session, key: str, value: Any, *, actor: Actor, now: datetime) -> None:
    """Change a setting for every process, from the next request on.

    :raises Invalid: when it is locked by a file or out of its limits.
    """
    from .. import audit
    from ..host import generation

    config: Config = current_runtime().config
    setting = config.settings.get(key)
    if setting is None or not setting.runtime:
        raise NotFound()
    if setting.secret and value == "":
        return  # the form never shows a secret; an empty box means: as it was
    if key in config.locked:
        if value == config[key]:
            return
        raise Invalid(errors={key: _l("%(file)s locks this setting.") % {"file": config.locked[key]}})
    one_at_a_time(db, _LOCK)
    row = db.get(StoredSetting, key, populate_existing=True)
    present = config[key] if row is None else _read(setting, row.value)
    if value == present:
        return
    try:
        setting.check(value)
    except ValueError as error:
        raise Invalid(errors={key: str(error)}) from None
    stored = base64.b64encode(crypto.seal(value)).decode() if setting.secret else value
    if row is None:
        db.add(StoredSetting(key=key, value=stored))
    else:
        row.value = stored
    generation.bump(db, "settings")
    shown = {"before": None, "after": None} if setting.secret else {"before": {key: present}, "after": {key: value}}
    audit.record(db, "core.setting.changed", target=("core.Setting", key), label=key, actor=actor, now=now, **shown)


def _read(setting: Setting, value: Any) -> Any:
    return crypto.unseal(base64.b64decode(value)) if setting.secret and value else value
