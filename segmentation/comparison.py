"""Ways to segment the same users, side by side: how stable, and how much they tell that the history does not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from interactions.features.registry import FEATURES
from segmentation.bands import Band, bands_of
from segmentation.fitting import fit_segmentation
from segmentation.settings import SegmentationSettings

if TYPE_CHECKING:
    import pandas as pd

_PEOPLE: Final = ("people", "place")
_MOST_LEVELS: Final = 12
_LEAST_SHARE: Final = 0.02

Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Information:
    """Log-likelihood of held-out events under segment popularity, in nats an event, with standard errors over users.

    Attributes:
        over_everybody: above everybody's popularity; history bands count.
        beyond_history: above the popularity of the user's own history band.
        error: standard error of ``beyond_history``.
        placebo: ``beyond_history`` of the same segments dealt at random inside each band.
        placebo_error: its standard error.
        events: held-out events judged.
    """

    over_everybody: float
    beyond_history: float
    error: float
    placebo: float
    placebo_error: float
    events: int


def candidates(frame: pd.DataFrame, settings: SegmentationSettings) -> dict[str, SegmentationSettings]:
    """What is compared unless a file says otherwise: bands alone, K-Means, Ward, and each known demographic.

    Args:
        frame: user features.
        settings: the configured segmentation; its sizes and seed are everybody's.
    """
    whole = replace(settings, k_range=(1, 1), rules=())
    found = {
        "history bands": whole,
        "bands x K-Means": replace(settings, method="kmeans", rules=()),
        "bands x Ward": replace(settings, method="ward", rules=()),
    }
    if settings.rules:
        found["rules"] = settings
    for feature in FEATURES:
        rules = level_rules(frame, feature.name) if feature.family in _PEOPLE and feature.entity == "user" else ()
        if len(rules) >= 2:
            found[feature.name] = replace(whole, rules=rules, extra_bands=())
    return found


def level_rules(frame: pd.DataFrame, feature: str) -> tuple[Band, ...]:
    """One rule a frequent level of a category; none where the frame lacks it."""
    if feature not in frame:
        return ()
    shares = frame[feature].dropna().astype(str).value_counts() / max(1, len(frame))
    levels = sorted(str(level) for level in shares.index[shares >= _LEAST_SHARE] if "'" not in str(level))
    return tuple(Band(f"{feature}={level}", level, f"{feature} == '{level}'") for level in levels[:_MOST_LEVELS])


def stability(
    frame: pd.DataFrame, settings: SegmentationSettings, as_of: date, bootstraps: int = 4, most: int = 5_000
) -> float:
    """Mean adjusted Rand index of segmentations fitted on bootstraps of users against that of all (Hennig 2007).

    Bands and rules are found again by definition: what moves is the clusters and which of them are merged. At most
    ``most`` users are drawn, and the least size of a segment shrinks with them.
    """
    from sklearn.metrics import adjusted_rand_score

    random = np.random.default_rng(settings.seed)
    some = frame.iloc[np.sort(random.permutation(len(frame))[:most])]
    scaled = replace(settings, minimum_size=max(1, round(settings.minimum_size * len(some) / max(1, len(frame)))))
    whole = fit_segmentation(some, scaled, as_of).assign(some)["segment_id"]
    scores = []
    for _ in range(bootstraps):
        drawn = some.iloc[random.integers(0, len(some), len(some))]
        again = fit_segmentation(drawn, scaled, as_of).assign(some)["segment_id"]
        scores.append(float(adjusted_rand_score(whole, again)))
    return float(np.mean(scores))


def information(
    frame: pd.DataFrame,
    segments: pd.Series[str],
    settings: SegmentationSettings,
    before: pd.DataFrame,
    after: pd.DataFrame,
    strength: float = 1_000.0,
) -> Information:
    """How much better a user's segment foretells what they take up than their history band does.

    The popularity of a cell (segment in a band) is drawn towards that of its band by ``strength`` pseudo-events, that
    of the band towards everybody's (Dirichlet smoothing). A segment that is only noise scores below 0: its counts are
    few, and the truth is held out.

    Args:
        frame: user features as of the cutoff.
        segments: the segment of every row of ``frame``.
        settings: whose history bands are conditioned on.
        before: events before the cutoff, ``user_id item_id``.
        after: held-out positive events after it, ``user_id item_id``.
        strength: pseudo-events.
    """
    import pandas as pd

    bands = bands_of(replace(settings, rules=(), extra_bands=()).bands, frame)
    labels = pd.factorize(segments.to_numpy())[0].astype(np.int64)
    people = pd.Index(frame["user_id"].to_numpy(dtype=object))
    items = pd.Index(before["item_id"].unique(), dtype=object)
    past, held = (_coded(events, people, items) for events in (before, after))
    random = np.random.default_rng(settings.seed)
    real = _gains(labels, bands, past, held, len(items), strength)
    dealt = _gains(_dealt(labels, bands, random), bands, past, held, len(items), strength)
    over, _ = _mean(real[0], held[0])
    return Information(over, *_mean(real[1], held[0]), *_mean(dealt[1], held[0]), len(held[0]))


def _coded(events: pd.DataFrame, people: pd.Index, items: pd.Index) -> tuple[Codes, Codes]:
    """User and item codes of the events of known users on known items."""
    import pandas as pd

    users = people.get_indexer(pd.Index(events["user_id"], dtype=object)).astype(np.int64)
    codes = items.get_indexer(pd.Index(events["item_id"], dtype=object)).astype(np.int64)
    known = (users >= 0) & (codes >= 0)
    return users[known], codes[known]


def _gains(
    labels: Codes, bands: Codes, past: tuple[Codes, Codes], held: tuple[Codes, Codes], items: int, strength: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Per held-out event: log-likelihood of its cell above everybody's, and above its band's."""
    cells = bands * (labels.max(initial=0) + 1) + labels
    whole = np.zeros_like(bands)
    everybody = _likelihood(whole, past, held, items, np.full(len(held[0]), 1 / max(items, 1)), float(items))
    of_band = _likelihood(bands, past, held, items, everybody, strength)
    of_cell = _likelihood(cells, past, held, items, of_band, strength)
    return np.log(of_cell / everybody), np.log(of_cell / of_band)


