"""The sentences of a mail: its subject, its first lines, and what each cause means."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from monitoring.alerts import DriftMail, Recovery, SegmentAlert

CAUSES: Final = {
    "behaviour": "these users behave differently, the other segments do not",
    "catalogue": "most segments moved the same way, so the catalogue or the season did, not these users",
    "mix": "users moved between segments",
    "quality": "what is served ranks worse than it did, whatever the columns say",
    "data": "the events themselves are broken, so nothing is learnt from them",
}
SUBJECT_LIMIT: Final = 110


def one_line(text: object) -> str:
    """Text without line breaks and control characters: names come from data, and subjects are mail headers."""
    shown = "".join(" " if unicodedata.category(ch) in {"Cc", "Cf", "Zl", "Zp"} else ch for ch in str(text))
    return " ".join(shown.split())


def subject(mail: DriftMail) -> str:
    """Segment and cause, then the outcome: "Drift in “Evening shoppers” (behaviour): retrained, new model serves"."""
    if not mail.alerts:
        return _recovered(mail.recoveries)
    urgent = "Critical: " if any(a.severity == "critical" for a in mail.alerts) else ""
    if all(a.cause == "data" for a in mail.alerts):
        return _cut(f"{urgent}Data trouble: {one_line(mail.alerts[0].reason)}")
    if mail.digest:
        counted = Counter(a.cause for a in mail.alerts)
        causes = ", ".join(f"{cause} {number}" for cause, number in counted.most_common())
        return f"{urgent}{_event(mail.alerts)} in {len(mail.alerts)} segments ({causes}): {_outcome(mail.alerts)}"
    tail = f" ({', '.join(_unique(a.cause for a in mail.alerts))}): {_outcome(mail.alerts)}"
    return _headed(f"{urgent}{_event(mail.alerts)} in ", mail.alerts, tail)


def needs(mail: DriftMail) -> tuple[str, ...]:
    """What the reader has to do, one sentence for each kind of need, the most urgent first."""
    if not mail.alerts:
        over = f"Nothing to do: the alarm in {_names(mail.recoveries, 3)} is over."
        return (one_line(over),)
    groups = {need: [a for a in mail.alerts if a.need == need] for need in _NEEDS}
    return tuple(one_line(text.format(names=_names(groups[n], 3))) for n, text in _NEEDS.items() if groups[n])


def calm(mail: DriftMail) -> bool:
    """Whether nobody has to do anything now."""
    return all(a.need in ("nothing", "wait") for a in mail.alerts)


def headline(alert: SegmentAlert) -> str:
    """What happened to one segment, in a line of a table."""
    if alert.moved:
        most = alert.moved[0]
        return one_line(f"{most.feature}: {most.subject} {most.before} → {most.after}").replace(" %", "\u00a0%")
    return one_line(alert.reason)


def state(alert: SegmentAlert) -> str:
    """What was done about it, in a few words."""
    return _SHORT[alert.need]


_NEEDS: Final = {
    "mend": "Please mend the data of {names}: nothing is learnt from it until then.",
    "failed": "Please look at the Airflow run: the retraining of {names} did not finish.",
    "approve": "Please approve or reject {names}: retrained and proved better, and your word lets it serve.",
    "decide": "Please decide about {names}: drifted, and nothing has been retrained.",
    "look": "Please look at {names}: retrained and no better, so what served before goes on serving.",
    "wait": "Nothing to do yet for {names}: drifted, and an answer is under way.",
    "nothing": "Nothing to do for {names}: retrained, and the new model serves.",
}
_SHORT: Final = {
    "mend": "please mend the data",
    "failed": "retraining failed",
    "approve": "please approve",
    "decide": "please decide",
    "look": "retrained, no better",
    "wait": "answer under way",
    "nothing": "retrained, new model serves",
}
_EVENTS: Final = {"quality": "Ranking quality fell"}


def _event(alerts: Sequence[SegmentAlert]) -> str:
    events = {_EVENTS.get(a.cause, "Drift") for a in alerts}
    return events.pop() if len(events) == 1 else "Drift"


def _outcome(alerts: Sequence[SegmentAlert]) -> str:
    needs = {a.need for a in alerts}
    return next(short for need, short in _SHORT.items() if need in needs)


def _recovered(over: Sequence[Recovery]) -> str:
    causes = ", ".join(_unique(one.cause for one in over))
    tail = f" ({causes}): quiet for {min(one.calm for one in over)} days" if over else ""
    return _headed("Over: drift in ", over, tail)


def _headed(head: str, named: Sequence[SegmentAlert] | Sequence[Recovery], tail: str) -> str:
    """Names between head and tail, cut where the line would be too long: the tail is what counts."""
    room = SUBJECT_LIMIT - len(head) - len(tail)
    both = one_line(_names(named, 2))
    names = both if len(both) <= room else one_line(_names(named, 1))
    shown = names if len(names) <= room else names[: max(room - 1, 20)].rstrip() + "…"
    return f"{head}{shown}{tail}"


def _cut(text: str) -> str:
    return text if len(text) <= SUBJECT_LIMIT else text[: SUBJECT_LIMIT - 1].rstrip() + "…"


def _names(named: Sequence[SegmentAlert] | Sequence[Recovery], most: int) -> str:
    names = [f"“{one.name or one.segment_id}”" for one in named]
    if len(names) > most:
        shown = max(most - 1, 1)
        names = [*names[:shown], f"{len(names) - shown} more"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _unique(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))
