"""The data sets, each in a file of its own that knows its coding and its split.

Every file offers a function from the folder of all data sets to a `sargeo_training.images.Source`.
"""
