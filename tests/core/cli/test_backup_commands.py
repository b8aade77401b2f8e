"""``zhanggui backup``: the commands as they are typed."""

from __future__ import annotations

import json

from zhanggui.backup import places
from zhanggui.db.uow import reading
from zhanggui.host.models import PluginState


def test_it_is_made_listed_checked_rehearsed_and_pruned(zhanggui, instance):
    assert zhanggui("backup", "list").output == "There is no backup yet.\n"
    made = zhanggui("backup", "create")
    assert made.exit_code == 0
    assert "tables with" in made.output
    [listed] = json.loads(zhanggui("backup", "list", "--json").stdout)
    assert (listed["kind"], listed["rows"] > 100, len(listed["sha256"])) == ("manual", True, 64)
    verified = json.loads(zhanggui("backup", "verify", listed["name"], "--json").stdout)
    assert (verified["rows"], verified["tables"]) == (listed["rows"], listed["tables"])
    drilled = json.loads(zhanggui("backup", "drill", "--json").stdout)
    assert (drilled["passed"], drilled["rows"]) == (True, listed["rows"])
    assert json.loads(zhanggui("backup", "prune", "--daily", "1", "--dry-run", "--json").stdout) == {"would_remove": []}


def test_a_damaged_one_is_refused_in_a_sentence(zhanggui, instance):
    zhanggui("backup", "create")
    [made] = places.backups(places.folder_of(instance))
    made.path.write_bytes(made.path.read_bytes()[:-100])
    for command in (["verify"], ["restore", "--force"]):
        said = zhanggui("backup", *command)
        assert said.exit_code == 1
        assert "is damaged or no backup" in said.stderr
        assert "Traceback" not in said.stderr
    drilled = zhanggui("backup", "drill")
    assert drilled.exit_code == 1
    assert "FAILED" in drilled.output


def test_it_comes_back_with_force_and_tells_before_what_would_change(zhanggui, instance):
    zhanggui("backup", "create")
    zhanggui("plugin", "disable", "webhooks")
    assert "1 of" not in zhanggui("backup", "restore", "--preview", "--table", "core__plugin").output
    changes = json.loads(zhanggui("backup", "restore", "--preview", "--json").stdout)
    changed = {change["table"] for change in changes if change["added"] or change["removed"] or change["changed"]}
    assert "core__plugin" in changed
    restored = zhanggui("backup", "restore", "--force")
    assert restored.exit_code == 0, restored.stderr
    with reading() as db:
        assert db.get(PluginState, "webhooks").enabled


def test_its_key_is_printed_to_be_kept_apart(zhanggui):
    assert zhanggui("backup", "key").output.startswith("-----BEGIN OPENSSH PRIVATE KEY-----")


def test_a_name_that_is_none_is_told(zhanggui):
    said = zhanggui("backup", "verify", "20990101T000000Z-manual.age")
    assert (said.exit_code, said.stderr.strip()) == (1, "There is no backup 20990101T000000Z-manual.age.")
