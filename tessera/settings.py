"""All settings, from the environment (``TESSERA_…``, ``__`` between levels) over one TOML file over the defaults."""

from __future__ import annotations

import os
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from interactions.features import FeatureSettings
from interactions.rules import IngestRules
from interactions.weights import EventWeights
from monitoring.actions import ActionSettings
from monitoring.alert_settings import AlertSettings
from monitoring.delivery_settings import DeliverySettings
from monitoring.notifier_settings import NotifierSettings
from monitoring.settings import DriftSettings
from segmentation.settings import SegmentationSettings
from tessera.address import Address
from tessera.errors import SettingsError
from tessera.variables import Variables
from training.budget import BudgetSettings
from training.settings import TrainingSettings

DEFAULT_FILE = "tessera.toml"
FILE_VARIABLE = "TESSERA_SETTINGS"
_PROVING = TrainingSettings(placebo=True, control=True)


class Settings(BaseSettings):
    """Everything that can be set. Unknown names are refused: a typo must not become a silent default."""

    model_config = SettingsConfigDict(env_prefix="TESSERA_", env_nested_delimiter="__", extra="forbid", frozen=True)

    home: Path = Field(Path(".tessera"), description="Folder of everything that Tessera writes")
    source: Path | None = Field(None, description="Events to ingest: a file, or a folder of files or deliveries")
    mapping: str = Field("events", description="How the source's columns map: a ready mapping's name or a file")
    mlflow_uri: str = Field("http://127.0.0.1:5000", description="Address of the MLflow tracking server")
    airflow_url: str = Field("http://127.0.0.1:8080", description="Address of Airflow's UI, for links")
    api_url: str = Field("http://127.0.0.1:8000", description="Address of the recommendation API, for links")
    segments_file: Path | None = Field(
        None, description="Settings of single segments (YAML); see examples/segments.yaml"
    )
    promotion: Literal["auto", "manual"] = Field("auto", description="May the gate move the champion alias?")
    memory_limit: str = Field("2GB", description="DuckDB's memory")
    threads: int = Field(2, ge=1, le=256, description="Threads of DuckDB and of model training")
    segment_origin: date | None = Field(
        None, description="First fit of the segmentation; default: first data + 28 days"
    )
    refit_days: int = Field(7, ge=1, description="Days between two fits of the segmentation")
    mail_to: tuple[Address, ...] = Field(("oncall@example.org",), min_length=1, description="Who gets drift mails")
    mail_from: Address = Field("tessera@example.org", description="Sender of drift mails")
    notifiers: dict[str, NotifierSettings] = Field(
        {}, description="Airflow notifiers that hear of every alarm too (Slack, webhooks), by a name of your own"
    )
    published_items: int = Field(20, ge=1, le=100, description="Items a user in the table recommendations")
    seed: int = Field(7, ge=0, description="Seed of everything random")
    ingest: IngestRules = Field(default_factory=IngestRules)
    weights: EventWeights = Field(default_factory=EventWeights)
    features: FeatureSettings = Field(default_factory=FeatureSettings)
    segmentation: SegmentationSettings = Field(default_factory=SegmentationSettings)
    training: TrainingSettings = Field(default_factory=lambda: _PROVING)
    budget: BudgetSettings = Field(default_factory=BudgetSettings)
    drift: DriftSettings = Field(default_factory=DriftSettings)
    alerts: AlertSettings = Field(default_factory=AlertSettings)
    delivery: DeliverySettings = Field(default_factory=DeliverySettings)
    actions: ActionSettings = Field(default_factory=ActionSettings)

    @field_validator("home", "source", "segments_file")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        # servers and tasks run in other folders than the person who wrote the setting
        return value.expanduser().resolve() if value is not None else None

    @field_validator("segments_file")
    @classmethod
    def _there(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_file():
            raise ValueError("no such file is there: correct it or unset it")
        return value

    @field_validator("training", mode="before")
    @classmethod
    def _prove(cls, value: Any) -> Any:
        # one setting of training must not switch the other defaults off
        proofs = {"placebo": _PROVING.placebo, "control": _PROVING.control}
        return proofs | value if isinstance(value, dict) else value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment over file over defaults."""
        file = TomlConfigSettingsSource(settings_cls, toml_file=settings_file())
        return init_settings, Variables(settings_cls), file

    @property
    def lake(self) -> Path:
        """Folder of the Delta tables."""
        return self.home / "lake"

    @property
    def serving(self) -> Path:
        """Folder of what the API serves from."""
        return self.home / "serving"

    @property
    def spool(self) -> Path:
        """Folder in which the API collects posted events, in the layout of deliveries."""
        return self.home / "spool"

    @property
    def backtests(self) -> Path:
        """Folder of the fold spines, one a champion's as-of and cutoff."""
        return self.home / "backtests"

    @property
    def studies(self) -> Path:
        """Folder of the trials of every tuning, one folder a segment and day."""
        return self.home / "studies"

    @property
    def reports(self) -> Path:
        """Folder of the drift reports."""
        return self.home / "reports"

    @property
    def ledger(self) -> Path:
        """File of the promotion writer."""
        return self.home / "promotions.jsonl"


def settings_file() -> Path:
    """Where the settings file is looked for: ``TESSERA_SETTINGS``, else ``tessera.toml`` in the working folder.

    Raises:
        ValueError: the variable names a file that is not there.
    """
    named = os.environ.get(FILE_VARIABLE)
    if named and not Path(named).is_file():
        raise ValueError(f"{FILE_VARIABLE} names '{named}', and no such file is there: correct it or unset it")
    return Path(named or DEFAULT_FILE)


@lru_cache(maxsize=1)
def load() -> Settings:
    """Read the settings once a process.

    Raises:
        SettingsError: names every wrong field with what was found.
    """
    try:
        return Settings()
    except (ValidationError, ValueError) as error:
        raise SettingsError(_explain(error)) from error


def _explain(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return f"settings cannot be read: {error}"
    lines = [_line(problem) for problem in error.errors()]
    return "settings are wrong, nothing was started:\n" + "\n".join(lines)


def _line(problem: Any) -> str:
    name = ".".join(str(part) for part in problem["loc"]) or "settings"
    variable = "TESSERA_" + name.upper().replace(".", "__")
    unknown = problem["type"] in ("extra_forbidden", "unexpected_keyword_argument")
    expected = "there is no such setting" if unknown else str(problem["msg"]).removeprefix("Value error, ")
    return f"  {name} ({variable}): {expected}; found {problem.get('input')!r}"
