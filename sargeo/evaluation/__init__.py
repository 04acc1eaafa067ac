"""How good a map is, and what it holds by zone: one ruler for `sargeo assess` and for training."""
