"""The shared body calibrated: beside the one ranker of everybody, the segment's own weights of the generators."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase

from training.heads import tune_head
from training.recipe import Recipe, Strategy
from training.shared_body import shared_spine
from training.stand import Stand
from training.task import SegmentTask
from training.variants import best_of, unchanged


class CalibratedBody(Strategy):
    """The shared body, whose order a segment corrects by weights of the generators' scores.

    A map of one score alone (Platt's, isotonic) changes no order, so what is calibrated is a sum: the ranker's
    standardised score and the generators'. Where everybody's ranker trusts a generator more or less than this segment's
    users should, a weight puts it right. Weights are searched as a head's are, without a prior, on the body's own
    candidates of the tuning windows; a segment takes the result only where it gains on the parent.
    """

    name = "calibrated"

    def settle(self, task: SegmentTask) -> Recipe:
        """See `Strategy`."""
        tuned = tune_head(_on_bodies(task), task.reading, task.members, with_prior=False)
        weights = dict(tuned.parameters.blend)
        told: dict[str, object] = {f"blend.{name}": weight for name, weight in weights.items()}
        first = unchanged(task, self.name, {"body": "parent"})
        body = Recipe(
            self.name,
            lambda stand: replace(shared_spine(task, stand), calibration=weights),
            {"body": "calibrated", **told},
        )
        return best_of(first, [body], task)


def _on_bodies(task: SegmentTask) -> SegmentTask:
    """The task whose tuning windows' parents are the bodies, and whose search knows the generators alone."""
    bodies = [replace(fold, spine=shared_spine(task, Stand.of(fold))) for fold in task.of_role("tune")]
    head, names = task.settings.head, task.settings.spine.names
    listed = tuple(name for name in names if any(fnmatchcase(name, entry) for entry in head.features))
    return replace(task, folds=bodies, settings=replace(task.settings, head=replace(head, features=listed)))
