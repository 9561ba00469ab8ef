"""A move of a champion that a person asked for, held against what that person saw."""

from __future__ import annotations

from typing import Any

from tessera.errors import TesseraError
from training.promotion import Promotion
from training.registry import Registry
from training.versions import model_name


def move(
    registry: Registry, segment: str, action: str, version: str, expected: str | None, reason: str = ""
) -> dict[str, Any]:
    """Promote ``version`` or roll back, if the champion of ``segment`` still is ``expected``; what serves now.

    Raises:
        TesseraError: an unknown segment, version or action, or the promotion's writer refused.
    """
    name = model_name(segment)
    known = [found.version for found in registry.versions(name)]
    if not known:
        raise TesseraError(f"no model was ever registered for segment '{segment}': name one that was trained")
    if action == "promote" and version not in known:
        raise TesseraError(f"{name} has no version '{version}': there are {', '.join(known)}")
    done = _moved(registry, name, action, version, expected, reason)
    if not done.done:
        raise TesseraError(f"{name} was not moved ({done.outcome.replace('_', ' ')}): {done.reason}")
    return {"segment_id": segment, "champion": done.champion, "outcome": done.outcome, "reason": done.reason}


def _moved(registry: Registry, name: str, action: str, version: str, expected: str | None, reason: str) -> Promotion:
    if action == "promote":
        return registry.promote(name, version, expected, reason)
    if action != "rollback":
        raise TesseraError(f"a champion is moved by 'promote' or 'rollback'; found '{action}'")
    champion = registry.champion(name)
    held = champion.version if champion else None
    if held != expected:
        raise TesseraError(
            f"{name} is not rolled back: expected the champion {expected or 'none'}, found {held or 'none'}: look again"
        )
    return registry.rollback(name, reason)
