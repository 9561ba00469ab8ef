"""The strategies that retrain the parent's ranker on a segment's users: on top of it, or averaged with it."""

from __future__ import annotations

from dataclasses import replace

from recommender.ranker import Labelled, LambdaRanker, fit_booster
from recommender.sampling import joined, labelled_sample
from recommender.settings import RankerSettings
from recommender.spine import Spine
from training.recipe import Model, Recipe, Strategy
from training.stand import Stand
from training.task import SegmentTask
from training.variants import best_of, unchanged

# the newer one judges what was learnt on the older
LEAST_WINDOWS = 2


class Ranker(Strategy):
    """The parent's candidates, ordered by its ranker corrected with trees of the segment's own.

    Learns from windows that had ended when the model is made, on the parents of those windows, so nothing is refitted
    and nothing leaks. Two kinds are tried: a few more trees on top of every seed of the parent's ranker (*continued*),
    and as many rankers of the segment's own averaged with the parent's (*averaged*). A parent without a ranker, or a
    segment without enough labelled users, keeps the parent's order. Tuning needs two tuning windows: with one there
    is nothing before it to learn from, and the parameter ``skipped`` says so.
    """

    name = "ranker"

    def settle(self, task: SegmentTask) -> Recipe:
        """See `Strategy`."""
        first = unchanged(task, self.name, {"ranker": "parent"})
        missing = _missing(task)
        if missing:
            return replace(first, parameters={**first.parameters, "skipped": missing})
        continued = [self._variant(task, "continued", trees) for trees in task.settings.continued_trees]
        averaged = self._variant(task, "averaged", task.settings.spine.ranker.trees)
        return best_of(first, [*continued, averaged], task)

    def _variant(self, task: SegmentTask, kind: str, trees: int) -> Recipe:
        def model(stand: Stand) -> Model:
            return corrected_spine(task, stand, trees, continued=kind == "continued")

        return Recipe(self.name, model, {"ranker": kind, "trees": trees})


def _missing(task: SegmentTask) -> str | None:
    """Why nothing can be tuned, if so."""
    windows = len(task.of_role("tune"))
    if windows < LEAST_WINDOWS:
        return f"the ranker needs {LEAST_WINDOWS} tuning windows; found {windows}: a longer history gives more"
    return None


def corrected_spine(task: SegmentTask, stand: Stand, trees: int, continued: bool) -> Model:
    """The stand's parent with its ranker corrected by ``trees`` trees per seed; the parent where none can be grown."""
    parent = stand.parent
    settings = replace(parent.settings.ranker, trees=max(trees, 1))
    samples = [_sample(task, stand, settings, seed) for seed in settings.seeds]
    if parent.ranker is None or trees == 0 or min(len(sample.groups) for sample in samples) < settings.minimum_users:
        return unchanged(task, "ranker", {}).model_at(stand)
    starts = parent.ranker.texts if continued else tuple("" for _ in settings.seeds)
    grown = tuple(
        _grown(parent, sample, settings, seed, start)
        for sample, seed, start in zip(samples, settings.seeds, starts, strict=False)
    )
    texts = grown if continued else (*parent.ranker.texts, *grown)
    return replace(parent, ranker=LambdaRanker(texts, parent.settings.threads), segment_id=task.segment_id)


def _grown(parent: Spine, sample: Labelled, settings: RankerSettings, seed: int, start: str) -> str:
    text, _ = fit_booster(sample, parent.schema.categorical, settings, seed, parent.settings.threads, start or None)
    return text


def _sample(task: SegmentTask, stand: Stand, settings: RankerSettings, seed: int) -> Labelled:
    """What the segment's users liked in the windows that had ended, on those windows' own parents."""
    parts = []
    for fold in task.folds:
        if fold.window.end > stand.cutoff or fold.spine.schema != stand.parent.schema:
            continue
        cohort = task.reading.cohort(fold, task.members(fold.cutoff))
        parts.append(labelled_sample(fold.spine, cohort.history, cohort.users, cohort.truth, settings.negatives, seed))
    return joined(parts, len(stand.parent.schema.names))
