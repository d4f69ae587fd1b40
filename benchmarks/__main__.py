"""`python -m benchmarks`: Diwakhan and its peers side by side, several rounds in turn, medians and spread."""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks.installed import CACHE, Peers
from benchmarks.lineup import ROUNDS, Lineup
from benchmarks.results import table, write
from benchmarks.works import SMOKE, Bench, Sizes

LATEST = Path(__file__).parent / "latest.json"


async def measure(bench: Bench, lineup: Lineup, works: Sequence[str], rounds: int = 0) -> bool:
    """Do every work once a round, all bots in turn; return whether every step could be done."""
    await bench.api.start()
    whole = True
    most = {work: rounds or ROUNDS[work] for work in works}
    for number in range(1, max(most.values()) + 1):
        for work in (work for work in works if number <= most[work]):
            start = time.perf_counter()
            for step in await lineup.steps(work, number, works):
                try:
                    await step()
                except Exception as error:
                    whole = False
                    bench.results.note(
                        f"{work}, round {number}: failed: {type(error).__name__}: {str(error)[:2000]}"
                    )
            seconds, load = time.perf_counter() - start, os.getloadavg()[0]
            print(
                f"Round {number} of {most[work]}: {work} in {seconds:.0f} s, load average {load:.1f}",
                flush=True,
            )
    await bench.api.stop()
    return whole


def main() -> int:
    """Read the options, measure, print the table and write the JSON."""
    options = _options()
    peers = Peers(wanted=not (options.smoke or options.alone))
    sizes = SMOKE if options.smoke else Sizes()
    rounds = options.rounds or (1 if options.smoke else 0)
    print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}", flush=True)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, ExitStack() as stack:
        bench = Bench(sizes, Path(folder))
        whole = asyncio.run(measure(bench, Lineup(bench, peers, stack), options.only, rounds))
    rows = bench.results.rows()
    print(table(rows))
    print(
        f"\nMedians, then least to greatest of all rounds. Load average {os.getloadavg()[0]:.1f} at the end."
    )
    for note in [*bench.results.notes, *(f"{name}: {why}" for name, why in peers.missing.items())]:
        print(note)
    write(rows, options.output or (CACHE / "smoke.json" if options.smoke else LATEST))
    return 0 if whole else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("benchmarks", description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="small, quick, without peers: show that it runs")
    parser.add_argument("--alone", action="store_true", help="without peers")
    parser.add_argument(
        "--only", type=_works, default=tuple(ROUNDS), help=f"works by commas, of {', '.join(ROUNDS)}"
    )
    parser.add_argument("--rounds", type=int, default=0, help="how often each work is done (2 or 3)")
    parser.add_argument("--output", type=Path, help="where the JSON goes (benchmarks/latest.json)")
    return parser.parse_args()


def _works(text: str) -> tuple[str, ...]:
    works = tuple(text.split(","))
    if unknown := set(works) - set(ROUNDS):
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))}")
    return works


if __name__ == "__main__":
    raise SystemExit(main())
