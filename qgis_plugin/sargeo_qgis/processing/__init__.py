"""Algorithms of sargeo for the toolbox, the modeler, batch mode, Python and qgis_process."""
