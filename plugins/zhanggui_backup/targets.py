"""Where copies are sent: a folder, a store that speaks S3. Both by one client (``obstore``), outside of any transaction."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from zhanggui.api import ProviderError, SettingTest, _, _l, backups, get_setting, outside

_SETTING = "plugin.backup."
_PATIENCE: dict[str, Any] = {"max_retries": 2, "retry_timeout": timedelta(seconds=30)}


@dataclass(frozen=True)
class Target:
    """A place, by the settings that name it; ``open(values)`` answers its store, or None where it is not set."""

    id: str
    label: Any
    open: Callable[[Mapping[str, Any]], Any]


def _folder(values: Mapping[str, Any]) -> Any:
    path = str(values[f"{_SETTING}folder"] or "").strip()
    if not path:
        return None
    if not Path(path).is_absolute():
        raise ProviderError(_("The folder has to be named from the top, such as /mnt/nas/shop."), retry=False)
    if not Path(path).is_dir():
        raise ProviderError(_("There is no folder %(path)s.", path=path), retry=True)
    return LocalStore(prefix=path)


def _store(values: Mapping[str, Any]) -> Any:
    said = {name: str(values[f"{_SETTING}s3_{name}"] or "").strip() for name in ("endpoint", "bucket", "prefix", "region", "key", "secret")}
    if not said["endpoint"]:
        return None
    if not said["bucket"]:
        raise ProviderError(_("Name the bucket of the store."), retry=False)
    outside.check(said["endpoint"])
    return S3Store(
        said["bucket"], prefix=said["prefix"].strip("/") or None, endpoint=said["endpoint"].rstrip("/"), region=said["region"] or "us-east-1",
        access_key_id=said["key"], secret_access_key=said["secret"], virtual_hosted_style_request=False,
        client_options={"timeout": "1h", "connect_timeout": "5s", "allow_http": urlsplit(said["endpoint"]).scheme == "http"}, retry_config=_PATIENCE,
    )  # fmt: skip


TARGETS = (Target("folder", _l("Folder"), _folder), Target("store", _l("Store"), _store))
_NAMES = ("folder", "s3_endpoint", "s3_bucket", "s3_prefix", "s3_region", "s3_key", "s3_secret")


def stored() -> dict[str, Any]:
    """The settings as they are stored."""
    return {f"{_SETTING}{name}": get_setting(f"{_SETTING}{name}") for name in _NAMES}


def wanted() -> list[Target]:
    """The targets that are set."""
    values = stored()
    keys = {"folder": f"{_SETTING}folder", "store": f"{_SETTING}s3_endpoint"}
    return [target for target in TARGETS if str(values[keys[target.id]] or "").strip()]


def send(target: Target, copy: backups.Backup) -> None:
    """Send a copy, and look whether it is there as a whole.

    :raises ProviderError: when it could not be sent.
    """
    store = target.open(stored())
    with _trouble(target):
        obstore.put(store, copy.name, copy.path)
        arrived = obstore.head(store, copy.name)["size"]
    if arrived != copy.size:
        raise ProviderError(_("%(target)s has %(there)s bytes of %(name)s, not %(here)s.", target=str(target.label), there=arrived, here=copy.size, name=copy.name), retry=True)


def forget(target: Target, names: set[str]) -> None:
    """Take copies away that are not kept any more.

    :raises ProviderError: when they could not be taken away.
    """
    store = target.open(stored())
    with _trouble(target):
        there = {found["path"] for batch in obstore.list(store) for found in batch}
        for name in sorted(there & names):
            obstore.delete(store, name)


class _trouble:
    """What the client tells becomes one sentence, without the keys and addresses that stand in its own."""

    def __init__(self, target: Target) -> None:
        self._target = target

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: Any, error: BaseException | None, _trace: Any) -> None:
        if isinstance(error, BaseError | OSError):
            raise ProviderError(_("%(target)s refused: %(why)s.", target=str(self._target.label), why=_why(error)), retry=True) from error


def _why(error: BaseException) -> str:
    known = {
        "UnauthenticatedError": _("it does not know the key, or the secret is wrong"), "PermissionDeniedError": _("this key may not do that"),
        "NotFoundError": _("the bucket is not there"),
    }  # fmt: skip
    said = str(error)
    for sign, kind in (("403", "PermissionDeniedError"), ("401", "UnauthenticatedError"), ("404", "NotFoundError")):
        if sign in said:
            return known[kind]
    return known.get(type(error).__name__, _("it cannot be reached, or there is no room"))


def _try(target: Target, missing: Any) -> Callable[[Mapping[str, Any]], Any]:
    def knock(values: Mapping[str, Any]) -> str:
        store = target.open(values)
        if store is None:
            raise ProviderError(str(missing), retry=False)
        name, body = f"zhanggui-test-{secrets.token_hex(6)}", secrets.token_bytes(64)
        with _trouble(target):
            obstore.put(store, name, body)
            back = bytes(obstore.get(store, name).bytes())
            obstore.delete(store, name)
        if back != body:
            raise ProviderError(_("What was written came back as something else."), retry=False)
        return _("Written, read and deleted: it can be used.")

    return knock


TESTS = {
    f"{_SETTING}folder": SettingTest(_l("Try the folder"), _try(TARGETS[0], _l("Name a folder first."))),
    f"{_SETTING}s3_endpoint": SettingTest(_l("Try the store"), _try(TARGETS[1], _l("Name the address of the store first."))),
}
