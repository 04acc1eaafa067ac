"""Settings of training runs: YAML files, checked by pydantic models."""
