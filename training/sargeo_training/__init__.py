"""Data sets, training and benchmark of sargeo's models. Not needed to map a scene."""
