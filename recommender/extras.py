"""Libraries that only some installations have."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def extra(module: str, name: str) -> Any:
    """Import a library that belongs to an extra of this distribution.

    Raises:
        ModuleNotFoundError: it is not installed; the message names the extra.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"expected the library {module!r}, found none: install the extra with `pip install 'tessera[{name}]'` "
            f"(`uv sync --extra {name}` in a checkout), or leave generators that need it out of the settings",
            name=module,
        ) from error
