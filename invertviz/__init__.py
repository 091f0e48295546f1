"""Turn a neural network around: from a hidden representation back to the picture."""

import lazy_loader

__version__ = "0.1.0"

# The names and where they are: __init__.pyi. What is heavy loads when it is first used.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
