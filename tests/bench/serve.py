"""The web server over the benchmark's database: ``serve.py PORT WORKERS``."""

import sys

from instance import configure

from zhanggui.cli import main

configure()
main(["web", "--port", sys.argv[1], "--workers", sys.argv[2]])
