"""Scenarios as YAML files, read strictly and written back."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from types import NoneType
from typing import Any, TypeVar

import yaml

from interactions.simulation.drift import Drift
from interactions.simulation.refusals import ScenarioError
from interactions.simulation.scenario import PlantedSegment, Scenario

T = TypeVar("T")
_KINDS: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (int, float),
    "date": (date,),
    "str": (str,),
    "Shares": (Mapping,),
    "Mapping[str, float]": (Mapping,),
    "str | None": (str, NoneType),
    "float | None": (int, float, NoneType),
    "date | None": (date, NoneType),
}


def load_scenario(path: str | Path) -> Scenario:
    """Read a scenario from a YAML file whose keys are the fields of :class:`Scenario`.

    Raises:
        ScenarioError: an unknown or missing key, or a value that the scenario refuses.
        FileNotFoundError: no such file.
    """
    content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    if not isinstance(content, Mapping):
        raise ScenarioError(f"{path}: expected a mapping of the fields of a scenario; found {type(content).__name__}")
    return parse_scenario(content)


def parse_scenario(content: Mapping[str, Any]) -> Scenario:
    """Make a scenario from plain values, as a YAML file holds them."""
    values = dict(content)
    values["segments"] = tuple(_build(PlantedSegment, one) for one in values.get("segments") or ())
    values["drifts"] = tuple(_build(Drift, one) for one in values.get("drifts") or ())
    return _build(Scenario, values)


def plain(value: Any) -> Any:
    """A scenario, or a part of one, as plain values that YAML can hold; rare fields only where they are set."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        held = {f: getattr(value, f.name) for f in dataclasses.fields(value)}
        return {f.name: plain(one) for f, one in held.items() if one is not None or "rare" not in f.metadata}
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, tuple | list) else value


def _build(kind: type[T], values: Any) -> T:
    if not isinstance(values, Mapping):
        raise ScenarioError(f"expected the fields of a {kind.__name__}; found {values!r}")
    fields = {f.name: f for f in dataclasses.fields(kind)}  # type: ignore[arg-type]
    missing = dataclasses.MISSING
    needed = [n for n, f in fields.items() if f.default is missing and f.default_factory is missing]
    unknown, absent = sorted(set(values) - set(fields)), sorted(set(needed) - set(values))
    if unknown or absent:
        raise ScenarioError(f"{kind.__name__}: unknown fields {unknown}, missing {absent}; known: {list(fields)}")
    return kind(**{name: _typed(str(fields[name].type), name, value) for name, value in values.items()})


def _typed(declared: str, name: str, value: Any) -> Any:
    """Hold ``value`` against the field's declared type, so that a typing slip is named and not a crash later."""
    expected = _KINDS.get(declared)
    if expected is not None and (isinstance(value, bool) or not isinstance(value, expected)):
        raise ScenarioError(f"'{name}' must be of type {declared}; found {value!r}")
    return value
