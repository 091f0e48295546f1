"""Notebooks and widgets as one HTML page that stays alive, without a kernel or a network."""

from ._export import ExportedPage, export, export_notebook

__all__ = ["ExportedPage", "export", "export_notebook"]
