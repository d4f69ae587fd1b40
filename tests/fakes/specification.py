"""The providers' published specifications, kept as data beside the checkout, and what breaks them."""

from __future__ import annotations

import functools
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

_BOOLEANS = {"true", "false", "1", "0", "yes", "no"}
_SCALARS = {"String", "Integer", "Float", "Boolean", "InputFile"}


def specification_folder() -> Path | None:
    """The folder of specifications (`../shared/spec` seen from the checkout), or None where it is absent."""
    folder = Path(__file__).resolve().parents[2].parent / "shared" / "spec"
    return folder if folder.is_dir() else None


@functools.cache
def telegram_specification() -> TelegramSpecification | None:
    """The Bot API as data, or None where the folder or the file is absent."""
    folder = specification_folder()
    if folder is None or not (path := folder / "telegram-bot-api.json").is_file():
        return None
    return TelegramSpecification(json.loads(path.read_text(encoding="utf-8")))


class TelegramSpecification:
    """Names and types of every Bot API method and object, and a check of one call against them."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._methods = {name.lower(): method for name, method in document["methods"].items()}
        self._types: Mapping[str, Any] = document["types"]

    def method_name(self, method: str) -> str | None:
        """The method's published spelling, whatever case the caller used."""
        found = self._methods.get(method.lower())
        return found["name"] if found else None

    def violations(self, method: str, parameters: Mapping[str, Any], files: Collection[str]) -> list[str]:
        """Everything in one call that the specification does not allow, in plain words."""
        found = self._methods.get(method.lower())
        if found is None:
            return [f"{method}: no such method"]
        fields = {field["name"]: field for field in found.get("fields", [])}
        given = {*parameters, *files}
        # Parts named by an attach:// reference carry names of the caller's own choosing.
        attached = {name for name in files if f"attach://{name}" in json.dumps([*parameters.values()])}
        problems = [
            f"{method}: unknown parameter {name}" for name in sorted(given - fields.keys() - attached)
        ]
        for name, field in fields.items():
            if name in files and name not in attached:
                if "InputFile" not in field["types"]:
                    problems.append(f"{method}: {name} is not a file")
            elif name in parameters:
                problems += self._check(f"{method}: {name}", parameters[name], field["types"], wire=True)
            elif field["required"]:
                problems.append(f"{method}: {name} is missing")
        return problems

    def _check(self, where: str, value: Any, types: list[str], *, wire: bool = False) -> list[str]:
        """The shortest complaint among the alternatives, or nothing when one of them fits."""
        complaints = [self._check_one(where, value, kind, wire=wire) for kind in types]
        return min(complaints, key=len) if complaints else []

    def _check_one(self, where: str, value: Any, kind: str, *, wire: bool) -> list[str]:
        if kind in _SCALARS:
            fits = _wire_scalar(value, kind) if wire else _scalar(value, kind)
            return [] if fits else [f"{where} is not {kind}: {_short(value)}"]
        if wire and isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError:
                return [f"{where} is not JSON: {_short(value)}"]
        if kind.startswith("Array of "):
            return self._check_array(where, value, kind.removeprefix("Array of "))
        return self._check_object(where, value, kind)

    def _check_array(self, where: str, value: Any, kind: str) -> list[str]:
        if not isinstance(value, list):
            return [f"{where} is not an array"]
        return [
            problem
            for index, item in enumerate(value)
            for problem in self._check_one(f"{where}[{index}]", item, kind, wire=False)
        ]

    def _check_object(self, where: str, value: Any, kind: str) -> list[str]:
        description = self._types.get(kind)
        if description is None:
            return []
        if subtypes := description.get("subtypes"):
            return self._check(where, value, subtypes)
        if not isinstance(value, dict):
            return [f"{where} is not {kind}"]
        fields = {field["name"]: field for field in description.get("fields", [])}
        problems = [f"{where}: unknown field {name}" for name in sorted(value.keys() - fields.keys())]
        for name, field in fields.items():
            if name in value:
                problems += self._check(f"{where}.{name}", value[name], field["types"])
            elif field["required"]:
                problems.append(f"{where}.{name} is missing")
        return problems


def _scalar(value: Any, kind: str) -> bool:
    if kind == "Boolean":
        return isinstance(value, bool)
    if kind == "Integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "Float":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, str)


def _wire_scalar(value: Any, kind: str) -> bool:
    """The same for a top-level parameter, which forms carry as text."""
    if not isinstance(value, str) or kind in {"String", "InputFile"}:
        return _scalar(value, kind)
    if kind == "Boolean":
        return value.lower() in _BOOLEANS
    try:
        (int if kind == "Integer" else float)(value)
    except ValueError:
        return False
    return True


def _short(value: Any) -> str:
    return repr(value)[:80]
