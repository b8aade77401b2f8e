"""What it costs whoever orders that messages and webhooks hear of it: two shops beside each other, one without both plugins, in turns.

    python tests/bench/orders_told.py [--rounds 12] [--seconds 4] [--clients 1,4]

Each round orders in both shops for so long, and first in each in turn; what an order left behind is drained before the other shop's
turn. Prints the median over the rounds of the ratio of the medians, and keeps it in ``results/orders_told.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from orders_under_load import Shop, orders, variants_of

OFF = ("webhooks", "notifications")
RESULTS = Path(__file__).parent / "results"


def pairs(shops: dict[str, Shop], clients: int, rounds: int, seconds: float, variants: dict[str, list[str]]) -> dict[str, Any]:
    found: dict[str, list[float]] = {name: [] for name in shops}
    for number in range(rounds):
        for name in sorted(shops, reverse=bool(number % 2)):
            found[name].append(orders(shops[name], clients, seconds, variants[name])["p50_ms"])
    ratios = [told / quiet for told, quiet in zip(found["told"], found["quiet"], strict=True)]
    said = {"clients": clients, "rounds": rounds, "ratio": round(statistics.median(ratios), 3), "ratios": [round(one, 2) for one in ratios]}
    return said | {f"{name}_p50_ms": round(statistics.median(some), 1) for name, some in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--clients", default="1,4")
    given = parser.parse_args()
    tree, shops = Path(__file__).resolve().parents[2], dict[str, Shop]()
    with tempfile.TemporaryDirectory(prefix="zhanggui-bench-") as folder:
        try:
            for name in ("quiet", "told"):
                (Path(folder) / name).mkdir()
                shops[name] = Shop(tree, sys.executable, Path(folder) / name, {})
                shops[name].start()
            for plugin in OFF:
                shops["quiet"].call("plugin", "disable", plugin)
            variants = {name: variants_of(shop) for name, shop in shops.items()}
            for name, shop in shops.items():
                orders(shop, 1, 2, variants[name])  # what is only slow once
            found = [pairs(shops, int(clients), given.rounds, given.seconds, variants) for clients in given.clients.split(",")]
        finally:
            for shop in shops.values():
                shop.stop()
    said = {"cores": os.cpu_count(), "load_average": [round(one, 1) for one in os.getloadavg()], "pairs": found}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "orders_told.json").write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
    for one in found:
        print(f"{one['clients']} at once: {one['quiet_p50_ms']} ms without, {one['told_p50_ms']} ms with both, ratio {one['ratio']}")


if __name__ == "__main__":
    main()
