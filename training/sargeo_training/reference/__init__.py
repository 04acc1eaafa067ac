"""Reference labels of two Los Angeles scenes, drawn by eye for this project; see PROTOCOL.md.

Land cover comes from the Sentinel-2 picture, ships come from the radar picture. Only the geometry
is kept here, never the imagery.
"""
