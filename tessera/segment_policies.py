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
    default, changes = _read(settings.segments_file)
    try:
        return SegmentPolicies(SegmentPolicies(usual, (("default", default),)).of("default"), changes)
    except ValueError as error:
        raise SettingsError(f"{settings.segments_file}: {error}") from error


def _read(file: Path) -> tuple[dict[str, Any], tuple[tuple[str, dict[str, Any]], ...]]:
    import yaml
    from pydantic import ValidationError

    try:
        written = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} is no YAML: {error}") from error
    try:
        read: Any = _file_model().model_validate(written)
    except ValidationError as error:
        raise SettingsError(_explained(file, error)) from error
    changes = [(str(pattern), change.model_dump(exclude_unset=True)) for pattern, change in read.segments.items()]
    return read.default.model_dump(exclude_unset=True), tuple(changes)


def _file_model() -> type[BaseModel]:
    """The file as pydantic checks it: every field of a policy may be given, none has to be."""
    from pydantic import ConfigDict, create_model

    from training.policies import SegmentPolicy

    strict = ConfigDict(extra="forbid", frozen=True)
    every: Any = {name: (kind, None) for name, kind in get_type_hints(SegmentPolicy).items()}
    change: Any = create_model("Change", __config__=strict, **every)
    return create_model("SegmentsFile", __config__=strict, default=(change, change()), segments=(dict[str, change], {}))


def _explained(file: Path, error: ValidationError) -> str:
    from training.policies import SegmentPolicy

    known = ", ".join(get_type_hints(SegmentPolicy))
    lines = [f"{file} is wrong:"]
    for problem in error.errors():
        place = ".".join(map(str, problem["loc"])) or "the file"
        unknown = problem["type"] == "extra_forbidden"
        inside = len(problem["loc"]) > 1
        expected = "there is no such setting; known are " + (known if inside else "default, segments")
        said = expected if unknown else problem["msg"]
        lines.append(f"  {place}: {said}; found {problem['input']!r}")
    return "\n".join(lines)
