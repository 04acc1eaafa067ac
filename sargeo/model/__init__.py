"""The network, its heads, and what it needs to know about its input."""
