"""The benchmarks run, and say what they measured in the form that others read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.bot_api import Limit
from benchmarks.results import Results
from tests.process import ROOT


def test_a_small_run_measures_and_writes_rows(tmp_path: Path) -> None:
    output = tmp_path / "rows.json"
    command = [
        sys.executable,
        "-m",
        "benchmarks",
        "--smoke",
        "--only",
        "memory",
        "--output",
        str(output),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = json.loads(output.read_text())
    assert {row["work"] for row in rows} == {"flood", "memory"}
    assert all({"work", "name", "value", "unit", "ratio_to", "ratio"} <= row.keys() for row in rows)
    values = {(row["work"], row["unit"]): row["value"] for row in rows}
    assert values["flood", "taps/s"] > 0
    assert values["flood", "lost"] == 0
    assert "taps/s" in done.stdout


def test_a_ratio_is_the_median_of_the_rounds_ratios_and_of_the_same_variant_only() -> None:
    results = Results()
    for ours, theirs in ((10.0, 5.0), (30.0, 10.0), (80.0, 20.0)):
        results.add("menu", "Diwakhan", "taps/s", ours)
        results.add("menu", "other", "taps/s", theirs)
        results.add("menu", "other, slow", "taps/s", 1.0)
    results.add("limit", "Diwakhan", "messages/s", 29.4, to="limit", reference=30)
    found = {(row.work, row.name): row for row in results.rows()}
    mine = found["menu", "Diwakhan"]
    assert (mine.value, mine.low, mine.high, mine.rounds) == (30, 10, 80, 3)
    assert (mine.ratio_to, mine.ratio) == ("other", 3)
    assert found["menu", "other"].ratio is None
    assert (found["limit", "Diwakhan"].ratio_to, found["limit", "Diwakhan"].ratio) == ("limit", 0.98)


@pytest.mark.parametrize(("silence", "asked"), [(0.0, 1), (5.0, 5)])
def test_the_server_refuses_what_exceeds_its_rate_in_any_second(silence: float, asked: int) -> None:
    limit = Limit(per_second=2, silence=silence)
    assert [limit.refuses(10.0), limit.refuses(10.5), limit.refuses(10.9)] == [0, 0, asked]
    assert limit.refuses(11.1) == (4 + 1 if silence else 0)
    assert limit.refuses(16.0) == 0
