"""The simulator: planted segments, scripted drift, and the truth written beside the events."""

from interactions.simulation.drift import Drift
from interactions.simulation.loading import load_scenario
from interactions.simulation.refusals import ScenarioError
from interactions.simulation.scenario import PlantedSegment, Scenario
from interactions.simulation.simulator import simulate
from interactions.simulation.truth import Truth

__all__ = ["Drift", "PlantedSegment", "Scenario", "ScenarioError", "Truth", "load_scenario", "simulate"]
