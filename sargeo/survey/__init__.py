"""A model over a whole scene: how the scene is cut, at what pace, and the way back to its grid."""
