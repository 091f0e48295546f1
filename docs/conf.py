"""How Sphinx builds this site: `make docs`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

import invertviz

project = "invertviz"
author = "the invertviz authors"
copyright = f"{author}; MIT licence"  # noqa: A001  (Sphinx's name)
version = release = invertviz.__version__
html_title = "invertviz"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "docstrings",
    "formulas",
    "live_widgets",
]
exclude_patterns = ["_build", "_ext", "images/README.md"]

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_copy_source = False

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
html_math_renderer = "mathml"

nb_execution_mode = "force"
nb_execution_timeout = 240
nb_execution_raise_on_error = True
nb_execution_show_tb = True
nb_merge_streams = True

# A name that leads nowhere is a warning; other packages' references are on the net, and not needed.
nitpicky = True
nitpick_ignore_regex = [
    ("py:(class|exc)", r"(collections|numpy|pathlib|torch|traitlets|t)\..*"),
]

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_typehints = "none"  # the docstrings say shapes, ranges and units, which types cannot
napoleon_numpy_docstring = False
napoleon_custom_sections = [("Settings", "params_style")]
