"""Evidence: what layers given by the user, or labels, say of the ground of a chip."""
