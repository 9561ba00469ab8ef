"""From measurements to verdicts: drift, no drift or too little data, and whose doing it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from monitoring.directions import cosine, length, mean_move
from monitoring.measurement import DriftRow, SegmentMeasurement
from monitoring.mix import MixMeasurement
from monitoring.settings import DriftSettings

Answer = Literal["drift", "no_drift", "too_little_data", "data_trouble"]
Cause = Literal["behaviour", "catalogue", "mix", "quality", "data", "none"]
_APART = 1.5  # times its limit: what a column must exceed to speak for the segment while the catalogue moves
_ALONG = 3  # whoever goes along moves at least a third as far
_FEW = 2  # other segments: in the mean of so few, one leads
_NEARLY = 0.8  # of its limit: as far as chance alone hardly takes most segments on the same day


@dataclass(frozen=True)
class Verdict:
    """The answer for one segment, its cause, and the numbers behind it in one sentence.

    ``share_drifted`` is the share of compared columns that moved in this window, whether or not it was enough for an
    alarm: later windows read it from here for ``k_of_n``.
    """

    verdict: Answer
    cause: Cause
    reason: str
    share_drifted: float
    rows_reference: int
    rows_current: int
    users: int


def judge(
    measurements: Mapping[str, SegmentMeasurement],
    settings: DriftSettings,
    earlier: Mapping[str, Sequence[bool]] | None = None,
) -> dict[str, Verdict]:
    """One verdict per segment, seen beside all others.

    A move that most segments (``common_share``) make together is the catalogue's; what is left is the segment's own
    behaviour, if it is no side effect of what is shared. ``earlier`` says, per segment and oldest first, whether
    earlier windows had moved; with ``k_of_n = (2, 3)`` an alarm needs this window and one of the two before it.
    """
    before = earlier or {}
    # what is common seen from one segment is common: the others that moved in it moved with it
    common = frozenset[str]().union(*(common_columns(s, measurements, settings) for s in measurements))
    return {s: _judge_one(m, common, settings, before.get(s, ())) for s, m in sorted(measurements.items())}


def judge_mix(mix: MixMeasurement, settings: DriftSettings) -> Verdict:
    """The verdict over the make-up of the segments, cause ``mix``: its cure is to cluster again, not to retrain."""
    before, after = sum(size[1] for size in mix.sizes), sum(size[2] for size in mix.sizes)
    numbers = f"sizes moved by {mix.distance:.3f} (threshold {mix.threshold:.3f}); {_mix_words(mix)}"
    if not mix.enough:
        reason = (
            f"{before} and {after} users in {len(mix.sizes)} segments; at least {settings.min_users} each are needed"
        )
        return Verdict("too_little_data", "none", reason, 0.0, before, after, after)
    if mix.drifted:
        return Verdict("drift", "mix", numbers, 1.0, before, after, after)
    return Verdict("no_drift", "none", numbers, 0.0, before, after, after)


def common_columns(
    segment: str, measurements: Mapping[str, SegmentMeasurement], settings: DriftSettings
) -> frozenset[str]:
    """The drifted columns of ``segment`` in which most other measured segments move, too."""
    others = [m for s, m in measurements.items() if s != segment and m.enough]
    mine = measurements[segment].drifted
    return frozenset(row.feature for row in mine if _is_common(row, others, settings))


def _judge_one(
    m: SegmentMeasurement, common: frozenset[str], settings: DriftSettings, earlier: Sequence[bool]
) -> Verdict:
    if not m.enough:
        return _verdict(m, "too_little_data", "none", _scarcity(m, settings))
    if not is_moved(m, settings):
        return _verdict(m, "no_drift", "none", _quiet(m))
    k, n = settings.k_of_n
    windows = 1 + sum(list(earlier)[-(n - 1) :] if n > 1 else [])
    if windows < k:
        return _verdict(
            m, "no_drift", "none", f"moved in {windows} of {n} windows, {k} are needed: {_moves(m.drifted)}"
        )
    return _with_cause(m, common)


def _with_cause(m: SegmentMeasurement, common: frozenset[str]) -> Verdict:
    shared = [row for row in m.drifted if row.feature in common]
    # while everybody moves, a column that moved a little alone is a side effect: other prices of other categories
    least = _APART if shared else 1.0
    own = [row for row in m.drifted if row.feature not in common and row.distance > least * row.threshold]
    if not own:
        return _verdict(m, "drift", "catalogue", f"moved as most segments did: {_moves(shared)}")
    beside = f"; moved as most segments did: {_moves(shared)}" if shared else ""
    return _verdict(m, "drift", "behaviour", f"moved apart from the other segments: {_moves(own)}{beside}")


def is_moved(m: SegmentMeasurement, settings: DriftSettings) -> bool:
    """Whether this window counts as moved: at least one column, and at least ``share`` of those compared."""
    return m.enough and len(m.drifted) >= max(1, settings.share * len(m.rows))


def _is_common(row: DriftRow, others: Sequence[SegmentMeasurement], settings: DriftSettings) -> bool:
    rivals = [other for m in others for other in m.rows if other.feature == row.feature]
    going_along = [_goes_along(other, row, settings) for other in rivals]
    most = sum(going_along) >= settings.common_share * len(rivals)
    return bool(rivals) and (most or _are_together(row, rivals, settings))


def _are_together(row: DriftRow, rivals: Sequence[DriftRow], settings: DriftSettings) -> bool:
    # where each segment is too small to prove its move, all others together are not; one that goes along alone
    # makes a quarter of their mean, and whoever is noticed first has moved less than it looks
    way = mean_move([(other.shift, other.distance) for other in rivals])
    far = length(way) >= max(row.distance / _ALONG, row.limits.effect / 2)
    return len(rivals) > _FEW and far and cosine(row.shift, way) >= settings.common_direction


def _goes_along(other: DriftRow, row: DriftRow, settings: DriftSettings) -> bool:
    # what lies so much nearer is chance, or a few misplaced users of the one that moved
    if other.distance < row.distance / _ALONG:
        return False
    way = cosine(row.shift, other.shift)
    # segments that come from elsewhere go other ways to the same goal: it counts that they moved, and not back
    if other.distance >= _NEARLY * other.threshold:
        return way >= 0
    # a small segment cannot prove its move alone: half the effect in the same direction is enough
    return other.distance >= other.limits.effect / 2 and way >= settings.common_direction


def _verdict(m: SegmentMeasurement, verdict: Answer, cause: Cause, reason: str) -> Verdict:
    share = len(m.drifted) / len(m.rows) if m.rows else 0.0
    troubles = f"; not compared: {', '.join(m.troubles)}" if m.troubles else ""
    return Verdict(
        verdict, cause, reason + troubles, share, m.sizes.rows_reference, m.sizes.rows_current, m.sizes.users_current
    )


def _scarcity(m: SegmentMeasurement, s: DriftSettings) -> str:
    n = m.sizes
    return (
        f"{n.rows_reference} reference rows of {n.users_reference} users, {n.rows_current} current rows of "
        f"{n.users_current} users; needed {s.min_rows_reference} and {s.min_rows_current} rows of {s.min_users} users"
    )


def _quiet(m: SegmentMeasurement) -> str:
    nearest = max(m.rows, key=lambda row: row.distance / row.threshold)
    return f"all {len(m.rows)} columns within their limits; nearest {_numbers(nearest)}"


def _moves(rows: Sequence[DriftRow]) -> str:
    said = [f"{_numbers(r)}, {r.subject} {r.before} → {r.after}" for r in rows[:3]]
    more = f" and {len(rows) - 3} more" if len(rows) > 3 else ""
    return "; ".join(said) + more


def _numbers(row: DriftRow) -> str:
    return f"{row.feature} {row.distance:.3f} against {row.threshold:.3f}"


def _mix_words(mix: MixMeasurement) -> str:
    flow = mix.flows[0] if mix.flows else None
    most = f", most from {flow.source} to {flow.target} ({flow.users} users)" if flow else ""
    return f"{mix.moved_share:.1%} of users changed segment{most}; {mix.new_share:.1%} are new"
