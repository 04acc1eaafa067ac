"""From a scene to its products."""

from sargeo.mapping.dryrun import RunPlan, plan_map
from sargeo.mapping.object_filters import ObjectControls
from sargeo.mapping.options import MapOptions
from sargeo.mapping.report import RunReport
from sargeo.mapping.run import map_scene

__all__ = ["MapOptions", "ObjectControls", "RunPlan", "RunReport", "map_scene", "plan_map"]
