"""How a segment's model can be made: the strategies behind one interface, cheapest first."""

from __future__ import annotations

from typing import Protocol

from training.heads import Head
from training.own_spine import Hard, Reweighted
from training.task import Challenger, SegmentTask

__all__ = ["STRATEGIES", "Challenger", "SegmentTask", "Strategy", "strategy"]


class Strategy(Protocol):
    """A way to make a segment's model."""

    @property
    def name(self) -> str:
        """Short name, as the command line takes it."""
        ...

    def challenge(self, task: SegmentTask) -> Challenger:
        """Make the model and judge its recipe on the gate windows, which no tuning has seen."""
        ...


STRATEGIES: dict[str, Strategy] = {strategy.name: strategy for strategy in (Head(), Reweighted(), Hard())}


def strategy(name: str) -> Strategy:
    """The strategy called ``name``.

    Raises:
        ValueError: there is none; the known ones are named.
    """
    try:
        return STRATEGIES[name]
    except KeyError:
        raise ValueError(f"unknown strategy '{name}': expected one of {', '.join(STRATEGIES)}") from None
