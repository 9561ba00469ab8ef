"""The settings of single segments, read from one YAML file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

from tessera.errors import SettingsError

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

    from tessera.settings import Settings
    from training.policies import SegmentPolicies


def load_policies(settings: Settings) -> SegmentPolicies:
    """Every segment's policy: the file's ``default`` over the installation's settings, its ``segments`` over that.

    Raises:
        SettingsError: names every wrong field with what was found.
    """
    from training.policies import SegmentPolicies, SegmentPolicy

    usual = SegmentPolicy.of(settings.training, settings.promotion)
    if settings.segments_file is None:
        return SegmentPolicies(usual)
    read = read_segments_file(settings.segments_file)
    default = read.default.model_dump(exclude_unset=True)
    changes = tuple((pattern, change.model_dump(exclude_unset=True)) for pattern, change in read.segments.items())
    try:
        return SegmentPolicies(SegmentPolicies(usual, (("default", default),)).of("default"), changes)
    except ValueError as error:
        raise SettingsError(f"{settings.segments_file}: {error}") from error


def read_segments_file(file: Path) -> Any:
    """The file as pydantic read it: ``default`` and ``segments`` (policies), ``alerts`` (routes).

    Raises:
        SettingsError: names every wrong field with what was found.
    """
    import yaml
    from pydantic import ValidationError

    try:
        written = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} is no YAML: {error}") from error
    try:
        return _file_model().model_validate(written)
    except ValidationError as error:
        raise SettingsError(_explained(file, error)) from error


def _file_model() -> type[BaseModel]:
    """The file as pydantic checks it: every field of a policy may be given, none has to be."""
    from pydantic import ConfigDict, create_model

    from monitoring.letter import Severity
    from tessera.address import Address
    from training.policies import SegmentPolicy

    strict = ConfigDict(extra="forbid", frozen=True)
    every: Any = {name: (kind, None) for name, kind in get_type_hints(SegmentPolicy).items()}
    change: Any = create_model("Change", __config__=strict, **every)
    route: Any = create_model(
        "Route", __config__=strict, to=(tuple[Address, ...], ()), severity=(Severity | None, None)
    )
    sections: Any = {
        "default": (change, change()),
        "segments": (dict[str, change], {}),
        "alerts": (dict[str, route], {}),
    }
    return create_model("SegmentsFile", __config__=strict, **sections)


def _explained(file: Path, error: ValidationError) -> str:
    from training.policies import SegmentPolicy

    policy = ", ".join(get_type_hints(SegmentPolicy))
    lines = [f"{file} is wrong:"]
    for problem in error.errors():
        place = ".".join(map(str, problem["loc"])) or "the file"
        unknown = problem["type"] == "extra_forbidden"
        inside = len(problem["loc"]) > 1
        known = ("to, severity" if problem["loc"][0] == "alerts" else policy) if inside else "default, segments, alerts"
        expected = f"there is no such setting; known are {known}"
        said = expected if unknown else problem["msg"]
        lines.append(f"  {place}: {said}; found {problem['input']!r}")
    return "\n".join(lines)
