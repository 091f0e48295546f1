"""Image sets: published ones by name, and your own from folders and files."""

from invertviz.datasets._dataset import Dataset, Split
from invertviz.datasets._load import load

__all__ = ["Dataset", "Split", "load"]
