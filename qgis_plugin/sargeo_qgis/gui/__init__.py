"""The panel and its windows."""
