"""Everything that is settled before the first pixel is mapped."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sargeo.mapping.options import MapOptions
from sargeo.model.api import SarModel
from sargeo.scene.scene import Scene
from sargeo.survey.survey import Survey


@dataclass(frozen=True)
class Job(Survey):
    """One run: a pass over a scene, and what is made of it; products are on the scene's grid.

    Attributes
    ----------
    options : MapOptions
    """

    options: MapOptions = field(default_factory=MapOptions)

    @classmethod
    def prepare(cls, scene: Scene, model: SarModel, options: MapOptions) -> Job:
        """Settle a run.

        Raises
        ------
        UsageError
            If patch or margin do not fit the model.
        AreaOfInterestError
            If the area of interest cannot be used.
        ReferenceDataError
            If a file of zones to exclude or of land cannot.
        """
        if options.find_objects:
            options = replace(options, objects=options.objects.opened())
        survey = Survey.of(
            scene,
            model,
            aoi=options.aoi,
            batch_size=options.batch_size,
            patch=options.patch,
            margin=options.margin,
        )
        return cls(**vars(survey), options=options)
