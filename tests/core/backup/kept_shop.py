"""What the shop of these tests holds, and how it is compared."""

from __future__ import annotations

import io
import random
from pathlib import Path
from typing import Any

from PIL import Image

from zhanggui.auth import users
from zhanggui.backup import tables
from zhanggui.db.uow import unit_of_work
from zhanggui.files import private, save_image
from zhanggui.host import current_host, refresh
from zhanggui.importing.runner import run_import
from zhanggui.kernel import clock
from zhanggui.kernel.actors import SYSTEM, acting_as
from zhanggui.runtime import Runtime, activated, open_runtime

MESSY = Path(__file__).parents[2] / "fixtures" / "messy_shop.csv"
PHONE = "13800138000"
DEMO_PARTS = ("customers", "products", "inventory")


FILES: dict[str, Path] = {}  # where the first shop of each kind has its files


def fill(runtime: Runtime) -> None:
    """People who sign in, what an import brings, demo stock, a picture and a private file."""
    FILES[runtime.engine.dialect.name] = runtime.data / "files"
    open_runtime(runtime)
    with activated(runtime), acting_as(SYSTEM):
        refresh(runtime)
        with unit_of_work() as db:
            for name in ("owner", "clerk"):
                users.create_user(db, username=name, password="correct horse 9x", roles=[name], display_name=name, actor=SYSTEM, now=clock.now())
            drawn = io.BytesIO()
            Image.new("RGB", (40, 30), "green").save(drawn, "PNG")
            drawn.seek(0)
            save_image(db, drawn, filename="leaf.png", actor=SYSTEM, now=clock.now())
            private.save_private_file(db, io.BytesIO(b"%PDF-1.4 paper " + PHONE.encode()), filename="陈小满.pdf", actor=SYSTEM, now=clock.now(), row=("core.Task", 1))
        for part in current_host().every("demo"):
            if part.id in DEMO_PARTS:
                part.fill(clock.now(), random.Random(1))
        run_import(runtime, "orders", MESSY, zone="Asia/Shanghai", currency="CNY", source="old", quiet=True)


def sums(runtime: Runtime) -> dict[str, dict[str, Any]]:
    """Rows and checksum of every table."""
    with tables.snapshot(runtime.engine) as connection:
        return {name: dict(zip(("rows", "sum"), tables.checksum(connection, layout), strict=True)) for name, layout in tables.layouts(connection).items()}
