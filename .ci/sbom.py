"""Write deploy/sbom.json, a CycloneDX 1.6 bill of materials, from the hash lock: what is installed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
LOCK, SBOM = ROOT / "requirements.lock", ROOT / "deploy" / "sbom.json"
PACKAGE = re.compile(r"^([A-Za-z0-9_.-]+)==([^ ;\\]+)")
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def packages(lock: str) -> dict[str, tuple[str, list[str]]]:
    """Read a lock: version and hashes of each package."""
    found: dict[str, tuple[str, list[str]]] = {}
    name = ""
    for line in lock.splitlines():
        if match := PACKAGE.match(line):
            name = match[1].lower()
            found[name] = (match[2], [])
        if name:
            found[name][1].extend(HASH.findall(line))
    return found


def bill(lock: str) -> dict[str, Any]:
    """Make the bill. A package's files are many (one a platform); each one's hash is a property."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "diwakhan"}},
        "components": [
            {
                "type": "library",
                "name": name,
                "version": version,
                "purl": f"pkg:pypi/{name}@{version}",
                "bom-ref": f"pkg:pypi/{name}@{version}",
                "properties": [{"name": "diwakhan:file:sha256", "value": one} for one in sorted(hashes)],
            }
            for name, (version, hashes) in sorted(packages(lock).items())
        ],
    }


if __name__ == "__main__":
    SBOM.write_text(json.dumps(bill(LOCK.read_text()), indent=1) + "\n")
