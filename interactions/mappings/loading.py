"""Read a mapping from YAML or TOML."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path
from typing import Any, Final

import yaml

from interactions.errors import MappingError
from interactions.mappings.mapping import Layout, Mapping, check_mapping

_FOLDER: Final = Path(__file__).parent
READY: Final[tuple[str, ...]] = tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))
_TUPLES: Final = ("files", "ignore", "names")


def load_mapping(name_or_path: str | Path) -> Mapping:
    """The ready mapping of that name, or the one in that YAML or TOML file.

    Raises:
        MappingError: no such mapping, or one that cannot be understood.
    """
    if str(name_or_path) in READY:
        return _load(_FOLDER / f"{name_or_path}.yaml")
    path = Path(name_or_path)
    if not path.is_file():
        raise MappingError(
            f"no mapping '{name_or_path}': expected one of {', '.join(READY)} or the path of a YAML or TOML file"
        )
    return _load(path)


def _load(path: Path) -> Mapping:
    try:
        text = path.read_text(encoding="utf-8")
        content = tomllib.loads(text) if path.suffix == ".toml" else yaml.safe_load(text)
    except (yaml.YAMLError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MappingError(f"mapping '{path.name}' is not valid YAML or TOML: {error}") from error
    return check_mapping(_mapping(path, content))


def _mapping(path: Path, content: Any) -> Mapping:
    values = _known(path, Mapping, content)
    for table in ("events", "users", "items"):
        values[table] = tuple(_layout(path, one) for one in values.get(table) or ())
    return Mapping(**{"name": path.stem, **values})


def _layout(path: Path, content: Any) -> Layout:
    values = _known(path, Layout, content)
    if not {"files", "columns"} <= set(values) or not isinstance(values["columns"], dict):
        raise MappingError(f"mapping '{path.name}': a layout needs 'files' and 'columns'; found {sorted(values)}")
    for key in _TUPLES:
        values[key] = _strings(path, key, values.get(key))
    values["optional"] = frozenset(_strings(path, "optional", values.get("optional")))
    values["columns"] = {str(target): str(expression) for target, expression in values["columns"].items()}
    return Layout(**values)


def _known(path: Path, kind: type, content: Any) -> dict[str, Any]:
    allowed = [one.name for one in dataclasses.fields(kind)]
    if not isinstance(content, dict) or not set(content) <= set(allowed):
        found = sorted(set(content) - set(allowed)) if isinstance(content, dict) else content
        raise MappingError(f"mapping '{path.name}': expected keys from {allowed}; found {found}")
    return dict(content)


def _strings(path: Path, key: str, value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return tuple(value)
    raise MappingError(f"mapping '{path.name}': '{key}' must be a list of strings; found {value!r}")
