"""Tools of those who develop and release the plugin; none of this is in the zip."""
