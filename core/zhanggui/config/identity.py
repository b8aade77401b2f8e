"""What a shop was set up as: its id and its currency, of which its data is full. Kept in the database, where no file can change it."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from .loader import Config
from .models import StoredSetting

_SET_UP = "instance.set_up"


def remember(db: Session, config: Config) -> None:
    """At the first upgrade: as it is configured now."""
    if db.get(StoredSetting, _SET_UP) is None:
        db.add(StoredSetting(key=_SET_UP, value={"id": config["instance.id"], "currency": config["instance.currency"]}))


def changed(db: Session, config: Config) -> Iterator[str]:
    """What the configuration says differently, a sentence each."""
    was = db.scalar(select(StoredSetting.value).where(StoredSetting.key == _SET_UP)) or {}
    if "id" in was and was["id"] != config["instance.id"]:
        yield f"instance.id is {config['instance.id']}, but this is the database of {was['id']}: look at database.url"
    if "currency" in was and was["currency"] != config["instance.currency"]:
        yield f"instance.currency is {config['instance.currency']}, but the prices and orders in the database are in {was['currency']}; set it back"
