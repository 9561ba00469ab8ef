"""A monitored day becomes letters: who is told what, how loudly, and once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from monitoring.alerts import MovedFeature
from monitoring.letter import Letter
from tessera.alert_routes import load_routes
from tessera.alerting import compose_letters, post_alerts
from tessera.monitor import MIX, findings_file
from tessera.post import open_outbox, plain_letter
from tessera.settings import Settings
from tests.tessera.conftest import Environment
from warehouse.schemas import TABLES
from warehouse.store import Store
from warehouse.windows import Window

DAY = date(2026, 3, 8)
NOW = datetime(2026, 3, 8, 1, 0, tzinfo=UTC)
MOVED = MovedFeature("category", "category", "garden 12 %", "garden 31 %", 0.31, 0.1)
NAMES = {"s1": "Night owls", "s2": "Newcomers", "s3": "Loyal buyers"}
ROUTES = """
alerts:
  "*loyal*": {to: [crm@example.org, a@example.org], severity: critical}
  s2: {to: [growth@example.org]}
"""


class Days:
    """Days as the monitoring run leaves them: ``s1="drift behaviour"`` and so on."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.store = Store(settings.lake)

    def judged(self, day: date = DAY, **verdicts: str) -> Days:
        rows = [self._verdict(day, segment, said) for segment, said in ({MIX: "no_drift none"} | verdicts).items()]
        self.store.replace("drift_verdicts", pd.DataFrame(rows), Window.day(day))
        alerts = [{"segment_id": s, "moved": [asdict(MOVED)]} for s, v in verdicts.items() if v.startswith("drift")]
        file = findings_file(self.settings, day)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"alerts": alerts, "names": NAMES, "verdicts": {}}))
        return self

    def acted(self, **actions: str) -> Days:
        rows = [
            row("drift_actions", as_of=DAY, segment_id=s, action=action, reason="why", cooldown_until=date(2026, 3, 22))
            | {"predicted_seconds": 60.0, "predicted_trials": 90}
            for s, action in actions.items()
        ]
        self.store.replace("drift_actions", pd.DataFrame(rows), Window.day(DAY))
        return self

    def decided(self, segment: str, reason: str = f"drift as of {DAY}: x", verdict: str = "falls_back") -> Days:
        detail = json.dumps({"reason": reason, "cost": {"seconds": 71.2, "trials": 88}})
        numbers = {"challenger": 0.1234, "parent": 0.12, "difference": 0.0034, "model_version": "4", "promoted": False}
        decision = row("gate_decisions", as_of=DAY, segment_id=segment, verdict=verdict, detail=detail) | numbers
        self.store.replace("gate_decisions", pd.DataFrame([decision]), Window.day(DAY))
        return self

    def letters(self, day: date = DAY) -> list[Letter]:
        return compose_letters(self.store, self.settings, open_outbox(self.settings), day, "scheduled/1")

    def post(self, day: date = DAY) -> int:
        return int(post_alerts(self.store, self.settings, open_outbox(self.settings), day, "r", NOW)["new"])

    @staticmethod
    def _verdict(day: date, segment: str, said: str) -> dict[str, Any]:
        verdict, cause = said.split()
        known = row("drift_verdicts", as_of=day, segment_id=segment, verdict=verdict, cause=cause)
        return known | {"reason": f"{cause} reason", "users": 300, "share_drifted": 0.0}


def row(table: str, **values: Any) -> dict[str, Any]:
    return dict.fromkeys(TABLES[table].schema.names) | values


@pytest.fixture
def days(environment: Environment, tmp_path: Path) -> Days:
    home = {"TESSERA_HOME": str(tmp_path / "home"), "TESSERA_MAIL_TO": '["a@example.org"]'}
    return Days(environment.load(**home))


def routed(days: Days, environment: Environment) -> Days:
    Path("segments.yaml").write_text(ROUTES)
    return Days(environment.load(TESSERA_SEGMENTS_FILE="segments.yaml"))


