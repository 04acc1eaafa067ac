"""Algorithms on products: which folder, and which scene's."""

from __future__ import annotations

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingOutputFolder,
    QgsProcessingParameterFile,
    QgsProcessingParameterString,
)

from ..translation import tr
from .algorithm import Parameters, SargeoAlgorithm


def add_folder_output(algorithm: SargeoAlgorithm) -> None:
    """Declare OUTPUT_FOLDER of an algorithm that reads products: the next of a model takes it."""
    algorithm.addOutput(QgsProcessingOutputFolder("OUTPUT_FOLDER", tr("Product folder")))


class ProductsAlgorithm(SargeoAlgorithm):
    """An algorithm with the parameters FOLDER and NAME, and the output OUTPUT_FOLDER."""

    def add_product_folder(self) -> None:
        """Declare FOLDER, NAME and OUTPUT_FOLDER."""
        self.add(
            QgsProcessingParameterFile(
                "FOLDER", tr("Product folder"), QgsProcessingParameterFile.Behavior.Folder
            ),
            about=tr("Folder that scenes were mapped to."),
        )
        self.add(
            QgsProcessingParameterString("NAME", tr("Scene name"), "", optional=True),
            about=tr("Only needed where the folder holds the products of several scenes."),
        )
        add_folder_output(self)

    def words_of_products(
        self, parameters: Parameters, context: QgsProcessingContext
    ) -> tuple[str, list[str]]:
        """Return the folder, and the option of the command line that names the scene."""
        name = self.parameterAsString(parameters, "NAME", context)
        folder = self.parameterAsFile(parameters, "FOLDER", context)
        return folder, ["--name", name] if name else []
