"""What follows from a verdict: the policy ``auto`` promotes, ``manual`` leaves the last word to a person."""

from __future__ import annotations

from typing import Literal

from training.promotion import Promotion
from training.registry import Registry
from training.versions import Registration

Policy = Literal["auto", "manual"]


def act(
    registry: Registry, registration: Registration, version: str, policy: Policy, expected: str | None
) -> Promotion | None:
    """Promote or propose ``version`` if its gate said *serves*; ``None`` where nothing was to be promoted.

    Args:
        registry: where it was registered.
        registration: with the decision.
        version: its number.
        policy: ``auto`` moves the alias ``champion``, ``manual`` only sets ``challenger``.
        expected: the champion when the gate decided.
    """
    if not registration.decision.serves:
        return None
    if policy == "auto":
        return registry.promote(registration.name, version, expected, registration.decision.reason)
    champion = registry.champion(registration.name)
    if champion is None or champion.as_of <= registration.as_of:
        registry.propose(registration.name, version)
    return None


def decision_row(registration: Registration, version: str, promoted: bool, detail: str = "") -> dict[str, object]:
    """The row of the table ``gate_decisions``; ``detail`` says why a proved version was not promoted."""
    facts = registration.decision.facts()
    for name in ("alpha", "comparisons"):
        del facts[name]
    return facts | {
        "as_of": registration.as_of,
        "segment_id": registration.segment_id,
        "strategy": registration.strategy,
        "placebo": registration.placebo,
        "control": registration.control,
        "model_version": version,
        "parent_version": registration.parent_version,
        "promoted": promoted,
        "detail": detail,
    }
