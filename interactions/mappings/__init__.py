"""Column mappings: how a source's own columns become ours, as YAML or TOML."""

from interactions.mappings.loading import READY, load_mapping
from interactions.mappings.mapping import Layout, Mapping

__all__ = ["READY", "Layout", "Mapping", "load_mapping"]
