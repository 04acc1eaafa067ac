"""Trains towers and heads: streams of batches, losses, checkpoints, runs of several stages."""
