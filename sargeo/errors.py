"""Errors that a user can act on.

Every error is one sentence that says what is wrong (naming the value and the file) and one that
says what to do. The command line prints both and leaves with ``exit_code``; the QGIS plugin and
scripts tell errors apart by ``code``, which is stable.
"""

from __future__ import annotations

import math
from typing import ClassVar


class SargeoError(Exception):
    """Base of all errors that sargeo raises on purpose.

    Parameters
    ----------
    problem : str
        One sentence: what is wrong, with the value and the file.
    remedy : str
        One sentence: what the user can do about it.
    """

    exit_code: ClassVar[int] = 1
    code: ClassVar[str] = "error"

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem} {remedy}")
        self.problem = problem
        self.remedy = remedy

    def __reduce__(self) -> tuple[type[SargeoError], tuple[str, str]]:
        """Pickle by both sentences, so that errors cross process borders."""
        return type(self), (self.problem, self.remedy)


class UsageError(SargeoError):
    """An option or argument has a value that makes no sense."""

    exit_code = 2
    code = "usage"


class ProductsExistError(UsageError):
    """The output folder already holds products of this scene."""

    code = "products_exist"


class InputError(SargeoError):
    """The input was refused."""

    exit_code = 3
    code = "input_refused"


class SceneNotFoundError(InputError):
    """The file does not exist, or is not a raster that GDAL opens."""

    code = "scene_not_found"


class SeveralRastersError(InputError):
    """The file holds several rasters, one level down: one of them has to be named."""

    code = "several_rasters"


class SceneDamagedError(InputError):
    """The file is a raster, but its pixels cannot be read."""

    code = "scene_damaged"


class NoGeoreferenceError(InputError):
    """The raster has no CRS, no affine transform, only GCPs, or lies in slant range."""

    code = "no_georeference"


class UnsupportedPixelsError(InputError):
    """The raster's dtype, number of bands, or values are not those of a SAR intensity scene."""

    code = "unsupported_pixels"


class SpacingRefusedError(InputError):
    """Pixels are too large or too small on the ground for what the model was trained for."""

    code = "spacing_refused"


class UnknownRadiometryError(InputError):
    """The file does not say its polarisation or scale, and the user did not either."""

    code = "unknown_radiometry"


class NothingValidError(InputError):
    """The scene, or the part of it that was asked for, holds no valid pixel."""

    code = "nothing_valid"


class AreaOfInterestError(InputError):
    """The area of interest cannot be read, or does not touch the scene."""

    code = "area_of_interest"


class ReferenceDataError(InputError):
    """Reference data, zones or masks given by the user cannot be used."""

    code = "reference_data"


class CheckpointRefusedError(InputError):
    """Weights made elsewhere cannot be read, or do not fit the network."""

    code = "checkpoint_refused"


class EnvironmentLackError(SargeoError):
    """The machine or the installation lacks something."""

    exit_code = 4
    code = "environment"


class OutputNotWritableError(EnvironmentLackError):
    """The output folder or file cannot be written."""

    code = "output_not_writable"


class DiskFullError(EnvironmentLackError):
    """The disk filled up while products were written."""

    code = "disk_full"


class ModelDamagedError(EnvironmentLackError):
    """A model's weights or spec are missing, corrupted, or of another shape."""

    code = "model_damaged"


class NoLanguageError(EnvironmentLackError):
    """The model only maps, or it reads but does not write."""

    code = "no_language"


class DeviceMissingError(EnvironmentLackError):
    """The device that was asked for does not exist here."""

    code = "device_missing"


class OutOfMemoryError(SargeoError):
    """Memory of the machine or of the device ran out."""

    exit_code = 5
    code = "out_of_memory"


class CancelledError(SargeoError):
    """The user stopped the run."""

    exit_code = 130
    code = "cancelled"


def require_finite(what: str, value: float | None) -> None:
    """Refuse a number that is infinite or none.

    Parameters
    ----------
    what : str
        How a sentence begins, as in "A tolerance".
    value : float or None
        None, which is left to a default, passes.

    Raises
    ------
    UsageError
    """
    if value is not None and not math.isfinite(value):
        raise UsageError(f"{what} of {value:g} is no finite number.", "Give a finite number.")
