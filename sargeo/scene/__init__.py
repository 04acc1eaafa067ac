"""What was measured: scenes, their bands, and backscatter as numbers."""
