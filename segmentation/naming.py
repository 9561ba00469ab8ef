"""Names and profiles of segments: what distinguishes the users of one from the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from segmentation.encoding import Encoding
from segmentation.phrases import phrase, subject
from segmentation.segmentation import Trait

if TYPE_CHECKING:
    import pandas as pd

_NOTABLE: Final = 0.3
_PARTS: Final = 3


def profile(
    frame: pd.DataFrame, encoding: Encoding, members: NDArray[np.bool_], band: NDArray[np.bool_]
) -> tuple[Trait, ...]:
    """The traits of the rows in ``members``, most distinguishing first.

    Args:
        frame: features of all users.
        encoding: an encoding fitted on all of them: its standardised coordinates are the z-scores.
        members: the segment's rows.
        band: the rows of its whole band.
    """
    points = encoding.standardise(frame)
    spread = np.maximum(points.std(axis=0), 1e-12)
    centre = points[members].mean(axis=0)
    z, band_z = (centre - points.mean(axis=0)) / spread, (centre - points[band].mean(axis=0)) / spread
    traits = [
        Trait(name, level, *_means(frame, name, level, members), round(float(a), 4), round(float(b), 4))
        for (name, level), a, b in zip(encoding.columns, z, band_z, strict=True)
    ]
    return tuple(sorted(traits, key=lambda t: (-abs(t.z), t.feature, t.level or "")))


def name_segment(label: str, traits: Sequence[Trait], siblings: int, taken: set[str], segment_id: str) -> str:
    """A name nobody else has, such as ``Regular · evening mobile users, high spend``.

    Args:
        label: what the band is called.
        traits: the segment's profile.
        siblings: segments in the band; an only one is named by its band.
        taken: names given so far.
        segment_id: tells two segments apart that no trait does.
    """
    options = [f"{label} users"] if siblings == 1 else _readings(label, traits)
    return next((name for name in options if name not in taken), f"{label} users ({segment_id})")


def still_fits(name: str, label: str, traits: Sequence[Trait]) -> bool:
    """Whether a name given before is still true: the band and every trait it names hold (at half the threshold)."""
    band, _, words = name.partition(" · ")
    true_now = _words(_told(traits, _NOTABLE / 2, len(traits), subjects=False))
    claimed = words.replace(" users", ",").split(", ")
    return band == label and bool(words) and all(_claim_holds(c.strip(" ,"), true_now) for c in claimed)


def _readings(label: str, traits: Sequence[Trait]) -> Iterator[str]:
    for parts in range(_PARTS, _PARTS + 4):
        told = _told(traits, _NOTABLE, parts) or _told(traits, 0.0, 1)
        before = " ".join(p for p, _ in told if p)
        after = ", ".join(p for _, p in told if p)
        text = " ".join(part for part in (before, "users") if part)
        if told:
            yield f"{label} · {text}, {after}" if after else f"{label} · {text}"


def _told(traits: Sequence[Trait], notable: float, most: int, subjects: bool = True) -> list[tuple[str, str]]:
    ranked = sorted(traits, key=lambda t: (-abs(t.band_z), t.feature, t.level or ""))
    said: dict[str, tuple[str, str]] = {}
    for trait in ranked:
        words = phrase(trait.feature, trait.level, trait.band_z > 0)
        about = subject(trait.feature) if subjects else f"{trait.feature} {trait.level}"
        if words and abs(trait.band_z) >= notable and about not in said and len(said) < most:
            said[about] = (words.before, words.after)
    return list(said.values())


def _words(told: Sequence[tuple[str, str]]) -> set[str]:
    return {word for pair in told for word in pair if word}


def _claim_holds(claim: str, true_now: set[str]) -> bool:
    # adjectives stand side by side: "evening mobile"; take away each that holds and see what is left
    for word in sorted(true_now, key=len, reverse=True):
        claim = f" {claim} ".replace(f" {word} ", " ").strip()
    return not claim


def _means(frame: pd.DataFrame, name: str, level: str | None, members: NDArray[np.bool_]) -> tuple[float, float]:
    column = frame[name]
    values = column if level is None else (column.astype(str) == level).astype("float64").where(column.notna())
    numbers = np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
    return _mean(numbers[members]), _mean(numbers)


def _mean(values: NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return round(float(known.mean()), 6) if len(known) else 0.0
