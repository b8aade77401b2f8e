"""What an instance has on disk is readable by its owner alone, whatever the shell's mask says."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from zhanggui.kernel import privacy
from zhanggui.testing.instances import environment


def start(config, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """A real command, under the mask that shells have."""
    roots = [str(Path(__file__).parents[3] / root) for root in ("core", "plugins", "themes")]
    environ = {**os.environ, **environment(config), "PYTHONPATH": os.pathsep.join(roots)}
    command = [sys.executable, "-m", "zhanggui.cli", *arguments]
    return subprocess.run(command, env=environ, umask=0o022, capture_output=True, check=False)


def modes(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): oct(stat.S_IMODE(p.lstat().st_mode)) for p in [folder, *folder.rglob("*")]}


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_command_makes_private_files_and_closes_what_was_open(databases, kind, tmp_path: Path):
    from zhanggui.testing.instances import configured

    data = tmp_path / "shop"
    (data / "files" / "ab").mkdir(parents=True)
    (data / "files" / "ab" / "old.webp").write_bytes(b"x")
    for path, mode in ((data, 0o755), (data / "files", 0o775), (data / "files" / "ab", 0o755), (data / "files" / "ab" / "old.webp", 0o644)):
        path.chmod(mode)
    (data / "link").symlink_to("/etc/hosts")
    config = configured(data, f"sqlite:///{data}/db.sqlite3")
    done = start(config, "upgrade")
    assert done.returncode == 0, done.stderr
    found = modes(data)
    assert {"db.sqlite3", "upgrade.lock", "files/ab/old.webp"} <= set(found)
    assert {mode for name, mode in found.items() if name != "link"} == {"0o700", "0o600"}, found
    assert list(privacy.exposed(data)) == []


def test_what_a_command_makes_later_is_private_too():
    asked = "import os; from zhanggui.cli import main\ntry: main(['plugin', '--help'])\nexcept SystemExit: pass\nprint(oct(os.umask(0)))"
    roots = os.pathsep.join(str(Path(__file__).parents[3] / root) for root in ("core", "plugins", "themes"))
    done = subprocess.run([sys.executable, "-c", asked], env={**os.environ, "PYTHONPATH": roots}, umask=0o022, capture_output=True, check=True)
    assert done.stdout.split()[-1] == b"0o77"


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_doctor_names_what_others_can_open(zhanggui, instance):
    instance.data.mkdir(exist_ok=True)
    privacy.close(*instance.on_disk)
    assert zhanggui("doctor").exit_code == 0
    log = instance.data / "logs"
    log.mkdir(mode=0o700)
    (log / "web.log").write_text("x")
    (log / "web.log").chmod(0o640)
    database = Path(instance.on_disk[1])
    database.chmod(0o644)
    result = zhanggui("doctor")
    assert result.exit_code == 1
    # What SQLite keeps beside the database has the mode of the database.
    may = {str(log / "web.log"), *(f"{database}{end}" for end in ("", "-wal", "-shm"))}
    named = {line.split(" can be")[0] for line in result.stdout.splitlines() if "by others" in line}
    for paths in (named, set(json.loads(zhanggui("doctor", "--json").stdout)["exposed"])):
        assert {str(database), str(log / "web.log")} <= paths <= may
    zhanggui("upgrade")
    assert zhanggui("doctor").exit_code == 0
