"""How good a model is: scores, metrics, reports, baselines and calibration."""