def told(letters: list[Letter]) -> dict[str, str]:
    return {letter.recipient: letter.subject for letter in letters}


def test_a_quiet_day_has_no_letter_and_an_unmonitored_one_is_an_error(days: Days) -> None:
    assert days.judged(s1="no_drift none", s2="too_little_data none").letters() == []
    later = days.judged(DAY + timedelta(days=1), s1="drift behaviour")
    findings_file(days.settings, DAY + timedelta(days=1)).unlink()
    with pytest.raises(FileNotFoundError):
        later.letters(DAY + timedelta(days=1))


def test_the_letter_tells_what_the_drift_had_retrained_and_what_it_cost(days: Days) -> None:
    [letter] = days.judged(s1="drift behaviour", s2="too_little_data none").acted(s1="retrain").decided("s1").letters()
    assert letter.subject == "Critical: Drift in “Night owls” (behaviour): retrained, no better"
    for words in ("0.1234 against 0.1200", "it took 71 s and 88 trials (predicted: 60 s and 90 trials)", "Newcomers"):
        assert words in letter.text
    assert "not tried again for this cause before 2026-03-22" in letter.text
    assert "/dags/monitor_segments/runs/scheduled%2F1" in letter.text


def test_a_training_of_the_same_day_for_another_reason_is_not_claimed(days: Days) -> None:
    [letter] = days.judged(s1="drift behaviour").acted(s1="retrain").decided("s1", "scheduled").letters()
    assert "0.1234" not in letter.text
    assert "did not finish" in letter.text


def test_a_proved_model_that_waits_links_to_its_question(days: Days) -> None:
    [letter] = days.judged(s1="drift behaviour").acted(s1="approve").decided("s1", verdict="serves").letters()
    assert letter.text.startswith("Please approve or reject “Night owls”")
    assert "/dags/approve_promotion/runs/approve__2026-03-08__s1__v4" in letter.text


def test_the_catalogue_is_answered_by_the_global_model(days: Days) -> None:
    days.judged(s1="drift catalogue").acted(s1="retrain_parent").decided("global")
    assert "retrained the global model as version 4" in days.letters()[0].text


def test_broken_data_and_a_shift_of_the_mix_are_told_about_everybody(days: Days) -> None:
    [letter] = days.judged(**{MIX: "data_trouble data"}).acted(**{MIX: "alert"}).letters()
    assert letter.subject == "Critical: Data trouble: data reason"
    assert letter.text.startswith("Please mend the data of “All users”")
    [letter] = days.judged(**{MIX: "drift mix"}).acted(**{MIX: "recluster"}).letters()
    assert letter.text.startswith("Nothing to do yet for “All users”")


def test_an_alarm_is_told_on_its_first_day_on_a_change_and_when_it_is_over(days: Days) -> None:
    said = ["drift behaviour"] * 2 + ["drift catalogue"] + ["drift catalogue"] + ["no_drift none"] * 4
    kinds = []
    for day in (DAY + timedelta(days=n) for n in range(len(said))):
        days.judged(day, s1=said[(day - DAY).days])
        days.post(day)
        kinds.append([letter.kind for letter in days.letters(day)])
    assert kinds == [["alert"], [], ["alert"], [], [], [], ["recovery"], []]
    [over] = days.letters(DAY + timedelta(days=6))
    assert over.severity == "info"
    assert "catalogue alarm of 2026-03-08 is over: it last alarmed on 2026-03-11, 3 quiet days since" in over.text


def test_an_alarm_that_began_on_a_backfilled_day_is_told_on_the_first_day_that_mails(days: Days) -> None:
    before = DAY - timedelta(days=1)
    days.judged(before, s1="drift behaviour").judged(s1="drift behaviour")
    assert [letter.kind for letter in days.letters()] == ["alert"]
    for n in range(1, 4):
        days.judged(DAY + timedelta(days=n), s1="no_drift none")
    assert days.letters(DAY + timedelta(days=3)) == []
    days.post()
    assert [letter.kind for letter in days.letters(DAY + timedelta(days=3))] == ["recovery"]


