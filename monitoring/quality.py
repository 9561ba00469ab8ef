"""Whether what a segment is served still ranks as well as it was proved to, from per-user figures of one window."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from monitoring.alarms import ALARMING
from monitoring.distances import Floats
from monitoring.quality_settings import QualitySettings
from monitoring.verdicts import Verdict
from warehouse import columns as c
from warehouse.schemas import TABLES


@dataclass(frozen=True, eq=False)
class QualityEvidence:
    """What one segment was served and what its users then liked.

    Args:
        published: the day whose lists were served; they knew events before it only.
        model_version: who ranked them, such as ``tessera-s1/3``.
        metric: the per-user figure, such as ``ndcg@10``.
        served: that figure of the lists served, ``(users,)``.
        parent: of the parent's lists for the same users in the same order; ``None`` where the parent itself serves.
        holdout: the mean that the serving model reached for this segment in the gate; NaN when it never stood there.
        holdout_users: how many users that mean is of.
    """

    published: date
    model_version: str
    metric: str
    served: Floats
    parent: Floats | None = None
    holdout: float = math.nan
    holdout_users: int = 0


@dataclass(frozen=True)
class Interval:
    """A mean over users with two-sided Student bounds; NaN bounds below two users."""

    mean: float
    lower: float
    upper: float


@dataclass(frozen=True)
class QualityMeasurement:
    """The quality of one segment on one window, and what is said of it.

    ``difference``: served minus parent, paired; NaN where the parent serves. ``fall``: the share of the holdout figure
    that is gone (0.3: it ranks 30 % worse than it was proved to; negative: better). ``fallen`` holds when there are
    enough users and either the fall exceeds ``QualitySettings.fall`` and the noise of both figures, or the served
    lists are proved worse than the parent's.
    """

    published: date
    model_version: str
    metric: str
    users: int
    served: Interval
    parent: float
    difference: Interval
    holdout: float
    fall: float
    enough: bool
    fallen: bool
    reason: str


UNKNOWN = Interval(math.nan, math.nan, math.nan)


def measure_quality(evidence: QualityEvidence, settings: QualitySettings) -> QualityMeasurement:
    """Hold one segment's served lists against its holdout figure and against the parent.

    Bounds are Student's at level ``settings.alpha``, two-sided; a fall must also exceed what chance does to means of so
    many users.
    """
    known = len(evidence.served)
    enough = known >= settings.min_users
    served = _interval(evidence.served, settings.alpha)
    difference = UNKNOWN if evidence.parent is None else _interval(evidence.served - evidence.parent, settings.alpha)
    fall = 1 - served.mean / evidence.holdout if evidence.holdout > 0 else math.nan
    fell = enough and fall > settings.fall and evidence.holdout - served.mean > _noise(evidence, settings.alpha)
    measured = QualityMeasurement(
        published=evidence.published,
        model_version=evidence.model_version,
        metric=evidence.metric,
        users=known,
        served=served,
        parent=math.nan if evidence.parent is None or not known else float(evidence.parent.mean()),
        difference=difference,
        holdout=evidence.holdout,
        fall=fall,
        enough=enough,
        fallen=fell or (enough and difference.upper < 0),
        reason="",
    )
    return replace(measured, reason=_words(measured, settings))


def add_quality(verdicts: Mapping[str, Verdict], found: Mapping[str, QualityMeasurement]) -> dict[str, Verdict]:
    """The verdicts with cause ``quality`` where nothing else explains a fall.

    A segment whose events drifted as well keeps that cause, which says more, and names the fall in its reason.
    """
    return {s: _with_quality(verdict, found.get(s)) for s, verdict in verdicts.items()}


def quality_table(found: Mapping[str, QualityMeasurement], as_of: date) -> pd.DataFrame:
    """The rows of table ``quality_measurements``, one a segment."""
    rows = [{c.AS_OF: as_of, c.SEGMENT: s, **_flat(m)} for s, m in sorted(found.items())]
    return pd.DataFrame.from_records(rows, columns=TABLES["quality_measurements"].schema.names)


def _with_quality(verdict: Verdict, m: QualityMeasurement | None) -> Verdict:
    if m is None or not m.fallen:
        return verdict
    if verdict.verdict in ALARMING:
        return replace(verdict, reason=f"{verdict.reason}; {m.reason}")
    return replace(verdict, verdict="drift", cause="quality", reason=f"{m.reason}; {verdict.reason}")


def _interval(values: Floats, alpha: float) -> Interval:
    from scipy.stats import t

    n = len(values)
    if n < 2:
        return Interval(float(values[0]) if n else math.nan, math.nan, math.nan)
    mean, reach = float(values.mean()), float(t.isf(alpha / 2, n - 1) * values.std(ddof=1) / math.sqrt(n))
    return Interval(mean, mean - reach, mean + reach)


def _noise(evidence: QualityEvidence, alpha: float) -> float:
    """How far chance takes the mean of today's users below the holdout's, at half of ``alpha``.

    Most lists find nothing, so the spread of the figures falls with their mean: today's own spread would call every
    unlucky day sure of itself (110 users: 15 times the level). Variance over mean holds still; by it the spread is
    what the holdout's mean implies.
    """
    from scipy.stats import norm

    n, mean = len(evidence.served), float(evidence.served.mean())
    dispersion = float(evidence.served.var(ddof=1)) / mean if mean > 0 else 1.0
    error = math.sqrt(dispersion * evidence.holdout * (1 / n + 1 / max(evidence.holdout_users, 1)))
    return float(norm.isf(alpha / 2)) * error


def _words(m: QualityMeasurement, settings: QualitySettings) -> str:
    if not m.enough:
        return f"{m.users} users to judge {m.metric} by; at least {settings.min_users} are needed"
    parts = [f"{m.metric} {m.served.mean:.4f} of the lists of {m.published}"]
    if not np.isnan(m.holdout):
        parts.append(f"{m.holdout:.4f} in the gate ({-m.fall:+.0%})")
    if not np.isnan(m.parent):
        d = m.difference
        parts.append(
            f"the parent {m.parent:.4f} for the same {m.users} users ({d.mean:+.4f} [{d.lower:+.4f}, {d.upper:+.4f}])"
        )
    return ", ".join(parts)


def _flat(m: QualityMeasurement) -> dict[str, object]:
    plain = asdict(m)
    served, difference = plain.pop("served"), plain.pop("difference")
    return {
        **plain,
        **{"served": served["mean"], "served_lower": served["lower"], "served_upper": served["upper"]},
        **{"difference": difference["mean"], "lower": difference["lower"], "upper": difference["upper"]},
    }
