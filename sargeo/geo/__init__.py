"""Where things are on Earth: turns around it, shapes on grids, and files of vectors."""
