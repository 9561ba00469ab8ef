"""The simulation itself: day after day, in bounded memory."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from interactions.simulation.bots import day_bots, expected_bot_events
from interactions.simulation.catalogue import Catalogue, items_table, make_catalogue
from interactions.simulation.chance import stream
from interactions.simulation.choices import Memory, day_looks
from interactions.simulation.delivery import Deliveries, write_table
from interactions.simulation.drifting import drifted_prices, moved_users
from interactions.simulation.funnel import day_funnel
from interactions.simulation.journal import Journal, empty, joined
from interactions.simulation.population import Population, make_population, users_table
from interactions.simulation.scenario import Scenario
from interactions.simulation.sessions import DAY_US, day_sessions, expected_rates, newcomers
from interactions.simulation.truth import Truth, segment_sizes, write_scenario, write_truth
from interactions.simulation.waves import day_waves, with_waves

Progress = Callable[[str], None]
_PILOT_SESSIONS = 20_000
_PROGRESS_DAYS = 7


def simulate(folder: str | Path, scenario: Scenario, progress: Progress | None = None) -> Truth:
    """Write the events of ``scenario`` as daily deliveries under ``folder``, with the truth beside them.

    ``events/date=YYYY-MM-DD/part.parquet`` for every day, ``users.parquet``, ``items.parquet`` and ``truth/``.
    Memory is bounded by users, items and the busiest day, not by the length of the period. Equal scenarios give
    equal rows in equal order. An earlier simulation in ``folder`` is replaced.

    Args:
        folder: made if it does not exist.
        scenario: what to simulate.
        progress: told a line of text about once a simulated week.

    Raises:
        FileExistsError: ``folder`` holds events that are not from a simulation.
    """
    root = Path(folder)
    _clear(root)
    write_scenario(root, scenario)
    catalogue, first = make_catalogue(scenario), with_waves(scenario, make_population(scenario))
    write_table(items_table(catalogue, scenario.start), root / "items.parquet")
    write_table(users_table(first, scenario.start), root / "users.parquet")
    deliveries = Deliveries(root, scenario, first, catalogue)
    world = World(scenario, catalogue, Memory(len(first.names)), _scale(scenario, catalogue, first))
    last = _run(world, first, deliveries, progress or (lambda _: None))
    write_truth(root, scenario, catalogue, first, last)
    return _summary(root, scenario, first, deliveries)


@dataclass(frozen=True)
class World:
    """What stays the same from day to day; ``scale`` turns relative rates into sessions."""

    scenario: Scenario
    catalogue: Catalogue
    memory: Memory
    scale: float

    def day(self, population: Population, day: date) -> Journal:
        """What people and bots begin on ``day``, with what follows from it later."""
        number = (day - self.scenario.start).days
        human = self.human(population, day, stream(self.scenario.seed, "day", number))
        rng = stream(self.scenario.seed, "bots", number)
        bots = day_bots(self.scenario, population, self.catalogue, day, rng)
        return joined([human, bots, day_waves(self.scenario, self.catalogue, day)])

    def human(self, population: Population, day: date, rng: np.random.Generator) -> Journal:
        """The same without the bots."""
        sessions = day_sessions(self.scenario, population, day, self.scale, rng)
        looks = day_looks(self.scenario, population, self.catalogue, self.memory, sessions, day, rng)
        events = day_funnel(self.catalogue, drifted_prices(self.scenario, self.catalogue, day), looks, rng)
        liked = ~np.isnan(events.value)
        self.memory.keep(events.user[liked], events.item[liked], rng)
        return events


def _run(world: World, population: Population, deliveries: Deliveries, progress: Progress) -> Population:
    """Simulate and deliver every day; return the population as it is at the end."""
    pending = empty()
    for number, day in enumerate(world.scenario.window):
        population = moved_users(world.scenario, population, day)
        events = joined([pending, world.day(population, day)])
        due = events.ts < (number + 1) * DAY_US
        today, pending = events.take(due), events.take(~due)
        deliveries.write(day, today.take(np.argsort(today.ts, kind="stable")))
        if (number + 1) % _PROGRESS_DAYS == 0 or number + 1 == world.scenario.days:
            progress(f"simulated {number + 1} of {world.scenario.days} days, {deliveries.written:,} events")
    return population


def _scale(scenario: Scenario, catalogue: Catalogue, population: Population) -> float:
    """Sessions per unit of relative rate that meet the target: one pilot day tells the events of a session."""
    relative = sum(expected_rates(scenario, population, day).sum() for day in scenario.window)
    first_sessions = sum(len(newcomers(population, number)) for number in range(scenario.days))
    wanted = max(0.0, scenario.events - expected_bot_events(scenario)) / _session_events(
        scenario, catalogue, population
    )
    return float(max(0.0, wanted - first_sessions) / relative) if relative else 0.0


def _session_events(scenario: Scenario, catalogue: Catalogue, population: Population) -> float:
    day = list(scenario.window)[scenario.days // 2]
    total = expected_rates(scenario, population, day).sum()
    pilot = World(scenario, catalogue, Memory(len(population.names)), _PILOT_SESSIONS / max(float(total), 1e-9))
    events = pilot.human(population, day, stream(scenario.seed, "pilot"))
    sessions = len(np.unique(events.session[events.session >= 0]))
    return len(events) / max(1, sessions)


def _clear(root: Path) -> None:
    """Remove an earlier simulation, known by its truth; never anybody else's events."""
    events = root / "events"
    if not events.exists():
        return
    if not (root / "truth" / "scenario.yaml").exists():
        raise FileExistsError(
            f"{events} exists and is not from a simulation (no truth/scenario.yaml beside it): choose another folder"
        )
    shutil.rmtree(events)


def _summary(root: Path, scenario: Scenario, population: Population, deliveries: Deliveries) -> Truth:
    return Truth(
        folder=root,
        window=scenario.window,
        users=scenario.users,
        bots=scenario.bot_count,
        items=scenario.items,
        events=deliveries.written,
        late=deliveries.late,
        duplicates=deliveries.duplicates,
        segments=segment_sizes(scenario, population),
        drifts=scenario.drifts,
    )
