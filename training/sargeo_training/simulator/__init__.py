"""Simulator of labelled SAR scenes: landscapes, backscatter, speckle, ships, and their truth.

``simulate_scene`` is the way in; the modules behind it each hold one part of the physics.
"""

from sargeo_training.simulator.degrade import StretchKind, stretch_to_8_bit
from sargeo_training.simulator.scene import Conditions, SimulatedScene, simulate_scene

__all__ = ["Conditions", "SimulatedScene", "StretchKind", "simulate_scene", "stretch_to_8_bit"]
