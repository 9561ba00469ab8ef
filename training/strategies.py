"""How a segment's model can be made: the strategies behind one interface, cheapest first."""

from __future__ import annotations

from training.anchored import Anchored
from training.boosted import Ranker
from training.calibrated_body import CalibratedBody
from training.heads import Head
from training.ladder import Ladder
from training.own_spine import Hard, Reweighted
from training.recipe import Strategy
from training.shared_body import SharedBody
from training.task import Challenger, SegmentTask

__all__ = ["STRATEGIES", "Challenger", "SegmentTask", "Strategy", "strategy"]

_RUNGS = (Head(), Anchored(), Ranker(), SharedBody(), CalibratedBody(), Reweighted(), Hard())

STRATEGIES: dict[str, Strategy] = {strategy.name: strategy for strategy in (*_RUNGS, Ladder(_RUNGS))}


def strategy(name: str) -> Strategy:
    """The strategy called ``name``.

    Raises:
        ValueError: there is none; the known ones are named.
    """
    try:
        return STRATEGIES[name]
    except KeyError:
        raise ValueError(f"unknown strategy '{name}': expected one of {', '.join(STRATEGIES)}") from None
