"""Grids, what lies on them, and the turns of the Earth."""
