"""From a model and a scene to rows of results: one run for mapping, embedding and texts."""
