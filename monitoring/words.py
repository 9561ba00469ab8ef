"""The sentences of the drift mail: its subject, its first line, and what each cause means."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

from monitoring.alerts import DriftMail, SegmentAlert

CAUSES: Final = {
    "behaviour": "these users behave differently, the other segments do not",
    "catalogue": "most segments moved the same way, so the catalogue or the season did, not these users",
    "mix": "users moved between segments",
}
SUBJECT_LIMIT: Final = 110


def one_line(text: object) -> str:
    """Text without line breaks and control characters: names come from data, and subjects are mail headers."""
    shown = "".join(" " if unicodedata.category(ch) in {"Cc", "Cf", "Zl", "Zp"} else ch for ch in str(text))
    return " ".join(shown.split())


def subject(mail: DriftMail) -> str:
    """Segment and cause, then the outcome: "Drift in Evening shoppers (behaviour): retrained, new model serves"."""
    if not mail.alerts:
        return one_line(f"Monitoring of {mail.as_of}: {mail.notes[0] if mail.notes else 'nothing drifted'}")[
            :SUBJECT_LIMIT
        ]
    tail = f" ({', '.join(_unique(a.cause for a in mail.alerts))}): {_outcome(mail.alerts)}"
    room = SUBJECT_LIMIT - len("Drift in ") - len(tail)
    both = one_line(_names(mail.alerts, 2))
    names = both if len(both) <= room else one_line(_names(mail.alerts, 1))
    return f"Drift in {names if len(names) <= room else names[: max(room - 1, 20)].rstrip() + '…'}{tail}"


def needs(mail: DriftMail) -> tuple[str, ...]:
    """What the reader has to do, one sentence for each kind of need, the most urgent first."""
    if not mail.alerts:
        return tuple(f"Please look: {one_line(note)}" for note in mail.notes)
    groups = {need: [a for a in mail.alerts if need_of(a) == need] for need in _NEEDS}
    return tuple(one_line(text.format(names=_names(groups[n], 3))) for n, text in _NEEDS.items() if groups[n])


def need_of(alert: SegmentAlert) -> str:
    """What an alert asks of a person: ``decide``, ``look``, ``wait`` or ``nothing``."""
    if alert.retraining is not None:
        return "nothing" if alert.retraining.promoted else "look"
    return "wait" if alert.action else "decide"


_NEEDS: Final = {
    "decide": "Please decide about {names}: drifted, and nothing has been retrained yet.",
    "look": "Please look at {names}: retrained but not promoted, so what served before goes on serving.",
    "wait": "Nothing to do yet for {names}: drifted, and an answer is under way.",
    "nothing": "Nothing to do for {names}: retrained, and the new model serves.",
}
_SHORT: Final = {
    "decide": "please decide",
    "look": "retrained, not promoted",
    "wait": "action under way",
    "nothing": "retrained, new model serves",
}


def _outcome(alerts: Sequence[SegmentAlert]) -> str:
    needs = {need_of(a) for a in alerts}
    return next(short for need, short in _SHORT.items() if need in needs)


def _names(alerts: Sequence[SegmentAlert], most: int) -> str:
    names = [f"“{a.name or a.segment_id}”" for a in alerts]
    if len(names) > most:
        shown = max(most - 1, 1)
        names = [*names[:shown], f"{len(names) - shown} more"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _unique(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))
