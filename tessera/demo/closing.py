"""Whether the loop has closed: checks against truth, registry, mailbox and API, each with its evidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import httpx
import pandas as pd

from monitoring.alarms import ALARMING
from tessera.champions import serving_version
from tessera.monitor import MIX
from tessera.settings import Settings
from training.registry import Registry
from training.versions import GLOBAL, model_name
from warehouse.store import Store
from warehouse.windows import Window

MAJORITY = 0.5


@dataclass(frozen=True)
class Check:
    """One promise of the loop, whether it held, and what was seen."""

    promise: str
    held: bool
    seen: str


@dataclass(frozen=True)
class Evidence:
    """Where the checks look.

    Attributes:
        truth: the simulator's truth folder; ``None`` for a user's own data, where nothing is planted.
        mails: folder of the mail sink.
        api: address of the API.
        end: the day after the last one.
    """

    store: Store
    settings: Settings
    registry: Registry
    truth: Path | None
    mails: Path
    api: str
    end: date


def closing_checks(evidence: Evidence) -> Iterator[Check]:
    """Every check, in the order of the loop."""
    drifted = drifted_segments(evidence)
    if evidence.truth is not None:
        yield _planted_drift(evidence, drifted)
    else:
        found = _told(evidence) or "none: this data shows no drift on its last days"
        yield Check("every segment has a drift verdict", bool(_verdicts(evidence)), f"drift in {found}")
    yield _retrained(evidence, retrained_segments(evidence))
    yield _decided(evidence)
    yield _mails(evidence, drifted)
    yield _served(evidence)


def drifted_segments(evidence: Evidence) -> set[str]:
    """Segments whose own behaviour drifted on the last day."""
    return _drifted(evidence, "behaviour")


def retrained_segments(evidence: Evidence) -> set[str]:
    """Segments whose own drift, of behaviour or of quality, asked for a retraining on the last day."""
    return _drifted(evidence, "behaviour", "quality")


def _catalogue_drifted(evidence: Evidence) -> bool:
    """Whether the catalogue moved for everybody: then the parent is trained again, and every segment on it."""
    return bool(_drifted(evidence, "catalogue"))


def _told(evidence: Evidence) -> str:
    verdicts = sorted(_verdicts(evidence).items())
    return ", ".join(f"{segment} ({cause})" for segment, (verdict, cause) in verdicts if verdict == "drift")


def _drifted(evidence: Evidence, *causes: str) -> set[str]:
    return {s for s, (verdict, cause) in _verdicts(evidence).items() if verdict == "drift" and cause in causes}


def _verdicts(evidence: Evidence) -> dict[str, tuple[str, str]]:
    rows = evidence.store.frame("drift_verdicts", window=Window.day(evidence.end))
    known = rows[rows["segment_id"] != MIX]
    return {str(r.segment_id): (str(r.verdict), str(r.cause)) for r in known.itertuples()}


def _planted_drift(evidence: Evidence, drifted: set[str]) -> Check:
    """The planted users must be most of every segment that is called drifted, and at least one must be."""
    shares = planted_shares(evidence)
    home = {s for s, share in shares.items() if share > MAJORITY}
    seen = ", ".join(f"{s} ({shares.get(s, 0):.0%} planted users)" for s in sorted(drifted)) or "no segment"
    wanted = ", ".join(f"{s} ({shares[s]:.0%})" for s in sorted(home)) or "none"
    held = bool(drifted) and drifted <= home
    return Check("the planted drift was found in its segment", held, f"found in {seen}; planted users live in {wanted}")


def planted_shares(evidence: Evidence) -> dict[str, float]:
    """Per segment, which share of its users belongs to the planted segment that drifted."""
    import yaml

    truth = evidence.truth or Path()
    script = yaml.safe_load((truth / "drift.yaml").read_text())
    planted = {entry["segment"] for entry in (script["drifts"] if isinstance(script, dict) else script)}
    users = pd.read_parquet(truth / "users.parquet").set_index("user_id")["segment"]
    days = [day for day in evidence.store.dates("segment_assignments") if day <= evidence.end]
    people = evidence.store.frame("segment_assignments", window=Window.day(days[-1]))
    inside = people["user_id"].map(users).isin(planted)
    return {str(s): float(v) for s, v in inside.groupby(people["segment_id"]).mean().items()}


def _retrained(evidence: Evidence, drifted: set[str]) -> Check:
    """New versions as of the last day exist for exactly the drifted segments, or for the parent and those on it."""
    trained = set(_decisions(evidence).index)
    held = drifted | {GLOBAL} <= trained if _catalogue_drifted(evidence) else trained == drifted
    seen = f"drifted: {_told(evidence) or 'none'}; retrained: {', '.join(sorted(trained)) or 'none'}"
    return Check("only what drifted was retrained", held, seen)


def _decided(evidence: Evidence) -> Check:
    decisions, due = _decisions(evidence), drifted_segments(evidence)
    due |= {GLOBAL} if _catalogue_drifted(evidence) else set()
    known = [s for s in sorted(due) if s in decisions.index and decisions.loc[s, "reason"]]
    seen = "; ".join(f"{s}: {decisions.at[s, 'verdict']!s}, {decisions.at[s, 'reason']!s}" for s in known)
    return Check("the gate decided with its numbers", len(known) == len(due), seen or "nothing to decide")


def _mails(evidence: Evidence, drifted: set[str]) -> Check:
    mails = sorted(evidence.mails.glob("*.eml"))
    verdicts = evidence.store.frame("drift_verdicts", window=Window.day(evidence.end))
    expected = int(verdicts["verdict"].isin(ALARMING).any() or bool(drifted))
    return Check(f"exactly {expected} mail arrived", len(mails) == expected, f"{len(mails)} in {evidence.mails}")


def _served(evidence: Evidence) -> Check:
    """A user of every segment gets full lists from the version that the registry names."""
    parent = evidence.registry.champion(model_name(GLOBAL))
    wrong = []
    for segment, user in _one_user_each(evidence).items():
        expected = serving_version(evidence.registry, segment, parent)
        answer = httpx.get(f"{evidence.api}/recommendations/{user}", params={"k": 10}, timeout=30.0).json()
        served = (answer.get("model"), str(answer.get("version")))
        if expected is None or served != (expected.name, expected.version) or len(answer.get("items", [])) != 10:
            wrong.append(f"{segment}: user {user} got {served}, registry says {expected and expected.version}")
    return Check("the API serves what the registry says", not wrong, "; ".join(wrong) or "every segment checked")


def _one_user_each(evidence: Evidence) -> dict[str, str]:
    days = [day for day in evidence.store.dates("recommendations") if day <= evidence.end]
    rows = evidence.store.frame("recommendations", window=Window.day(days[-1]), columns=["segment_id", "user_id"])
    return {str(s): str(part["user_id"].min()) for s, part in rows.groupby("segment_id")}


def _decisions(evidence: Evidence) -> pd.DataFrame:
    rows = evidence.store.frame("gate_decisions", window=Window.day(evidence.end))
    return rows.set_index("segment_id")
