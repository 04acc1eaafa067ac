"""From a scene to its products."""

from sargeo.mapping.dryrun import RunPlan, plan_map
from sargeo.mapping.object_filters import ObjectControls
from sargeo.mapping.options import MapOptions
from sargeo.mapping.report import MapReport
from sargeo.mapping.run import map_scene

RunReport = MapReport
"""The name of `MapReport` before embed, classify and search had reports like it."""

__all__ = [
    "MapOptions",
    "MapReport",
    "ObjectControls",
    "RunPlan",
    "RunReport",
    "map_scene",
    "plan_map",
]
