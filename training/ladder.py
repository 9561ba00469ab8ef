"""All strategies, cheapest first, as far as the budget goes; the tuning windows pick, the gate judges the pick."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from training.recipe import Recipe, Strategy, measured
from training.task import SegmentTask
from training.variants import exceeds


@dataclass(frozen=True)
class Rung:
    """A strategy that was tried: its mean on the tuning windows, or why it was skipped, and whether it was taken."""

    strategy: str
    mean: float
    seconds: float
    taken: bool
    skipped: object = None

    @property
    def reached(self) -> object:
        """What people read about it."""
        return f"skipped: {self.skipped}" if self.skipped else round(self.mean, 6)


class Ladder(Strategy):
    """Settles one strategy after the other and takes a dearer one only for a gain that chance does not explain.

    A rung is begun while the seconds of the settings last; the first always is. What every rung reached, or why it was
    skipped, is kept in the parameters (``rung.<strategy>``).

    Args:
        rungs: cheapest first.
        clock: seconds.
    """

    name = "ladder"

    def __init__(self, rungs: Sequence[Strategy], clock: Callable[[], float] = time.monotonic) -> None:
        self._rungs, self._clock = tuple(rungs), clock

    def settle(self, task: SegmentTask) -> Recipe:
        """See `Strategy`."""
        began = self._clock()
        best, standing, climbed = self._climbed(self._rungs[0], task, None)
        tried = [climbed]
        for rung in self._rungs[1:]:
            if self._clock() - began >= task.settings.ladder_seconds:
                break
            recipe, values, climbed = self._climbed(rung, task, standing)
            tried.append(climbed)
            if climbed.taken:
                best, standing = recipe, values
        return _reported(best, tried)

    def _climbed(
        self, rung: Strategy, task: SegmentTask, standing: pd.DataFrame | None
    ) -> tuple[Recipe, pd.DataFrame, Rung]:
        began = self._clock()
        recipe = rung.settle(task)
        skipped = recipe.parameters.get("skipped")
        values = measured(recipe, task)
        taken = standing is None or (skipped is None and exceeds(values, standing, task.settings.head.evidence))
        mean = float(values["challenger"].mean()) if len(values) else float("nan")
        return recipe, values, Rung(rung.name, mean, self._clock() - began, taken, skipped)


def _reported(best: Recipe, tried: Sequence[Rung]) -> Recipe:
    reached: dict[str, object] = {f"rung.{rung.strategy}": rung.reached for rung in tried}
    return replace(best, parameters={**best.parameters, **reached, "rungs_tried": len(tried)})
