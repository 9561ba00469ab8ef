"""How an impossible scenario is refused."""

from __future__ import annotations

from collections.abc import Mapping


class ScenarioError(ValueError):
    """A scenario asks for something impossible; the message names the field and what it expects."""


def refuse_words(where: str, name: str, shares: Mapping[str, float], known: tuple[str, ...]) -> None:
    """Refuse weights of unknown words, and negative weights."""
    unknown = [word for word in shares if word not in known]
    if unknown or any(weight < 0 for weight in shares.values()):
        raise ScenarioError(f"{where}: '{name}' takes weights >= 0 of {list(known)}; found {dict(shares)}")
