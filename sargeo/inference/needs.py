"""What a model would have to do with a scene, told before it is run."""

from __future__ import annotations

from sargeo.errors import SpacingRefusedError
from sargeo.inference.working_grid import on_trained_spacing, working_gsd_m
from sargeo.model.spec import ModelSpec
from sargeo.scene.scene import Scene


def model_needs(scene: Scene, spec: ModelSpec) -> dict[str, object]:
    """Tell how a scene fits what a model was trained for.

    Returns
    -------
    dict
        JSON types only: the model and what it was trained for; polarisations of the scene that it
        was not trained with; the platforms that it tells apart; why its spacing is refused, or
        None; and the grid that it would work on, with the ground spacing there as a multiple of
        the scene's, (row to row, column to column), None where it is unknown.
    """
    facts: dict[str, object] = {
        "model": spec.name,
        "trained_polarisations": list(spec.polarisations),
        "untrained_polarisations": [
            band.polarisation for band in scene.bands if band.polarisation not in spec.polarisations
        ],
        "trained_platforms": list(spec.sensors),
        "trained_spacing_m": [spec.spacing.min_m, spec.spacing.max_m],
    }
    try:
        work = on_trained_spacing(scene, spec.spacing)
    except SpacingRefusedError as refusal:
        return facts | {"refused": str(refusal), "resampled": False}
    here, there = working_gsd_m(scene), working_gsd_m(work)
    return facts | {
        "refused": None,
        "resampled": work is not scene,
        "spacing_factors": None
        if here is None or there is None
        else [round(new / old, 4) for new, old in zip(there, here, strict=True)],
        "work_crs": work.grid.crs.to_string(),
        "work_rows": work.grid.height,
        "work_columns": work.grid.width,
    }
