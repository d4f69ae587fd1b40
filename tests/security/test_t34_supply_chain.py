"""T34. What is installed is what was locked, hash by hash, and the bill of materials says the same."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def sbom() -> ModuleType:
    spec = importlib.util.spec_from_file_location("sbom", ROOT / ".ci" / "sbom.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_t34_every_package_of_the_locks_has_hashes_and_one_version(sbom: ModuleType) -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        found = sbom.packages(text)
        assert len(found) > 40
        assert all(hashes for _, hashes in found.values())
        assert not re.search(r"^(-e|--extra-index-url|--index-url|--trusted-host|git\+|https?:)", text, re.M)


def test_t34_the_bill_of_materials_is_the_locks(sbom: ModuleType) -> None:
    bill = json.loads((ROOT / "deploy" / "sbom.json").read_text())
    lock = sbom.packages((ROOT / "requirements.lock").read_text())
    assert {(one["name"], one["version"]) for one in bill["components"]} == {
        (name, version) for name, (version, _) in lock.items()
    }, "run python .ci/sbom.py"
    assert bill == sbom.bill((ROOT / "requirements.lock").read_text())


def test_t34_control_another_version_or_a_hash_taken_out_is_noticed(sbom: ModuleType) -> None:
    text = (ROOT / "requirements.lock").read_text()
    assert sbom.bill(text.replace("cryptography==", "cryptography==0.", 1)) != sbom.bill(text)
    assert sbom.bill(sbom.HASH.sub("", text, count=1)) != sbom.bill(text)


def test_t34_nothing_is_installed_without_hashes() -> None:
    for name in ("Makefile", "deploy/Dockerfile"):
        installs = [
            line
            for line in (ROOT / name).read_text().splitlines()
            if re.search(r"(pip|PIP\)) install.*-r", line)
        ]
        assert installs
        assert all("--require-hashes" in line for line in installs)


def test_t34_the_shipped_units_run_unprivileged_on_a_read_only_system() -> None:
    unit = (ROOT / "deploy" / "diwakhan.service").read_text()
    for line in (
        "DynamicUser=yes", "ProtectSystem=strict", "MemoryDenyWriteExecute=yes", "SystemCallFilter=@system-service",
        "CapabilityBoundingSet=", "LimitCORE=0", "NoNewPrivileges=yes", "LoadCredential=keys:",
    ):  # fmt: skip
        assert f"\n{line}" in unit
    compose = (ROOT / "deploy" / "compose.yaml").read_text()
    for words in ("read_only: true", 'cap_drop: ["ALL"]', "no-new-privileges:true", "core: 0"):
        assert words in compose
    assert "\nUSER diwakhan\n" in (ROOT / "deploy" / "Dockerfile").read_text()
