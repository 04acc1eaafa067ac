"""Simulator of labelled SAR scenes: landscapes, backscatter, speckle, ships, and their truth.

``simulate_scene`` is the way in; the modules behind it each hold one part of the physics.
"""

from sargeo_training.simulator.scene import SimulatedScene, simulate_scene

__all__ = ["SimulatedScene", "simulate_scene"]
