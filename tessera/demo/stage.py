"""What the demo plays with: the data, its calendar, the folder it writes to and the servers' settings."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from interactions.mappings import load_mapping
from interactions.simulation import Scenario, simulate
from interactions.sources import open_source
from tessera.demo.calendar import Calendar
from tessera.errors import TesseraError
from tessera.platform.plan import PlatformPlan, Ports

DEMO_HOME = Path(".tessera")
MARKER = ".tessera-demo"


@dataclass(frozen=True)
class Stage:
    """The data of one demo.

    Attributes:
        home: everything is written below it.
        source: the events.
        mapping: how they are read.
        truth: what was planted; ``None`` for a user's own data.
        calendar: which days are played.
        settings: further ``TESSERA_…`` variables.
    """

    home: Path
    source: Path
    mapping: str
    truth: Path | None
    calendar: Calendar
    settings: Mapping[str, str] = field(default_factory=dict)

    def environment(self, plan: PlatformPlan) -> dict[str, str]:
        """The settings that every server and task gets."""
        return {
            "TESSERA_HOME": str(self.home),
            "TESSERA_SOURCE": str(self.source),
            "TESSERA_MAPPING": self.mapping,
            "TESSERA_MLFLOW_URI": plan.address("mlflow"),
            "TESSERA_AIRFLOW_URL": plan.address("airflow"),
            "TESSERA_API_URL": plan.address("api"),
            "TESSERA_REFIT_DAYS": str(self.calendar.refit_days),
            "TESSERA_SCHEDULE_START": self.calendar.history.start.isoformat(),
            "TESSERA_SCHEDULE_END": self.calendar.last.start.isoformat(),
            **self.settings,
        }


def default_home(mapping: str | None) -> Path:
    """Where a demo writes when nothing else is said: by the name of the mapping, which may be a file's."""
    return DEMO_HOME / (Path(mapping).stem if mapping else "demo")


def fresh_home(home: Path) -> Path:
    """An empty folder for one demo; what an earlier demo left there goes.

    Raises:
        TesseraError: the folder holds something that no demo wrote.
    """
    place = home.resolve()
    if place.exists() and any(place.iterdir()) and not (place / MARKER).exists():
        raise TesseraError(f"{place} is not empty and no demo wrote it: name another folder with --home (HOME_DIR=…)")
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    (place / MARKER).touch()
    return place


def simulated(home: Path, scenario: Scenario | None = None) -> Stage:
    """A simulated shop (the demo's, unless another is given), with its truth."""
    truth = simulate(home / "source", scenario or Scenario.demo())
    return Stage(home, truth.folder, "events", truth.folder / "truth", Calendar.of(truth.window))


def own(home: Path, data: Path, mapping: str) -> Stage:
    """A user's own events.

    Raises:
        TesseraError: too short a history. Other errors of reading name the file and what was expected.
    """
    source = open_source(data.expanduser().resolve(), load_mapping(mapping))
    return Stage(home, source.path, mapping, None, Calendar.of(source.span()))


def plan_of(home: Path, ports: Ports, environment: Mapping[str, str]) -> PlatformPlan:
    """The servers of a demo, on embedded databases."""
    root = Path(__file__).resolve().parents[2]
    dags = root / "dags"
    if not dags.is_dir():
        raise TesseraError(
            f"the demo needs the folder dags/ of a checkout; found none beside {root}: clone the project"
        )
    plugins = root / "plugins"
    return PlatformPlan(
        home=home / "servers", dags=dags, plugins=plugins, ports=ports, environment=environment, parallelism=2
    )
