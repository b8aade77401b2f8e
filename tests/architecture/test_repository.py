"""What must not be in the repository, and what must."""

from __future__ import annotations

import configparser
import gzip
import re
import subprocess
import tomllib
from pathlib import Path

import brotli
import pytest

ROOT = Path(__file__).parents[2]
LOCKS = [ROOT / "config" / "requirements.txt", ROOT / "config" / "requirements-dev.txt"]
PLUGINS = sorted(path.parent for path in ROOT.glob("plugins/*/plugin.toml"))


def tracked() -> list[Path]:
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_lock_files_pin_with_hashes_and_name_no_place(lock: Path):
    text = lock.read_text(encoding="utf-8")
    assert not re.search(r"https?://|file:|--index-url|--extra-index-url|--find-links|^-e |/home/|/root/|/tmp/", text, re.M)
    pins = re.split(r"\n(?=[a-z0-9])", text.strip())
    assert len(pins) > 50
    for pin in pins:
        assert re.match(r"[A-Za-z0-9._\[\],-]+==\S+", pin), pin.splitlines()[0]
        assert "--hash=sha256:" in pin, pin.splitlines()[0]


def test_the_frontend_lock_file_names_no_place():
    text = (ROOT / "themes/palm/frontend/package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in text
    assert not re.search(r"https?://registry|file:", text)


def test_every_requirement_is_in_the_lock_file():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    wanted = {re.split(r"[<>=!;\[ ]", line)[0].lower() for line in config["options"]["install_requires"].split("\n") if line}
    locked = {line.split("==")[0].split("[")[0].lower() for line in LOCKS[0].read_text(encoding="utf-8").split("\n") if "==" in line}
    assert wanted <= locked


def test_no_file_speaks_of_the_machine_it_was_written_on():
    word = re.compile(r"/home/\w|/root/|/tmp/w/|/work/(main|shared)|\.\./\.library|farm-")
    for path in tracked():
        if path.suffix in (".png", ".webp", ".mo", ".br", ".gz", ".wasm", ".xlsx", ".parquet") or path == Path(__file__) or "vendor" in path.parts:
            continue
        found = word.search(path.read_text(encoding="utf-8", errors="replace"))
        assert not found, f"{path.relative_to(ROOT)}: {found.group(0)}"


def test_what_plugins_send_to_browsers_lies_compressed_beside_its_source():
    """The compressed file is what is sent: one that is older than its source would be sent in its place. `make assets` writes them."""
    sources = [path for path in ROOT.glob("plugins/*/static/**/*") if path.suffix in (".js", ".css", ".svg")]
    assert len(sources) > 3
    for path in sources:
        for ending, unpack in ((".br", brotli.decompress), (".gz", gzip.decompress)):
            packed = Path(f"{path}{ending}")
            assert packed.is_file() and unpack(packed.read_bytes()) == path.read_bytes(), f"{packed.relative_to(ROOT)}: run make assets"


@pytest.mark.parametrize("folder", PLUGINS, ids=lambda path: path.name)
def test_every_plugin_has_a_manifest_in_both_languages_and_a_page_for_the_stranger(folder: Path):
    manifest = tomllib.loads((folder / "plugin.toml").read_text(encoding="utf-8"))
    assert folder.name == f"zhanggui_{manifest['id']}"
    for key in ("name", "summary"):
        assert manifest[key]["en"]
        assert manifest[key]["zh_CN"]
    assert (folder / "README.md").is_file()


def test_no_sql_is_put_together_from_texts_and_no_template_from_input():
    for path in [p for p in tracked() if p.suffix == ".py" and p.parts[len(ROOT.parts)] in ("core", "plugins")]:
        source = path.read_text(encoding="utf-8")
        assert "render_template_string" not in source, path
        assert not re.search(r"\bpickle\b|\bshell=True|yaml\.load\(|\beval\(|\bexec\(", source), path


def test_templates_have_no_inline_style_script_or_handler():
    for path in [p for p in tracked() if p.suffix == ".html" and "templates" in p.parts]:
        source = path.read_text(encoding="utf-8")
        assert not re.search(r"\sstyle=\"|\son[a-z]+=\"|(?<!['\"])\|\s*safe\b", source), path.relative_to(ROOT)
