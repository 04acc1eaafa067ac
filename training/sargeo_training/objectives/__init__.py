"""What training minimises: losses of the heads and of language."""
