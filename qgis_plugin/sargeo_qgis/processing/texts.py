"""The parameter TEXTS: what to look for, a line each."""

from __future__ import annotations

from qgis.core import QgsProcessingContext, QgsProcessingParameterString

from ..translation import tr
from .algorithm import Parameters, SargeoAlgorithm


def add_texts(algorithm: SargeoAlgorithm, *, about: str) -> None:
    """Declare TEXTS."""
    algorithm.add(QgsProcessingParameterString("TEXTS", tr("Texts"), multiLine=True), about=about)


def text_words(
    algorithm: SargeoAlgorithm, parameters: Parameters, context: QgsProcessingContext
) -> list[str]:
    """Return the options of the command line for the lines that hold something."""
    lines = algorithm.parameterAsString(parameters, "TEXTS", context).splitlines()
    return [word for line in lines if line.strip() for word in ("--text", line.strip())]
