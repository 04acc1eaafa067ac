"""Self-consistent iterative optimisation: a model judges and mends the texts it learns from.

A clause whose absence makes image and text agree better is suspect; it is left out, filled anew
from the image, and kept if image and text then agree better still.
"""
