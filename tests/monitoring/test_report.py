from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from monitoring.drift import measure_all
from monitoring.measurement import SegmentMeasurement, Sizes
from monitoring.report import keep_reports, save_html
from monitoring.samples import SegmentSample
from monitoring.settings import DriftSettings
from monitoring.verdict_table import Compared, verdict_table
from monitoring.verdicts import Verdict, judge
from warehouse.schemas import TABLES

SETTINGS = DriftSettings(replicates=40)
EMPTY = SegmentMeasurement((), Sizes(0, 0, 0, 0))


@pytest.fixture(scope="module")
def measurements(shop: Callable[..., dict[str, SegmentSample]]) -> dict[str, SegmentMeasurement]:
    taste = (0.05, 0.05, 0.4, 0.2, 0.1, 0.1, 0.05, 0.05)
    samples = shop({"moved": 60, "quiet": 60, "other": 60}, 3, SETTINGS, {"moved": {"taste": taste}})
    return {**measure_all(samples, SETTINGS), "empty": EMPTY}


def test_the_page_is_kept_for_the_drifted_segment_and_the_snapshot_for_all_measured(
    measurements: dict[str, SegmentMeasurement], tmp_path: Path
) -> None:
    kept = keep_reports(measurements, judge(measurements, SETTINGS), tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["moved.html", "moved.json", "other.json", "quiet.json"]
    assert kept["empty"].snapshot is None
    assert kept["quiet"].html is None
    values = json.loads((tmp_path / "moved.json").read_text())["metrics"]
    # the row keeps twelve digits of what Evidently measured
    assert values[0]["value"] == pytest.approx(measurements["moved"].rows[0].distance, abs=1e-11)


def test_a_rerun_leaves_the_same_files(measurements: dict[str, SegmentMeasurement], tmp_path: Path) -> None:
    verdicts = judge(measurements, SETTINGS)
    (tmp_path / "quiet.html").write_text("of an earlier run with other settings")
    keep_reports(measurements, verdicts, tmp_path)
    first = {p.name: p.read_bytes() for p in tmp_path.iterdir() if p.suffix == ".json"}
    keep_reports(measurements, verdicts, tmp_path)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir() if p.suffix == ".json"} == first
    assert not (tmp_path / "quiet.html").exists()


def test_the_page_needs_no_internet(measurements: dict[str, SegmentMeasurement], tmp_path: Path) -> None:
    page = save_html(measurements["moved"], tmp_path / "page.html").read_text()
    assert "category" in page
    assert '<script src="http' not in page
    assert '<link rel="stylesheet" href="http' not in page


def test_a_page_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="too little data"):
        save_html(EMPTY, tmp_path / "page.html")


def test_the_verdicts_fit_their_table(measurements: dict[str, SegmentMeasurement], tmp_path: Path) -> None:
    verdicts: dict[str, Verdict] = judge(measurements, SETTINGS)
    reports = keep_reports(measurements, verdicts, tmp_path)
    compared = {"moved": Compared("[2026-01-25, 2026-02-22)", date(2026, 2, 22), '{"interactions": 3}')}
    table = verdict_table(verdicts, date(2026, 3, 1), compared, reports)
    assert list(table.columns) == TABLES["drift_verdicts"].schema.names
    assert list(table.loc[table["report"] != "", "segment_id"]) == ["moved"]
