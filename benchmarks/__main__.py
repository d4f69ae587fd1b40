"""`python -m benchmarks`: Diwakhan and its peers side by side, several rounds in turn, medians and spread."""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from pathlib import Path

from benchmarks.bots import diwakhan
from benchmarks.results import table, write
from benchmarks.works import LIMITS, SMOKE, Bench, Sizes, broadcast, flood, limit, menu

HERE = Path(__file__).parent
WORKS = ("menu", "flood", "broadcast", "latency", "limit")


async def measure(bench: Bench, works: list[str], rounds: int) -> None:
    """Run the works, all of them once a round."""
    await bench.api.start()
    ours = diwakhan(await bench.community(bench.sizes.flood + 50))
    for number in range(rounds):
        for work in works:
            start = time.perf_counter()
            if work == "menu":
                await menu(bench, ours)
            elif work == "flood":
                await flood(bench, ours)
            elif work == "broadcast":
                await broadcast(bench, work, bench.sizes.broadcast, 0.0)
            elif work == "latency":
                await broadcast(bench, work, bench.sizes.delayed, 0.04)
            elif work == "limit":
                for kind in LIMITS[:1] if bench.sizes is SMOKE else LIMITS:
                    await limit(bench, kind)
            load = os.getloadavg()[0]
            print(
                f"round {number + 1}: {work} in {time.perf_counter() - start:.0f} s, load {load:.1f}",
                flush=True,
            )
    await bench.api.stop()


def main() -> None:
    parser = argparse.ArgumentParser("benchmarks", description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="small and quick: show that everything runs")
    parser.add_argument("--only", default=",".join(WORKS), help=f"works, by commas, of {', '.join(WORKS)}")
    parser.add_argument("--rounds", type=int, default=0, help="how often each work is done (3; smoke: 1)")
    parser.add_argument("--output", type=Path, help="where the JSON goes (benchmarks/latest.json)")
    options = parser.parse_args()
    works = [work for work in options.only.split(",") if work]
    if unknown := set(works) - set(WORKS):
        parser.error(f"unknown works: {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        bench = Bench(SMOKE if options.smoke else Sizes(), Path(folder))
        asyncio.run(measure(bench, works, options.rounds or (1 if options.smoke else 3)))
    rows = bench.results.rows()
    print(table(rows))
    for note in bench.results.notes:
        print(note)
    output = options.output or (
        HERE.parent / ".bench" / "smoke.json" if options.smoke else HERE / "latest.json"
    )
    write(rows, output)


if __name__ == "__main__":
    main()
