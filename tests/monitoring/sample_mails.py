"""Mails as they are sent: one of each kind."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from monitoring.alerts import Bar, DriftMail, Effect, Link, MovedFeature, Recovery, SegmentAlert
from monitoring.answers import Answer, Retraining

DAY = date(2026, 7, 6)
GARDEN = MovedFeature(
    "category",
    "Garden",
    "12 %",
    "31 %",
    0.21,
    0.1,
    (
        Bar("Garden", 0.12, 0.31, "12 %", "31 %"),
        Bar("Toys", 0.22, 0.14, "22 %", "14 %"),
        Bar("Home", 0.18, 0.12, "18 %", "12 %"),
    ),
)
PRICE = MovedFeature("price", "median", "14.20", "9.90", 0.31, 0.2, (Bar("median", 14.2, 9.9, "14.20", "9.90"),))
FIGURES = (
    Effect(
        "NDCG@10 of what was served",
        "0.1288 at its holdout",
        "0.1012",
        "parent 0.1034 on the same 412 users, difference −0.0022 (−0.0081 to +0.0037)",
        True,
    ),
    Effect(
        "Conversion (buyers of active users a day)",
        "4.20%",
        "3.10% (−26%)",
        "3.90% to 4.50% in the 4 weeks before",
        True,
    ),
    Effect("Revenue an active user and day", "1.82", "1.79 (−2%)", "1.71 to 1.95 in the 4 weeks before"),
)
GATE = Retraining("7", "falls back", False, "NDCG@10", 0.1234, 0.1201, 0.0033, -0.0011, 0.0075, 84.0, 90)
NO_BETTER = Answer("retrain", "this segment alone", 62.0, 90, date(2026, 7, 20), GATE)
SERVES = replace(NO_BETTER, retraining=replace(GATE, outcome="serves", promoted=True, lower=0.0004))
LINKS = (
    Link("Segment", "http://localhost:8080/plugin/segments/tessera/segments/s3"),
    Link("MLflow version", "http://localhost:5000/#/models/tessera-s3/versions/7"),
    Link("Drift report", "http://localhost:8000/reports/2026-07-06/s3.html"),
)
EVENING = SegmentAlert(
    "s3", "Evening shoppers", 1240, "behaviour", "moved", (GARDEN, PRICE), SERVES, LINKS, FIGURES, since=DAY
)
RUN = (Link("Airflow run", "http://localhost:8080/dags/monitor_segments/runs/scheduled__2026-07-06"),)
ONE = DriftMail(
    DAY,
    (EVENING,),
    links=RUN,
    quiet=8,
    scarce=("Rare birds",),
    windows="The last 7 days against the 28 days before the champion's training.",
)
RETRAINED_NO_BETTER = replace(ONE, alerts=(replace(EVENING, answer=NO_BETTER, severity="critical"),))
WAITS = replace(EVENING, answer=replace(SERVES, action="approve", retraining=replace(GATE, outcome="serves")))
DIGEST = replace(
    ONE,
    alerts=(
        replace(RETRAINED_NO_BETTER.alerts[0], users=12400),
        replace(WAITS, segment_id="s1", name="Loyal buyers", users=3910),
        replace(EVENING, segment_id="s4", name="Bargain hunters on mobile", users=2210, effects=()),
        replace(
            EVENING,
            segment_id="s5",
            name="Weekend families",
            users=1980,
            cause="catalogue",
            answer=Answer("cooldown", "version 9, trained for it as of 2026-07-01, serves", until=date(2026, 7, 15)),
        ),
        replace(
            EVENING,
            segment_id="s6",
            name="Newcomers",
            users=640,
            cause="quality",
            moved=(),
            reason="NDCG@10 fell from 0.1100 to 0.0800",
            answer=Answer("over_budget", "about 9,000 s and 4,000 trials would exceed what one day's drift may cost"),
        ),
        replace(
            EVENING, segment_id="s7", name="Night owls", users=55, severity="info", answer=Answer("alert", "alert-only")
        ),
    ),
    ongoing=("“Collectors” since 2026-06-29 (behaviour)",),
    digest=True,
)
OVER = DriftMail(
    DAY,
    recoveries=(
        Recovery(
            "s3",
            "Evening shoppers",
            1240,
            "behaviour",
            date(2026, 6, 28),
            date(2026, 7, 3),
            3,
            LINKS[:1],
            "Version 7 of 2026-06-28 was promoted meanwhile.",
        ),
    ),
    links=RUN,
    quiet=9,
)
BROKEN = DriftMail(
    DAY,
    (
        SegmentAlert(
            "all",
            "All users",
            14980,
            "data",
            "device is missing in 98 % of the events since 2026-07-04 (usually 1 %): ask who sends the events what "
            "changed on that day, and ingest it again once it is mended",
            answer=Answer("alert", "the data is in trouble: mend it; nothing is learnt from it"),
            links=(Link("Segments", "http://localhost:8080/plugin/segments"),),
            severity="critical",
        ),
    ),
    links=RUN,
    quiet=9,
)
SAMPLES = {
    "one": ONE,
    "no-better": RETRAINED_NO_BETTER,
    "digest": DIGEST,
    "recovery": OVER,
    "data-trouble": BROKEN,
}
