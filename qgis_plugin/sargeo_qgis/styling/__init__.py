"""How products look as layers."""
