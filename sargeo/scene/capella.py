"""What Capella Space says of its geocoded products, in their image description."""

from __future__ import annotations

import json
from collections.abc import Mapping

_DESCRIPTION = "TIFFTAG_IMAGEDESCRIPTION"


def amplitude_factor(tags: Mapping[str, str]) -> float | None:
    """Return what turns the numbers of a product into amplitudes of backscatter, None elsewhere.

    Sigma nought is (number times ``scale_factor``) squared, where ``calibration`` is "full"
    (Capella Space SAR Products Format Specification, section on GEO products).

    Parameters
    ----------
    tags : mapping
        Of the file.
    """
    try:
        image = json.loads(tags.get(_DESCRIPTION, ""))["collect"]["image"]
        factor = float(image["scale_factor"])
        known = image["calibration"] == "full"
    except (ValueError, KeyError, TypeError):  # someone else's description
        return None
    return factor if known and factor > 0 else None


def start_of_acquisition(tags: Mapping[str, str]) -> str | None:
    """Return when a product's collection began, as it is written; None of other files.

    Parameters
    ----------
    tags : mapping
        Of the file.
    """
    try:
        start = json.loads(tags.get(_DESCRIPTION, ""))["collect"]["start_timestamp"]
    except (ValueError, KeyError, TypeError):  # someone else's description
        return None
    return start if isinstance(start, str) else None
