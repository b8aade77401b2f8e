"""A row rule, a field rule, and a place behind every door through which rows are read."""

from __future__ import annotations

from sqlalchemy import Column as DbColumn
from sqlalchemy import Integer, MetaData, String, Table, select, update

from zhanggui.api import (
    Action,
    Approvable,
    Card,
    Column,
    Field,
    Filter,
    Hit,
    MenuItem,
    Permission,
    Question,
    RolePreset,
    Screen,
    Search,
    SearchProvider,
    Section,
    Slot,
    Widget,
    find_rows,
    hookimpl,
    record_audit,
    row_labels,
    timeline,
)

METADATA = MetaData()
LOCKERS = Table(
    "lockers__locker", METADATA, DbColumn("id", Integer, primary_key=True), DbColumn("name", String(40)), DbColumn("owner_id", Integer),
    DbColumn("code", String(40)), DbColumn("neighbor_id", Integer), DbColumn("opened", Integer, server_default="0"),
    DbColumn("product_id", Integer), DbColumn("row_version", Integer, server_default="1"),
)  # fmt: skip
RESOURCE, MAY = "lockers.Locker", ("can_list", "lockers.Locker")
NEAR = "lockers.Nearby"


def open_locker(db, *, id, actor, now):
    db.execute(update(LOCKERS).where(LOCKERS.c.id == id).values(opened=LOCKERS.c.opened + 1))
    record_audit(db, "lockers.locker.opened", target=(RESOURCE, id), actor=actor, now=now)


def inside(db, reader, row):
    """Whatever a careless author would put there: each part comes by a door of the house."""
    return {
        "others": row_labels(db, reader, RESOURCE, [row.id, row.neighbor_id]).values(),
        "found": [f"{other.name} {other.code}" for other in find_rows(db, reader, RESOURCE, "locker", 9, columns=("name", "code"))],
        "trail": timeline(db, reader, RESOURCE, row.id),
        "elsewhere": timeline(db, reader, RESOURCE, row.neighbor_id),
    }


def search(db, reader, text, limit):
    return [Hit(row.name, f"{row.code}", f"/lockers/{row.id}") for row in find_rows(db, reader, RESOURCE, text, limit, columns=("name", "code"))]


def of_products(db, reader, ids):
    rows = db.execute(select(LOCKERS.c.product_id, LOCKERS.c.id).where(LOCKERS.c.product_id.in_(ids))).all()
    names = row_labels(db, reader, RESOURCE, [row.id for row in rows])
    return {product: ", ".join(sorted(names[row.id] for row in rows if row.product_id == product)) for product in ids}


def listed(db, reader):
    names = [row.name for row in find_rows(db, reader, RESOURCE, "locker", 5, columns=("name",))]
    return {"rows": [{"title": name, "sub": "", "end": "", "href": "/lockers/"} for name in names], "opens": Question(RESOURCE)}


def near(resource, route, label):
    """The same rows once more, called otherwise: by their hidden column, or by a function that looks at it."""
    return Screen(
        resource=resource, source=LOCKERS, route=route, title="Nearby", singular="Nearby", label=label,
        columns=[Column("owner_id", "Owner", "int"), Column("code", "Code", permission="can_see_code"), Column("neighbor_id", "Neighbor", "lookup", to=resource)],
        card=Card(title="owner_id"), search=Search(contains=("name",)), default_sort=("code",), row_rule=own,
    )  # fmt: skip


def own(actor, c):
    return None if actor.everything else c.owner_id == (actor.id or -1)


SCREEN = Screen(
    resource=RESOURCE, source=LOCKERS, route="/lockers", title="Lockers", singular="Locker",
    columns=[
        Column("name", "Name", sortable=True), Column("code", "Code", sortable=True, permission="can_see_code"),
        Column("neighbor_id", "Neighbor", "lookup", to=RESOURCE), Column("opened", "Opened", "int"),
        Column("trail", "Trail", load=lambda db, reader, ids: {i: len(timeline(db, reader, RESOURCE, i)) for i in ids}, kind="int"),
    ],
    card=Card(title="name", sub=("neighbor_id",)), search=Search(contains=("name", "code")),
    filters=[
        Filter("opened", "Opened", "int_range"), Filter("code", "Code", "text"), Filter("neighbor_id", "Neighbor", "lookup", to=RESOURCE),
        Filter("by_code", "By code", "text", column="code", clause=lambda value, c: c.code == value),
    ],
    fields=[Field("name", "Name", required=True), Field("code", "Code"), Field("neighbor_id", "Neighbor", "lookup", to=RESOURCE)],
    sections=[Section("main", "Main", columns=("name", "code", "neighbor_id", "opened")), Section("inside", "Inside", template="lockers/inside.html", load=inside)],
    actions=[
        Action("open", "Open", open_locker, bulk=True),
        Action("change_code", "Change the code", lambda db, *, id, code, actor, now: None, fields=[Field("code", "Code", get=lambda db, row: row.code)]),
    ],
    create="generic", update="generic", delete="generic", row_rule=own,
)  # fmt: skip


@hookimpl
def register_screens():
    return [SCREEN, near(NEAR, "/lockers-nearby", "code"), near("lockers.Known", "/lockers-known", lambda row: f"at {row.owner_id} {row.code}")]


@hookimpl
def register_menu():
    return [MenuItem("lockers", "Lockers", "list", screen=RESOURCE, badge=Question(RESOURCE))]


@hookimpl
def register_widgets():
    return [Widget("lockers", "Lockers to open", "todo", Question(RESOURCE, {"opened_to": "0"}), MAY), Widget("all", "My lockers", "list", listed, MAY)]


@hookimpl
def register_approvals():
    return [Approvable("force", "Force a lock", RESOURCE, ("can_force", RESOURCE), open_locker)]


@hookimpl
def register_search():
    return [SearchProvider("lockers", "Lockers", MAY, search)]


@hookimpl
def register_slots():
    return [Slot("products.Product", Column("lockers", "Lockers", load=of_products))]


@hookimpl
def register_permissions():
    return [Permission("can_see_code", RESOURCE, "See codes"), Permission("can_force", RESOURCE, "Force locks"), *(Permission("can_see_code", other, "") for other in (NEAR, "lockers.Known"))]


@hookimpl
def register_role_presets():
    reading = ("list", "show")
    verbs = (*reading, "add", "edit", "delete", "export", "open", "change_code", "force")
    return [RolePreset("clerk", "Clerk", {RESOURCE: verbs, NEAR: reading, "lockers.Known": reading, "core.Audit": reading, "core.Approval": reading})]
