"""Which windows a network sees, who owns which pixel, and how windows become a scene again."""
