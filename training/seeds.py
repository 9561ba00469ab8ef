"""How many seeds stand behind a comparison in which something random was trained."""

from __future__ import annotations

from recommender.ranker import LambdaRanker
from recommender.spine import Spine
from training.task import Challenger, SegmentTask


def seeds_compared(challenger: Challenger, task: SegmentTask) -> int | None:
    """The seeds averaged on the side that averages fewer, for :func:`training.gate.decide`.

    A spine of its own has a ranker of its own, and two seeds of the same ranker differ "significantly": the
    difference to the parent is then one of segments only when both sides average several. A head orders by the
    parent's own scores, a moved parent by the parent's own ranker: nothing random stands between the two.

    Returns:
        ``None`` where the challenger has no ranker of its own.
    """
    model, live = challenger.model, task.spine
    if not isinstance(model, Spine) or model.ranker is None or _same(model.ranker, live.ranker):
        return None
    rankers = [model.ranker, *(fold.spine.ranker for fold in task.of_role("gate"))]
    return min(len(ranker.texts) for ranker in rankers if ranker is not None)


def _same(one: LambdaRanker, other: LambdaRanker | None) -> bool:
    return other is not None and one.texts == other.texts
