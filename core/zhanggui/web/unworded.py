"""For ``make check``: acts, events, jobs and rights of a plugin that have no words, so that people would be shown none or a code.

An act of the trail is named where it is recorded, in code that runs when somebody acts. It is found in the sources: each text
that is made like an act of the plugin's own (``orders.order.shipped``) in a file that records acts is one, unless it is an event of the same name.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from ..auth.rights import without_words
from ..host.host import Host
from ..i18n.texts import lazy_gettext as _l
from ..kernel.errors import WiringError

_LEFT_OUT = {"migrations", "tests", "translations"}
_RECORDS = {"record", "record_audit"}


def without_any(host: Host, plugin: str, folder: Path, package: str) -> Iterator[WiringError]:
    """What of this part of a host nobody has words for. ``package`` names its jobs: ``orders``, and ``zhanggui`` for the core."""
    part = host.parts[plugin]
    for event in part.events:
        if not event.words:
            yield WiringError(_l("the event “%(event)s” has no words; say words=_l(...) where the class is made", event=event.name), at=event)
    for job in host.jobs.values():
        if job.name.partition(".")[0] == package and not job.title:
            yield WiringError(_l("the job “%(job)s” has no words; say @job(_l(...))", job=job.name), at=job.function)
    for name, resource in without_words(host):
        if resource.partition(".")[0] == plugin:
            what = _l("the right “%(verb)s” on “%(resource)s” has no words; register_permissions can say them", verb=name, resource=resource)
            yield WiringError(what, at=(("", resource),))
    events = {event.name for event in part.events}
    actions = {words.action for words in part.audit_words}
    for act, start in sorted(acts_in(folder, plugin)):
        known = any(action.startswith(act) for action in actions) if start else act in actions | events
        if not known:
            yield WiringError(_l("the act “%(act)s” has no words; register_audit_words must name it", act=f"{act}..." if start else act), at=(("", act),))
    for action, names in sorted(values_in(folder, plugin)):
        words = host.acts.get(action)
        missing = [name for name in names if words is not None and not _told(host, words.action, name)]
        if missing:
            what = _l("the value “%(name)s” of the act “%(act)s” has no words; its AuditWords need a part of that name", name=missing[0], act=action)
            yield WiringError(what, at=(("", action),))


def _told(host: Host, action: str, name: str) -> bool:
    from .acts import part_of

    about = action.rpartition(".")[0]
    screens = [screen for resource, screen in host.screens.items() if resource.lower() == about or resource.partition(".")[0] == action.partition(".")[0]]
    return any(part_of(action, screen, name) is not None for screen in (*screens, None))


def _trees(folder: Path) -> Iterator[ast.AST]:
    for path in sorted(folder.rglob("*.py")):
        if not _LEFT_OUT & set(path.relative_to(folder).parts[:-1]):
            yield ast.parse(path.read_text(encoding="utf-8"))


def acts_in(folder: Path, plugin: str) -> set[tuple[str, bool]]:
    """Acts that the sources of a plugin name: ``(text, whether it is only the beginning of one)``."""
    whole, beginning = re.compile(rf"{plugin}\.[a-z_]+\.[a-z_]+\Z"), re.compile(rf"{plugin}\.[a-z_]+\.\Z")
    found: set[tuple[str, bool]] = set()
    for tree in _trees(folder):
        if not any(isinstance(node, ast.Call) and _called(node) in _RECORDS for node in ast.walk(tree)):
            continue  # the methods of a provider's protocol are named like that too
        declared = {id(node) for call in ast.walk(tree) if isinstance(call, ast.Call) and _called(call) in _OTHERS for node in ast.walk(call)}
        declared |= {id(node) for made in ast.walk(tree) if isinstance(made, ast.ClassDef) for keyword in made.keywords for node in ast.walk(keyword)}
        for node in ast.walk(tree):
            if id(node) in declared:
                continue
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and whole.match(node.value):
                found.add((node.value, False))
            elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant) and beginning.match(str(node.values[0].value)):
                found.add((str(node.values[0].value), True))
    return found


_OTHERS = {"notify", "AuditWords", "import_module", "getLogger"}  # what they are given is named in the same way, and is no act


def values_in(folder: Path, plugin: str) -> set[tuple[str, tuple[str, ...]]]:
    """The names of the values that acts are recorded with, where the sources write them out."""
    found = set()
    for tree in _trees(folder):
        for call in ast.walk(tree):
            if not (isinstance(call, ast.Call) and _called(call) in _RECORDS and len(call.args) > 1 and isinstance(call.args[1], ast.Constant)):
                continue
            sides = [keyword.value for keyword in call.keywords if keyword.arg in ("before", "after")]
            names = [str(key.value) for side in sides if isinstance(side, ast.Dict) for key in side.keys if isinstance(key, ast.Constant)]
            if str(call.args[1].value).startswith(f"{plugin}.") and names:
                found.add((str(call.args[1].value), tuple(dict.fromkeys(names))))
    return found


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id if isinstance(call.func, ast.Name) else ""
