"""The table of docs/explanation/speed.md from the stored runs: ``python tests/bench/medians.py [folder]``."""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path
from typing import Any

PAGES = {
    "orders_list": ("orders list (customer name, newest first)", (0.30, 0.12)), "orders_deep": ("page 10,000 of the list", (0.04, 0.04)),
    "orders_paid": ("list with status=paid", (0.25, 0.12)), "orders_search": ("search by number prefix", (0.05, 0.05)),
    "api_list": ("JSON list (peer: django-ninja)", (0.80, 0.20)), "product_edit": ("product edit form", (0.35, 0.50)),
    "product_save": ("product save", (0.90, 0.90)),
}  # fmt: skip
BASES = ("sqlite", "postgres")


def runs(folder: Path, name: str) -> list[Any]:
    """One measurement of every run."""
    return [json.loads(path.read_text()) for path in sorted(folder.glob(f"run*/{name}.json"))]


def ratio(found: list[Any], who: str, place: tuple[str, str, str]) -> float:
    """The median over the runs of the median over the rounds of ``who`` to Django admin."""
    first, page, rounds = place

    def one(run: Any) -> float:
        pairs = zip(run[who][first][page][rounds], run["django"][first][page][rounds], strict=True)
        return statistics.median(ours / peer for ours, peer in pairs)

    return statistics.median(map(one, found))


def main(folder: Path) -> None:
    """Print the tables."""
    web = {base: runs(folder, f"web-{base}") for base in BASES}
    print("| page, p50 as a ratio to Django admin in the same run | goal | SQLite | PostgreSQL | floor |\n|---|---|---|---|---|")
    for page, (label, goals) in PAGES.items():
        got = {who: [f"{ratio(web[base], who, ('latency_ms', page, 'round_p50')):.3f}" for base in BASES] for who in ("ours", "floor")}
        print(f"| {label} | {goals[0]:.2f} / {goals[1]:.2f} | {got['ours'][0]} | {got['ours'][1]} | {' / '.join(got['floor'])} |")
    print("\n| requests/s at concurrency 8, ratio to Django admin (above 1 is better) | goal | SQLite | PostgreSQL | floor |\n|---|---|---|---|---|")
    for page, label, goal in (("orders_list", "orders list", "4 / 10"), ("api_list", "JSON list", "")):
        got = {who: [f"{ratio(web[base], who, ('rps_c8', page, 'rounds')):.1f}" for base in BASES] for who in ("ours", "floor")}
        print(f"| {label} | {goal} | {got['ours'][0]} | {got['ours'][1]} | {' / '.join(got['floor'])} |")
    print("\n| CSV of 100,000 products (SQLite) | seconds | MiB above idle |\n|---|---|---|")
    exports = runs(folder, "export-sqlite")
    for who, label in (("django", "Django admin"), ("ours", "Zhanggui"), ("floor", "floor")):
        seconds, more = (statistics.median(v for run in exports for v in run[who][name]) for name in ("seconds", "extra_mib"))
        print(f"| {label} | {seconds:.2f} | {more:.0f} |")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "results")
