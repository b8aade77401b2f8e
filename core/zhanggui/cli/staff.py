"""``zhanggui user``."""

from __future__ import annotations

import click

from .frame import Output, in_unit_of_work, options


@click.group()
def user() -> None:
    """Staff accounts."""


@user.command("create")
@options
@click.argument("username")
@click.option("--role", "roles", multiple=True, help="May be given several times.")
@click.option("--name", default="")
@click.password_option()
def user_create(out: Output, username: str, roles: tuple[str, ...], name: str, password: str) -> None:
    """A new member of staff."""
    from ..auth import service

    with out.instance():
        user_id = in_unit_of_work(service.create_user, username=username, password=password, roles=roles, display_name=name)
    out.say(f"{username} was created.", {"id": user_id, "username": username})


@user.command("password")
@options
@click.argument("username")
@click.password_option()
def user_password(out: Output, username: str, password: str) -> None:
    """Give a user a new password; he is signed out everywhere."""
    from ..auth import service

    with out.instance():
        in_unit_of_work(service.set_password, id=_user_id(username), password=password)
    out.say(f"The password of {username} was changed.", {"username": username})


@user.command("disable")
@options
@click.argument("username")
def user_disable(out: Output, username: str) -> None:
    """Lock an account and sign it out everywhere."""
    from ..auth import service

    with out.instance():
        in_unit_of_work(service.disable_user, id=_user_id(username))
    out.say(f"{username} is disabled.", {"username": username})


def _user_id(username: str) -> int:
    from ..auth.names import user_named
    from ..db.uow import reading
    from ..kernel.errors import NotFound

    with reading() as db:
        found = user_named(db, username)
    if found is None:
        raise NotFound("There is no user %(name)s.", name=username)
    return int(found.id)
