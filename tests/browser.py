"""Makes sure that there is a browser with Chinese fonts, or says in one sentence what to install."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NEEDED = ("chromium", "fonts-noto-cjk")


def find() -> str | None:
    """The browser that the tests drive."""
    for name in (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name) if name else None
        if found:
            return found
    return None


def has_fonts() -> bool:
    """Whether Chinese text has a font."""
    if shutil.which("fc-list") is None:
        return False
    return bool(subprocess.run(["fc-list", ":lang=zh-cn"], capture_output=True, text=True, check=False).stdout.strip())


def main() -> int:
    """Install what is missing where that is allowed; exit code 1 where it is not."""
    if find() and has_fonts():
        return 0
    apt = shutil.which("apt-get")
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"] if shutil.which("sudo") else None
    if apt and prefix is not None:
        print("Installing a browser and fonts for the tests ...", flush=True)
        quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
        subprocess.run([*prefix, apt, "update", "-qq"], check=False, **quiet)
        subprocess.run([*prefix, apt, "install", "-y", "-qq", *NEEDED], check=False, **quiet)
    if find() and has_fonts():
        return 0
    print(f"The tests need a browser and Chinese fonts: please install {' and '.join(NEEDED)}.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
