"""Everything that is settled before the first pixel is mapped."""

from __future__ import annotations

from dataclasses import dataclass, field

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

    @property
    def min_confidence(self) -> float:
        """Objects under it are left out: the user's threshold, or else the model's own."""
        wished = self.options.objects.min_confidence
        return self.model.spec.min_confidence if wished is None else wished

    @classmethod
    def prepare(cls, scene: Scene, model: SarModel, options: MapOptions) -> Job:
        """Settle a run.

        Raises
        ------
        UsageError
            If patch or margin do not fit the model.
        AreaOfInterestError
            If the area of interest cannot be used.
        """
        survey = Survey.of(
            scene,
            model,
            aoi=options.aoi,
            batch_size=options.batch_size,
            patch=options.patch,
            margin=options.margin,
        )
        return cls(**vars(survey), options=options)
