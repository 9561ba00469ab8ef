"""The simulator: planted segments, scripted drift, and the truth written beside the events."""

from interactions.simulation.loading import load_scenario
from interactions.simulation.scenario import Drift, PlantedSegment, Scenario, ScenarioError
from interactions.simulation.simulator import simulate
from interactions.simulation.truth import Truth

__all__ = ["Drift", "PlantedSegment", "Scenario", "ScenarioError", "Truth", "load_scenario", "simulate"]
