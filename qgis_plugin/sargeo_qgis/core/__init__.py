"""What needs no QGIS: finding, making and running the Python that holds sargeo."""