def _likelihood(
    groups: Codes,
    past: tuple[Codes, Codes],
    held: tuple[Codes, Codes],
    items: int,
    towards: NDArray[np.float64],
    strength: float,
) -> NDArray[np.float64]:
    """The smoothed share of each held-out event's item among the past events of its user's group."""
    keys, counts = np.unique(groups[past[0]] * items + past[1], return_counts=True)
    totals = np.bincount(groups[past[0]], minlength=int(groups.max(initial=0)) + 1)
    wanted = groups[held[0]] * items + held[1]
    place = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
    found = np.where(keys[place] == wanted, counts[place], 0) if len(keys) else np.zeros(len(wanted))
    return np.asarray((found + strength * towards) / (totals[groups[held[0]]] + strength), dtype=np.float64)


def _dealt(labels: Codes, bands: Codes, random: np.random.Generator) -> Codes:
    """The same segments dealt at random among the users of each band."""
    dealt = labels.copy()
    for band in np.unique(bands):
        inside = np.flatnonzero(bands == band)
        dealt[inside] = random.permutation(labels[inside])
    return dealt


def _mean(values: NDArray[np.float64], users: Codes) -> tuple[float, float]:
    """The mean over events and its standard error, events of one user counting as one draw."""
    if len(values) == 0:
        return float("nan"), float("nan")
    mean = float(values.mean())
    by_user = np.bincount(users, weights=values - mean)
    return mean, float(np.sqrt((by_user**2).sum()) / len(values))
