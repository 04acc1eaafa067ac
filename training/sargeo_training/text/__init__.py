"""Captions and questions by a hierarchical chain of thought (HCoT)."""