def test_an_alarm_that_goes_on_is_told_again_when_it_is_answered_again(days: Days) -> None:
    before = DAY - timedelta(days=1)
    days.judged(before, s1="drift behaviour").post(before)
    days.judged(s1="drift behaviour")
    assert days.acted(s1="cooldown").letters() == []
    [again] = days.acted(s1="retrain").letters()
    assert "This alarm began on 2026-03-07." in again.text


def test_many_alarms_are_one_letter_and_those_told_before_are_only_named(days: Days) -> None:
    days.judged(DAY - timedelta(days=1), s9="drift behaviour").post(DAY - timedelta(days=1))
    days.judged(**{f"s{n}": "drift behaviour" for n in (1, 2, 3, 4, 9)})
    [letter] = days.letters()
    assert "Drift in 4 segments (behaviour 4): please decide" in letter.subject
    assert "Still going on, told before: “s9” since 2026-03-07 (behaviour)." in letter.text


def test_everybody_hears_of_their_own_segments_once(days: Days, environment: Environment) -> None:
    with_routes = routed(days, environment).judged(s1="drift behaviour", s2="drift quality", s3="drift behaviour")
    letters = with_routes.letters()
    assert load_routes(with_routes.settings).idle({"s2": "Newcomers"}) == ["*loyal*"]
    assert told(letters) == {
        "a@example.org": "Critical: Drift in “Night owls” and “Loyal buyers” (behaviour): please decide",
        "crm@example.org": "Critical: Drift in “Loyal buyers” (behaviour): please decide",
        "growth@example.org": "Critical: Ranking quality fell in “Newcomers” (quality): please decide",
    }


def test_a_run_repeated_or_told_otherwise_posts_nothing_new(days: Days) -> None:
    outbox = open_outbox(days.judged(s1="drift behaviour").acted(s1="retrain").settings)

    def posted(run: str) -> Mapping[str, Any]:
        return post_alerts(days.store, days.settings, outbox, DAY, run, NOW)

    assert (posted("r1")["new"], posted("r1")["new"]) == (1, 0)
    days.decided("s1")
    assert (posted("r2")["letters"], posted("r2")["new"]) == (1, 0)
    days.judged(s1="drift behaviour", s2="drift behaviour")
    assert posted("r3")["new"] == 1


def test_what_is_not_urgent_waits_for_the_morning_and_notifiers_hear_of_what_they_want(
    environment: Environment, days: Days
) -> None:
    settings = environment.load(
        TESSERA_ALERTS__QUIET='{"start": "22:00", "end": "07:00"}',
        TESSERA_ALERTS__LARGE_SHARE="1.0",
        TESSERA_ALERTS__STRONG_MOVE="99",
        TESSERA_NOTIFIERS='{"hook": {"path": "webhook.WebhookNotifier", "options": {"conn_id": "x"}},'
        ' "pager": {"path": "pager.Pager", "least": "critical"}}',
    )
    night = Days(settings).judged(s1="drift behaviour")
    outbox = open_outbox(settings)
    assert post_alerts(night.store, settings, outbox, DAY, "r", NOW)["new"] == 2
    assert {(kept.recipient, kept.due) for kept in outbox.kept()} == {
        ("a@example.org", NOW.replace(hour=7)),
        ("notifier:hook", NOW.replace(hour=7)),
    }
    claims = [outbox.claim(NOW.replace(hour=8), timedelta(hours=1)) for _ in range(2)]
    plain = {claim.letter.recipient: plain_letter(settings, claim) for claim in claims if claim is not None}
    assert plain["notifier:hook"]["path"] == "webhook.WebhookNotifier"
    assert plain["a@example.org"].keys() >= {"sender", "subject", "html", "text", "message_id", "timeout"}
