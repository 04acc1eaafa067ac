"""What is written: rasters, objects, styles and provenance; and what reads and judges them."""
