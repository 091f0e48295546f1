"""Matplotlib figures of what the rest finds: samples, reconstructions, units, mistakes.

Every function returns a `matplotlib.figure.Figure` of its own that no pyplot state holds on to: a
notebook shows it, `save_figure` writes it. Images are `[N, H, W]` or one `[H, W]`, floats drawn
from 0 (black) to 1 (white) and clipped there, or integers 0…255; numpy or torch.

For papers: `width=figures.ONE_COLUMN` or `TWO_COLUMNS` (3.5 and 7.16 inches) sets the size; `axes=`
or `ax=` draws into a figure of yours. Colours keep their order in grey. PDF and SVG carry their
fonts and hold pixels that no viewer blurs, and the same input gives the same bytes. `figure.alt`
says in words what is shown: pages use it as alternative text, saved files as their description;
assign your own.

All of the functions raise TypeError for what is no array of numbers, and ValueError for no image or
too many, another shape, values that are not finite, what is not given once for each image, and a
width that nothing fits into.
"""

import lazy_loader

# The names and where they are: __init__.pyi. What is heavy loads when it is first used.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
