"""Data sets, and the chips that are cut from them and kept in shards."""
