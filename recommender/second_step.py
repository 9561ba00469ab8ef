"""The second step: a ranker and a tuned blend as rivals, and who orders for users of whom nothing is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recommender.blend import tuned_weights
from recommender.label_slice import Floats, LabelSlice
from recommender.ranker import LambdaRanker, fit_booster
from recommender.sampling import joined
from recommender.schema import FeatureSchema
from recommender.settings import SpineSettings

_K: Final = 10
_FOLDS: Final = 10
_BLEND_USERS: Final = 600  # of all slices: the search looks at them some hundred times
_FEWEST_STRANGERS: Final = 30


@dataclass(frozen=True, eq=False)
class SecondStep:
    """What orders candidates.

    Args:
        ranker: None where the blend is better, or labels are too few.
        weights: of the blend, by generator name.
        stranger: the generator that orders for users without history; empty where the ranker or blend is better.
        facts: figures of all rivals; plain values.
    """

    ranker: LambdaRanker | None
    weights: dict[str, float]
    stranger: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


def fit_second_step(
    slices: Sequence[LabelSlice], schema: FeatureSchema, settings: SpineSettings, progress: Callable[[str], None]
) -> SecondStep:
    """Train the ranker, tune the blend, and let the better one order (or the one that the settings name).

    Every seed leaves another tenth of the users out; on those, all rivals are compared: the seed's booster, the blend
    tuned on users whom no seed left out, and each generator alone. All boosters serve together.

    Args:
        slices: oldest first; may be empty.
        schema: names the columns.
        settings: of the spine.
        progress: told of every seed.
    """
    labelled = sum(part.labelled for part in slices)
    if labelled < settings.ranker.minimum_users:
        reason = f"{labelled} labelled users, {settings.ranker.minimum_users} needed: the fixed blend orders"
        return SecondStep(None, settings.weights, facts=_no_ranker(labelled, reason))
    judged = np.concatenate([_folds(part) < len(settings.ranker.seeds) for part in slices])
    known = np.concatenate([part.known for part in slices])[judged]
    weights = tuned_weights([part.block(rows) for part, rows in _tuning_users(slices, settings)], settings.weights, _K)
    ranker, curves, by_ranker = _boosted(slices, schema, settings, progress)
    rivals = {"ranker": by_ranker, "blend": _ndcg(slices, lambda part: part.candidates.blended(weights))[judged]}
    alone = {
        name: _ndcg(slices, lambda part, name=name: part.candidates.scores[name])[judged]  # type: ignore[misc]
        for name in settings.names
    }
    better = "ranker" if rivals["ranker"].mean() >= rivals["blend"].mean() else "blend"
    order = better if settings.order == "best" else settings.order
    stranger = _for_strangers(rivals[order][~known], {name: values[~known] for name, values in alone.items()})
    facts = {
        "ranker": "lambdarank" if order == "ranker" else "blend",
        "labelled_users": labelled,
        "targets": int(sum(part.relevant.sum() for part in slices)),
        "slices": len(slices),
        "ranker_seeds": len(ranker.texts),
        "learning_curve": curves,
        "importance": _importance(ranker, schema),
        "order": order,
        "strangers": stranger or order,
        "rivals": _figures(rivals | alone, known),
        "best_single": max(alone, key=lambda name: float(alone[name].mean())),
        "blend": {name: round(weight, 4) for name, weight in weights.items()},
    }
    return SecondStep(ranker if order == "ranker" else None, weights, stranger, facts)


def _no_ranker(labelled: int, reason: str) -> dict[str, Any]:
    return {"ranker": "blend", "ranker_reason": reason, "labelled_users": labelled, "order": "blend"}


def _folds(part: LabelSlice) -> NDArray[np.int64]:
    return np.arange(len(part.truth.users)) % _FOLDS


def _tuning_users(slices: Sequence[LabelSlice], settings: SpineSettings) -> list[tuple[LabelSlice, NDArray[np.bool_]]]:
    """Users whom no seed left out, the newest slice first, at most ``_BLEND_USERS``."""
    chosen, left = [], _BLEND_USERS
    for part in reversed(slices):
        free = np.flatnonzero(_folds(part) >= len(settings.ranker.seeds))[:left]
        rows = np.zeros(len(part.truth.users), dtype=np.bool_)
        rows[free] = True
        left -= len(free)
        if len(free):
            chosen.append((part, rows))
    return chosen


def _boosted(
    slices: Sequence[LabelSlice], schema: FeatureSchema, settings: SpineSettings, progress: Callable[[str], None]
) -> tuple[LambdaRanker, list[list[float]], Floats]:
    """The ranker, its learning curves, and NDCG of the users whom each seed left out, in the slices' order."""
    texts, curves = [], []
    directions = _directions(schema, settings)
    values = [np.full(len(part.truth.users), np.nan) for part in slices]
    for fold, seed in enumerate(settings.ranker.seeds):
        progress(f"ranker, seed {seed}: {sum(part.labelled for part in slices)} labelled users")
        samples = [part.sample(_folds(part) != fold, settings.ranker.negatives, seed) for part in slices]
        sample = joined(samples, len(schema.names))
        text, curve = fit_booster(
            sample, schema.categorical, settings.ranker, seed, settings.threads, directions=directions
        )
        texts.append(text)
        curves.append(curve)
        for part, found in zip(slices, values, strict=True):
            left_out = _folds(part) == fold
            found[left_out] = _left_out(part, LambdaRanker((text,), settings.threads), left_out)
    every = np.concatenate(values)
    return LambdaRanker(tuple(texts), settings.threads), curves, every[np.isfinite(every)]


def _directions(schema: FeatureSchema, settings: SpineSettings) -> tuple[int, ...]:
    if not settings.ranker.monotone:
        return ()
    rising = {f"{kind}_{name}" for kind in ("score", "share") for name in settings.personal}
    falling = {f"rank_{name}" for name in settings.personal}
    return tuple((name in rising) - (name in falling) for name in schema.names)


def _left_out(part: LabelSlice, ranker: LambdaRanker, users: NDArray[np.bool_]) -> Floats:
    rows = users[part.candidates.user_code]
    ranking = np.zeros(len(rows), dtype=np.float32)
    ranking[rows] = ranker.score(part.matrix[rows])
    return part.ndcg(ranking, _K)[users]


def _ndcg(slices: Sequence[LabelSlice], ranking: Callable[[LabelSlice], NDArray[np.float32]]) -> Floats:
    return np.concatenate([part.ndcg(ranking(part), _K) for part in slices])


def _for_strangers(serving: Floats, alone: Mapping[str, Floats]) -> str:
    """The generator that beats what serves on users without history; empty where none does or they are too few."""
    if len(serving) < _FEWEST_STRANGERS:
        return ""
    best = max(alone, key=lambda name: float(alone[name].mean()))
    return best if alone[best].mean() > serving.mean() else ""


def _figures(rivals: Mapping[str, Floats], known: NDArray[np.bool_]) -> dict[str, dict[str, float]]:
    """NDCG@10 of everybody, of users with and of users without history; empty groups are left out."""
    groups = {"all": np.ones(len(known), dtype=np.bool_), "known": known, "unknown": ~known}
    return {
        name: {group: round(float(values[rows].mean()), 5) for group, rows in groups.items() if rows.any()}
        for name, values in rivals.items()
    }


def _importance(ranker: LambdaRanker, schema: FeatureSchema) -> dict[str, float]:
    gains = sorted(zip(ranker.importance(), schema.names, strict=True), reverse=True)
    return {name: round(float(gain), 4) for gain, name in gains[:20]}
