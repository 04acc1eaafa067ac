"""The managed environment: a Python with sargeo that is neither QGIS's nor the user's own."""
