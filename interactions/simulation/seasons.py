"""Weekday and yearly seasons: changes that must not be mistaken for drift."""

from __future__ import annotations

from datetime import date

import numpy as np

from interactions.simulation.chance import Floats
from interactions.simulation.scenario import Scenario
from interactions.simulation.words import CATEGORIES

_WEEKDAYS = (0.95, 0.93, 0.95, 1.0, 1.08, 1.12, 0.97)  # Monday first
_PEAK = 340  # early December


def volume(scenario: Scenario, day: date) -> float:
    """How busy ``day`` is against the mean day: the weekday times a yearly wave that peaks in December."""
    return _WEEKDAYS[day.weekday()] * (1.0 + scenario.season * float(np.cos(_angle(day, _PEAK))))


def category_season(scenario: Scenario, day: date) -> Floats:
    """How much each category is in season on ``day``: waves of one year, spread over the categories."""
    count = len(CATEGORIES)
    return np.array([1.0 + scenario.season * np.cos(_angle(day, at * 365.25 / count)) for at in range(count)])


def weekend_factor(scenario: Scenario, day: date) -> Floats:
    """How active each planted segment is on ``day``, because of the weekend only."""
    weekend = day.weekday() >= 5
    return np.array([segment.weekend if weekend else 1.0 for segment in scenario.segments])


def _angle(day: date, peak: float) -> float:
    return float(2 * np.pi * (day.timetuple().tm_yday - peak) / 365.25)
