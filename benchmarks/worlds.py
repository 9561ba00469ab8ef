"""Generated shops with segments whose difference is known: the acceptance test of heads and gate.

Everybody's choice is ``p(item | user, week) ~ popularity * taste * segment lift * fashion``. Tastes are shared by all
segments, so a history tells a user's taste but hardly his segment: the segment is known from elsewhere (a channel,
a country, an age), as evidence says that segments must be to pay. ``contrast`` is the standard deviation of the log
lifts of one segment over items. Measured on MovieLens-1M (ratings >= 4, items with at least 20 expected likes of the
group, sampling noise subtracted) it is .36 for women, .13 for men, and .50, .19, .23, .37, .42, .52 for the age bands
18-24, 25-34, 35-44, 45-49, 50-55 and 56+.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.source import FrameSource
from warehouse.windows import Window, midnight

START = date(2026, 1, 5)
SECONDS_A_WEEK = 7 * 86_400
Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True)
class World:
    """What is generated.

    Args:
        users: of one segment, over all weeks.
        segments: how many.
        contrast: standard deviation of a segment's log lifts; 0 plants nothing.
        items: in the catalogue.
        weeks: of events.
        rate: events a user and week, on average; users differ (gamma with shape 2).
        stay: weeks from a user's first to his last; users come evenly, so that after as many weeks histories are as
            long as they will ever be, and what a head is worth does not fade because everybody gets better known.
        tastes: groups of items; a user prefers two of them.
        appetite: log lift of a preferred group.
        fashion: standard deviation of every item's log popularity from week to week.
        whims: the same for every segment on its own, nothing of which lasts.
        seed: of everything.
    """

    users: int = 2400
    segments: int = 4
    contrast: float = 0.6
    items: int = 600
    weeks: int = 30
    rate: float = 0.7
    stay: int = 10
    tastes: int = 24
    appetite: float = 2.5
    fashion: float = 0.2
    whims: float = 0.0
    seed: int = 0

    def source(self) -> FrameSource:
        """Generate the events, in the layout that training reads."""
        rng = np.random.default_rng((20261122, self.seed))
        habit, segment = self._people(rng)
        log = pd.concat([self._week(week, logits, habit, segment, rng) for week, logits in self._logits(rng)])
        log = log.sort_values(["ts", "user_id", "item_id"], kind="stable", ignore_index=True)
        people = pd.DataFrame({"user_id": [_user(s, n) for s, n in zip(segment, range(len(segment)), strict=True)]})
        catalogue = pd.DataFrame({"item_id": [_item(n) for n in range(self.items)], "price": 9.0})
        catalogue = catalogue.assign(title="", category="", brand="", text="")
        return FrameSource(log, catalogue, people, Window(START, START + timedelta(weeks=self.weeks)))

    def _people(self, rng: np.random.Generator) -> tuple[Habit, Codes]:
        count = self.users * self.segments
        activity = rng.gamma(2.0, self.rate / 2.0, count)
        taste = np.argsort(rng.random((count, self.tastes)), axis=1)[:, :2]
        joined = rng.integers(-self.stay, self.weeks, count)
        return Habit(activity, taste, joined, self.stay), np.repeat(np.arange(self.segments), self.users)

    def _logits(self, rng: np.random.Generator) -> list[tuple[int, Logits]]:
        group = rng.integers(0, self.tastes, self.items)
        popularity = rng.normal(0, 1, self.items)
        lifts = rng.normal(0, 1, (self.segments, self.items)) * self.contrast
        liking = self.appetite * (group[None, :] == np.arange(self.tastes)[:, None])
        weeks = []
        for week in range(self.weeks):
            base = popularity + self.fashion * rng.normal(0, 1, self.items)
            whims = self.whims * rng.normal(0, 1, lifts.shape)
            weeks.append((week, Logits(base[None, :] + lifts + whims, liking)))
        return weeks

    def _week(self, week: int, logits: Logits, habit: Habit, segment: Codes, rng: np.random.Generator) -> pd.DataFrame:
        user = np.repeat(np.arange(len(segment)), rng.poisson(habit.in_week(week)))
        item = logits.chosen(segment[user], habit.taste[user], rng)
        second = np.sort(rng.integers(0, SECONDS_A_WEEK, len(user)))[rng.permutation(len(user))]
        start = int(midnight(START).timestamp()) + week * SECONDS_A_WEEK
        users = [_user(s, n) for s, n in zip(segment[user].tolist(), user.tolist(), strict=True)]
        frame = pd.DataFrame({"user_id": users, "item_id": [_item(n) for n in item]})
        frame["ts"] = pd.to_datetime(start + second, unit="s", utc=True)
        return frame.assign(event_type="click", weight=1.0, positive=True, session_id=None, price=9.0)


@dataclass(frozen=True, eq=False)
class Habit:
    """Per user: mean events a week, the two preferred groups of items ``(users, 2)``, first week."""

    activity: Floats
    taste: Codes
    joined: Codes
    stay: int

    def in_week(self, week: int) -> Floats:
        """Mean events in ``week``; none outside of the user's own weeks."""
        return np.where((week >= self.joined) & (week < self.joined + self.stay), self.activity, 0.0)


@dataclass(frozen=True, eq=False)
class Logits:
    """Of one week: per segment ``(segments, items)`` and per preferred group ``(groups, items)``."""

    segment: Floats
    liking: Floats

    def chosen(self, segment: Codes, taste: Codes, rng: np.random.Generator) -> Codes:
        """One item per row, drawn by the softmax of segment and both tastes."""
        kinds, row = np.unique(np.column_stack([segment, np.sort(taste, axis=1)]), axis=0, return_inverse=True)
        logits = self.segment[kinds[:, 0]] + self.liking[kinds[:, 1]] + self.liking[kinds[:, 2]]
        chances = np.exp(logits)
        reached = np.cumsum(chances / chances.sum(axis=1, keepdims=True), axis=1)
        # one search for all kinds: kind k takes the numbers from k to k + 1
        ladder = (reached + np.arange(len(kinds))[:, None]).ravel()
        place = np.searchsorted(ladder, row + rng.random(len(row)), side="right") - row * reached.shape[1]
        chosen: Codes = np.minimum(place, reached.shape[1] - 1).astype(np.int64)
        return chosen


def segment_of(users: pd.Index) -> pd.Series:
    """The planted segment of every user id."""
    return pd.Series([str(user).split("-")[0] for user in users], index=users, dtype=object)


def _user(segment: int, number: int) -> str:
    return f"s{segment}-{number:06d}"


def _item(number: int) -> str:
    return f"i{number:05d}"
