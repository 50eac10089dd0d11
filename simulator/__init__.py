"""Synthetic dialers: seeded sites whose campaigns behave like real ones."""

from simulator.journal import Event
from simulator.pacing import pace
from simulator.scenario import PRESETS, Scenario, preset
from simulator.simulate import simulate

__all__ = ["PRESETS", "Event", "Scenario", "pace", "preset", "simulate"]
