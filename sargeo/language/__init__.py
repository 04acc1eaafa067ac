"""Texts and scenes: embeddings, maps of classes given as texts, search, captions and answers."""
