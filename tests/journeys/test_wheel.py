"""A wheel of this repository, in an environment that never saw it, starts the same demo."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.request
import venv
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.long


def start(home: Path, environ: dict[str, str], folder: Path) -> subprocess.Popen[str]:
    command = [home / "bin" / "zhanggui", "demo"]
    return subprocess.Popen(command, env=environ, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)


def until_ready(demo: subprocess.Popen[str], base: str) -> dict:
    for _ in range(240):
        assert demo.poll() is None, "the demo ended by itself"
        try:
            return json.load(urllib.request.urlopen(f"{base}/readyz", timeout=2))
        except OSError:
            time.sleep(0.5)
    raise AssertionError("the demo did not start within two minutes")


def test_it_starts_the_demo_from_the_wheel_alone(repository: Path, tmp_path: Path):
    source = tmp_path / "source"
    names = subprocess.run(["git", "ls-files", "-z"], cwd=repository, capture_output=True, check=True).stdout.decode().split("\0")
    for name in filter(None, names):
        if (repository / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(repository / name, source / name)
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(source)]
    subprocess.run(build, check=True, capture_output=True)
    wheel = next(tmp_path.glob("zhanggui-*.whl"))
    home = tmp_path / "fresh"
    venv.create(home, with_pip=True)
    python = home / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", "--no-deps", "--no-index", str(wheel)], check=True, capture_output=True)
    # The dependencies are those of the lock file, which are installed beside these tests already.
    site = next((home / "lib").glob("python*/site-packages"))
    (site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("ZHANGGUI_", "PYTHONPATH"))} | {"PORT": str(port)}
    code = "import zhanggui, zhanggui_orders, zhanggui_palm; print(zhanggui.__file__, zhanggui_orders.__file__, zhanggui_palm.__file__)"
    where = subprocess.run([python, "-c", code], env=clean, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert where.count(str(home)) == 3, where
    demo = start(home, clean, tmp_path)
    base = f"http://127.0.0.1:{port}"
    try:
        ready = until_ready(demo, base)
        assert ready["database"]["status"] == "ok"
        login = urllib.request.urlopen(f"{base}/login/").read().decode()
        assert "登录" in login
        items = json.load(urllib.request.urlopen(f"{base}/shop/api/v1/products?limit=100"))["items"]
        assert 50 <= len(items) <= 100
        sheet = login.split('rel="stylesheet" href="')[1].split('"')[0]
        assert urllib.request.urlopen(base + sheet).status == 200
        second = subprocess.run([home / "bin" / "zhanggui", "demo"], env=clean, cwd=tmp_path, capture_output=True, text=True)
        assert second.returncode == 1
        assert second.stderr.strip().splitlines()[-1].startswith(f"Port {port} is taken")
        family = psutil.Process(demo.pid).children(recursive=True)
        assert len(family) >= 5
    finally:
        demo.send_signal(signal.SIGINT)
        demo.wait(40)
    assert demo.returncode == 0
    _gone, left = psutil.wait_procs(family, 10)
    assert left == [], "Ctrl-C left processes behind"
    demo = start(home, clean, tmp_path)
    try:
        until_ready(demo, base)
        again = json.load(urllib.request.urlopen(f"{base}/shop/api/v1/products?limit=100"))["items"]
        assert [item["id"] for item in again] == [item["id"] for item in items], "the second start made other data"
    finally:
        demo.send_signal(signal.SIGINT)
        demo.wait(40)
