"""One kind of row, each for its owner alone."""

from __future__ import annotations

from sqlalchemy import Column as DbColumn
from sqlalchemy import Integer, MetaData, String, Table

from zhanggui.api import Card, Column, Field, Screen

METADATA = MetaData()
PAPERS = Table(
    "dossier__paper", METADATA, DbColumn("id", Integer, primary_key=True), DbColumn("name", String(40)), DbColumn("owner_id", Integer),
    DbColumn("contract", String(24)), DbColumn("salary", String(24)), DbColumn("row_version", Integer, server_default="1"),
)  # fmt: skip
MARKS = Table("dossier__mark", METADATA, DbColumn("id", Integer, primary_key=True), DbColumn("n", Integer))

SCREEN = Screen(
    resource="dossier.Paper", source=PAPERS, route="/papers", title="Papers", singular="Paper",
    columns=[
        Column("name", "Name"), Column("contract", "Contract", "file"), Column("salary", "Salary", "file", permission="can_see_salary"),
    ],
    card=Card(title="name", sub=("contract",)), create="generic", update="generic", delete="generic",
    fields=[
        Field("name", "Name", required=True), Field("owner_id", "Owner", "int"),
        Field("contract", "Contract", "file", accept=("pdf", "png"), max_bytes=2000),
    ],
    row_rule=lambda actor, c: None if actor.everything else c.owner_id == (actor.id or -1),
)  # fmt: skip
