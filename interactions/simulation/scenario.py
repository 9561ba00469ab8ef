"""What a simulation is asked to produce: its size, its planted segments and its scripted drift."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from interactions.simulation.drift import Drift, refuse_drift
from interactions.simulation.refusals import ScenarioError, refuse_words
from interactions.simulation.words import CATEGORIES, CHANNELS, DAY_PARTS, DEVICES, TIERS
from warehouse.windows import Window

Shares = Mapping[str, float]


@dataclass(frozen=True)
class PlantedSegment:
    """One group of users that differ from the others in taste *and* in behaviour that is not taste.

    Every mapping holds relative weights (they need not add up to one). A category that ``categories``
    leaves out has the weight 0.4, so nobody is blind to the rest of the catalogue; other words left out never occur.

    Attributes:
        name: how the truth calls it.
        share: its share of the users, relative to the other segments.
        categories: taste: weights of item categories.
        tiers: taste: weights of the price tiers budget, mid and premium.
        devices, channels, countries: where its sessions come from.
        day_parts: when its sessions start (night 0-6, morning 6-12, afternoon 12-18, evening 18-24, UTC).
        ages, incomes, occupations: demographics.
        women: the share of women.
        weekend: sessions on a weekend day against a weekday (1 = the same).
        frequency: sessions per user and day, relative to the other segments.
        views: mean number of items seen in a session (>= 1).
    """

    name: str
    share: float
    categories: Shares
    tiers: Shares
    devices: Shares
    channels: Shares
    countries: Shares
    day_parts: Shares
    ages: Shares
    incomes: Shares
    occupations: Shares
    women: float = 0.5
    weekend: float = 1.0
    frequency: float = 1.0
    views: float = 3.0


@dataclass(frozen=True)
class Scenario:
    """A whole simulation; equal scenarios give equal rows.

    Attributes:
        end: the day after the last one (exclusive, UTC).
        days: the length of the period.
        users: human users that exist by ``end``; bots come on top.
        items: items that exist by ``end``.
        events: the target number of events in the period (met within a few per cent).
        segments: who the users are.
        drifts: what changes, and when.
        seed: of every random stream.
        blur: the share of users whose device, channel, country or demographic (each dealt on its own) is dealt as
            in a random segment: how badly behaviour and demographics tell the segment.
        newcomers: the share of users that sign up inside the period.
        lifetime_days: mean days until a user leaves for good (exponential).
        activity_spread: sigma of the log-normal that spreads the users' frequencies.
        taste_concentration: of the Dirichlet around the segment's categories: low = individual tastes.
        taste_share: the share of choices that follow taste; the rest follow popularity alone.
        zipf: exponent of item popularity by rank.
        new_items: the share of items that appear inside the period.
        trends: the share of items that have a burst of popularity inside the period.
        season: the amplitude of the yearly season, in volume and in the categories.
        bots: bots per human user.
        bot_events: mean events of a bot on a day on which it is active (one day in six).
        late: the share of events delivered one to three days after they happened.
        duplicates: the share of events delivered a second time the day after.
    """

    end: date
    days: int
    users: int
    items: int
    events: int
    segments: tuple[PlantedSegment, ...]
    drifts: tuple[Drift, ...] = ()
    seed: int = 7
    blur: float = 0.15
    newcomers: float = 0.35
    lifetime_days: float = 240.0
    activity_spread: float = 1.0
    taste_concentration: float = 8.0
    taste_share: float = 0.8
    zipf: float = 0.9
    new_items: float = 0.12
    trends: float = 0.05
    season: float = 0.15
    bots: float = 0.002
    bot_events: float = 60.0
    late: float = 0.004
    duplicates: float = 0.001

    def __post_init__(self) -> None:
        _refuse_sizes(self)
        _refuse_segments(self.segments)
        for drift in self.drifts:
            refuse_drift(drift, self.window, self.names)

    @property
    def window(self) -> Window:
        """The simulated days."""
        return Window.trailing(self.end, self.days)

    @property
    def start(self) -> date:
        """The first day."""
        return self.end - timedelta(days=self.days)

    @property
    def bot_count(self) -> int:
        """How many bots there are."""
        return round(self.users * self.bots)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the planted segments, in order."""
        return tuple(segment.name for segment in self.segments)

    @classmethod
    def demo(cls) -> Scenario:
        """The scenario of ``make demo``: 84 days to 2026-06-29, 6,000 users, 1,200 items, about 400,000 events.

        Five planted segments (shares .25 commuters, .22 families, .20 bargain hunters, .18 collectors, .15
        retirees); popularity Zipf .9, four choices in five follow taste (Dirichlet concentration 8), 35 % of the
        users sign up in the period, 0.2 % bots. From 2026-06-22, the last 7 days, 80 % of the category and price
        choices of the *bargain hunters* move from fashion, beauty and accessories to sports, tools and garden;
        nothing happens to anybody else. All parameters: ``scenarios/demo.yaml`` beside this module.
        """
        from interactions.simulation.loading import load_scenario

        return load_scenario(Path(__file__).parent / "scenarios" / "demo.yaml")


def _refuse_sizes(scenario: Scenario) -> None:
    for name in ("days", "users", "items", "events"):
        if getattr(scenario, name) < 1:
            raise ScenarioError(f"'{name}' must be at least 1; found {getattr(scenario, name)}")
    if scenario.items < len(CATEGORIES):
        raise ScenarioError(f"'items' must be at least {len(CATEGORIES)}, one a category; found {scenario.items}")
    for name in ("blur", "newcomers", "taste_share", "new_items", "trends", "season", "bots", "late", "duplicates"):
        if not 0 <= getattr(scenario, name) < 1 + (name == "taste_share"):
            raise ScenarioError(f"'{name}' is a share from 0 to below 1; found {getattr(scenario, name)}")
    for name in ("lifetime_days", "taste_concentration"):
        if not getattr(scenario, name) > 0:
            raise ScenarioError(f"'{name}' must be above 0; found {getattr(scenario, name)}")


def _refuse_segments(segments: tuple[PlantedSegment, ...]) -> None:
    names = [segment.name for segment in segments]
    if not names or len(set(names)) < len(names):
        raise ScenarioError(f"'segments' needs at least one segment, each with its own name; found {names}")
    for segment in segments:
        where = f"segment '{segment.name}'"
        refuse_words(where, "categories", segment.categories, tuple(CATEGORIES))
        refuse_words(where, "tiers", segment.tiers, TIERS)
        refuse_words(where, "devices", segment.devices, DEVICES)
        refuse_words(where, "channels", segment.channels, CHANNELS)
        refuse_words(where, "day_parts", segment.day_parts, DAY_PARTS)
        if not (segment.share > 0 and segment.frequency > 0 and segment.views >= 1):
            raise ScenarioError(f"{where}: share and frequency must be above 0 and views at least 1")
