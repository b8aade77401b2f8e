"""``zhanggui pii``: what is known of one person, written out or erased."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import click

from .frame import Output, in_unit_of_work, options

_PERSON = re.compile(r"([a-z][a-z0-9_]*\.[A-Za-z]\w*):([0-9]{1,18})\Z")


@click.group()
def pii() -> None:
    """Personal data of one person, over all plugins."""


@pii.command("export")
@options
@click.argument("who")
@click.argument("file", type=click.Path(dir_okay=False))
def pii_export(out: Output, who: str, file: str) -> None:
    """Write all that is known of WHO (a whole phone number or name, or as in customers.Customer:7) to FILE, as JSON."""
    from ..people import export_person

    with out.instance():
        told = in_unit_of_work(export_person, person=_person(who))
    # Before a byte is in it: what stands there is for nobody else on this machine.
    with os.fdopen(os.open(Path(file), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as target:
        json.dump(told, target, ensure_ascii=False, indent=1)
    out.say(f"What is known of {told['person']} was written to {file}.", {"person": told["person"], "file": file})


@pii.command("erase")
@options
@click.argument("who")
@click.option("--yes", is_flag=True, help="Do not ask.")
def pii_erase(out: Output, who: str, yes: bool) -> None:
    """Erase all that is known of WHO, for good; orders and figures stay, without the person."""
    from ..people import erase_person

    with out.instance():
        person = _person(who)
        name = f"{person[0]}:{person[1]}"
        if not yes:
            click.confirm(f"Erase {name} for good?", abort=True)
        in_unit_of_work(erase_person, person=person)
    out.say(f"{name} was erased.", {"person": name})


def _person(who: str) -> tuple[str, Any]:
    from ..db.uow import reading
    from ..i18n.texts import lazy_gettext as _l
    from ..kernel.actors import current_actor
    from ..kernel.errors import DomainError, NotFound
    from ..people import find_person

    named = _PERSON.match(who)
    if named:
        return named[1], int(named[2])
    with reading() as db:
        found = find_person(db, who, actor=current_actor())
    if not found:
        raise NotFound(_l("Nobody is known by this."))
    if len(found) > 1:
        people = ", ".join(f"{kind}:{number}" for kind, number in found)
        raise DomainError(_l("Several people are known by this; name one of them: %(people)s"), people=people)
    return found[0]
