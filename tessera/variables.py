"""Environment variables as a source of settings: unknown names are kept, so that they are refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic_settings import EnvSettingsSource

# ours, and read elsewhere: where the settings file lies, the calendar of the DAGs, the data of tests
OTHERS = ("settings", "schedule_start", "schedule_end", "shared_data")


class Variables(EnvSettingsSource):
    """``TESSERA_…`` variables; a list or mapping inside a group is given as JSON.

    pydantic-settings looks only for the names it knows: a typo in a variable would silently leave the default.
    """

    def __call__(self) -> dict[str, Any]:
        """Every variable of ours by its setting's name, those that no setting has included."""
        prefix = self.env_prefix.lower()
        given = {name.lower().removeprefix(prefix): v for name, v in self.env_vars.items() if _ours(name, prefix)}
        known = {name.lower() for name in self.settings_cls.model_fields}
        strays = {n: v for n, v in given.items() if n.split("__")[0] not in known and n not in OTHERS}
        return {name: _decoded(value) for name, value in super().__call__().items()} | strays


def _ours(name: str, prefix: str) -> bool:
    return name.lower().startswith(prefix)


def _decoded(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _decoded(inner) for name, inner in value.items()}
    if isinstance(value, str) and value.startswith(("[", "{")):
        try:
            return json.loads(value)
        except ValueError:
            # the field itself says what it expected
            return value
    return value
