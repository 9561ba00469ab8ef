from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tessera.errors import SettingsError
from tessera.settings import Settings
from tests.tessera.conftest import Environment

# variable, value, how the message names the field
WRONG = [
    ("TESSERA_THREADS", "0", "threads"),
    ("TESSERA_THREADS", "many", "threads"),
    ("TESSERA_PROMOTION", "sometimes", "promotion"),
    ("TESSERA_REFIT_DAYS", "0", "refit_days"),
    ("TESSERA_SEGMENT_ORIGIN", "yesterday", "segment_origin"),
    ("TESSERA_PUBLISHED_ITEMS", "101", "published_items"),
    ("TESSERA_SEED", "-1", "seed"),
    ("TESSERA_MAIL_TO", "[]", "mail_to"),
    ("TESSERA_MAIL_TO", "[", "mail_to"),
    ("TESSERA_INGEST__MAX_REJECT_SHARE", "1.5", "max_reject_share"),
    ("TESSERA_WEIGHTS__BY_TYPE__VIEW", "-2", "weight of 'view'"),
    ("TESSERA_WEIGHTS__BY_TYPE", '{"stare": 1}', "stare"),
    ("TESSERA_FEATURES__SESSION_GAP_MINUTES", "0", "session_gap_minutes"),
    ("TESSERA_SEGMENTATION__K_RANGE", "[0, 3]", "k_range"),
    ("TESSERA_TRAINING__GATE__ALPHA", "2", "gate alpha"),
    ("TESSERA_TRAINING__BACKTEST__GATE_WINDOWS", "[6, 3]", "least and the most"),
    ("TESSERA_TRAINING__SPINE__RANKER__TREES", "0", "trees"),
    ("TESSERA_DRIFT__ALPHA", "0", "alpha"),
    ("TESSERA_DRIFT__COLUMNS", '[{"name": "hour", "kind": "categorical", "threshold": -1}]', "drift.columns.0"),
]
UNKNOWN = [
    "TESSERA_HOMME",
    "TESSERA_INGEST__MAX_REJECTS",
    "TESSERA_TRAINING__GATE__ALFA",
    "TESSERA_TRAINING__SPINE__RANKER__LEAFS",
]


@pytest.mark.parametrize(("variable", "value", "named"), WRONG)
def test_f33_a_wrong_value_is_refused_with_its_field(
    environment: Environment, variable: str, value: str, named: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        environment.load(**{variable: value})
    assert named in str(refused.value)


@pytest.mark.parametrize("variable", UNKNOWN)
def test_f33_an_unknown_variable_is_refused_by_its_name(environment: Environment, variable: str) -> None:
    with pytest.raises(SettingsError, match=f"{variable}.*no such setting; found '1'"):
        environment.load(**{variable: "1"})


@pytest.mark.parametrize("text", ["colour = 1", "[training.gate]\nalfa = 1", "[training.spine]\nfactory = 1"])
def test_f33_an_unknown_name_in_the_file_is_refused(environment: Environment, text: str) -> None:
    Path("tessera.toml").write_text(text)
    with pytest.raises(SettingsError, match="there is no such setting; found 1"):
        environment.load()


def test_f33_every_wrong_field_is_named_at_once(environment: Environment) -> None:
    with pytest.raises(SettingsError) as refused:
        environment.load(TESSERA_THREADS="0", TESSERA_SEED="x", TESSERA_DRIFT__SHARES="1")
    assert all(name in str(refused.value) for name in ("threads", "seed", "drift.shares", "nothing was started"))


def test_a_file_that_is_no_toml_is_refused(environment: Environment) -> None:
    Path("tessera.toml").write_text("home = ")
    with pytest.raises(SettingsError, match="cannot be read"):
        environment.load()


def test_a_named_file_must_be_there(environment: Environment) -> None:
    with pytest.raises(SettingsError, match=r"absent\.toml"):
        environment.load(TESSERA_SETTINGS="absent.toml")


def test_the_environment_goes_over_the_file_and_the_file_over_the_defaults(environment: Environment) -> None:
    Path("other.toml").write_text("seed = 3\nthreads = 4\n[training.gate]\nalpha = 0.01\nmargin = 0.5\n")
    settings = environment.load(
        TESSERA_SETTINGS="other.toml", TESSERA_THREADS="5", TESSERA_TRAINING__GATE__MARGIN="0.25"
    )
    assert (settings.seed, settings.threads, settings.refit_days) == (3, 5, 7)
    assert (settings.training.gate.alpha, settings.training.gate.margin) == (0.01, 0.25)


def test_a_nested_setting_leaves_its_neighbours_as_they_were(environment: Environment) -> None:
    before = environment.load()
    after = environment.load(TESSERA_TRAINING__GATE__ALPHA="0.01")
    assert after.training.gate.alpha == 0.01
    assert (after.training.placebo, after.training.control) == (before.training.placebo, before.training.control)
    assert (before.training.placebo, before.training.control) == (True, True)
    assert environment.load(TESSERA_TRAINING__PLACEBO="false").training.placebo is False


def test_lists_and_mappings_inside_a_group_are_given_as_json(environment: Environment) -> None:
    column = '[{"name": "hour", "kind": "categorical", "threshold": 0.3, "scale": "hours"}]'
    settings = environment.load(
        TESSERA_DRIFT__COLUMNS=column, TESSERA_WEIGHTS__BY_TYPE='{"view": 2}', TESSERA_SEGMENTATION__K_RANGE="[2, 3]"
    )
    backtest = "TESSERA_TRAINING__BACKTEST__GATE_WINDOWS"
    windows = [environment.load(**{backtest: value}).training.backtest.gate_range for value in ("4", "[3, 5]")]
    assert windows == [(4, 4), (3, 5)]
    assert [rule.name for rule in settings.drift.columns] == ["hour"]
    assert dict(settings.weights.by_type) == {"view": 2.0}
    assert settings.segmentation.k_range == (2, 3)


def test_variables_of_the_dags_and_the_tests_are_no_settings(environment: Environment) -> None:
    assert environment.load(TESSERA_SCHEDULE_START="2026-01-01", TESSERA_SHARED_DATA="x") == Settings()


def test_folders_are_absolute_wherever_a_task_runs(environment: Environment) -> None:
    settings = environment.load(TESSERA_HOME="here", TESSERA_SOURCE="there", TESSERA_SEGMENT_ORIGIN="2026-01-05")
    assert settings.home == environment.folder / "here"
    assert settings.source == environment.folder / "there"
    assert settings.segment_origin == date(2026, 1, 5)
    assert all(path.is_relative_to(settings.home) for path in (settings.lake, settings.spool, settings.ledger))
