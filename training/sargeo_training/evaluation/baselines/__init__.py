"""Plain methods that the model has to beat, measured on the same tiles in the same way."""
