"""Refusals of sargeo in the words of QGIS, which has parameters where there are options."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..translation import tr
from .sargeo import SargeoError

# Sentences whose option QGIS has no parameter for, or in which a parameter would read badly.
# What is an option in the second column gets the label of the parameter afterwards.
_REWORDED = (
    (r"^--assume (?:.* )?(?=(?:names|holds) )", "--assume "),  # the user sees what was written
    (r"^Name the (?:true )?CRS with rio edit-info .*", "Give it its CRS with Assign Projection."),
    (
        r"^Correct the CRS with rio edit-info .*",
        "Correct its CRS with Assign Projection, or its place with Translate, of the Raster menu.",
    ),
    (r"^Export the scene again as a georeferenced GeoTIFF, or, .*", "Export it again with a CRS."),
    (r"^Reinstall it: .*", "Make the environment anew on the Setup page."),
    (r"^Say it with --assume db, .*", "Write db, linear or amplitude under --assume."),
    (r"\bsuch as --assume (\S*\w)", r"such as \1 under --assume"),
    (r"^Give a smaller --batch-size, .*", "Close other programs, or choose another --device."),
    (r"\buse a smaller --batch-size or --aoi\b", "map a smaller --aoi"),
    (r"^Add --land-mask FILE or --land-mask auto\.$", "Tick --land-mask."),
    (r"\bAdd (?=--overwrite\b)", "Tick "),
    (r"\badd (?=--overwrite\b)", "tick "),
    (r"\bwith --overwrite\b", "with --overwrite ticked"),
    (r"^Run the same command\b", "Run it again"),
    (
        r"^Run the command again with --debug, .*",
        "Copy the diagnostics from the Runs page of the sargeo panel and report them.",
    ),
    (r"^See `sargeo[^`]* --help`\.$", "Correct what the parameters say."),
)

# An option as a word of its own, also between quotation marks, or the command that checks.
_NAME = re.compile(r"(?<![^\s'\"(])['\"]?(--[a-z]+(?:-[a-z]+)*)\b['\"]?|`sargeo doctor`")


def in_words_of_qgis(error: SargeoError) -> SargeoError:
    """Return a refusal of sargeo that names parameters of QGIS instead of options.

    Parameters
    ----------
    error : SargeoError
        As sargeo wrote it; its code stays.
    """
    labels = _labels()
    return SargeoError(
        _reword(error.problem, labels), _reword(error.remedy, labels), code=error.code
    )


def _reword(sentence: str, labels: Mapping[str, str]) -> str:
    for pattern, words in _REWORDED:
        sentence = re.sub(pattern, words, sentence)
    return _NAME.sub(lambda found: _in_quotes(found, labels), sentence)


def _in_quotes(found: re.Match[str], labels: Mapping[str, str]) -> str:
    label = labels.get(found[1] or found[0])
    return found[0] if label is None else f"“{label}”"


def _labels() -> dict[str, str]:
    """Return what the algorithms call the options, in the language of QGIS."""
    return {
        "--aoi": tr("Area of interest"),
        "--assume": tr("Information missing from the file"),
        "--cell-size": tr("Count cell size"),
        "--extent": tr("Side of a place, in metres"),
        "--text": tr("Texts"),
        "--top": tr("Places per text"),
        "--class-field": tr("Class field"),
        "--device": tr("Device"),
        "--land-mask": tr("Exclude objects on land"),
        "--min-confidence": tr("Minimum object confidence"),
        "--model": tr("Model"),
        "--overwrite": tr("Overwrite existing products"),
        "--products": tr("Products"),
        "--uncertain-below": tr("Mark as uncertain below this confidence"),
        "--web-map": tr("Also create a web map"),
        "`sargeo doctor`": tr("Check the setup"),
    }
