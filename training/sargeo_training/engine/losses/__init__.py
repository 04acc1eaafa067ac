"""Losses of vision-language training, each in a file."""
