"""Draw a digit; see what the network makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets as t

from invertviz import figures
from invertviz._arrays import ArrayLike
from invertviz.network import InvertibleNetwork
from invertviz.widgets._base import NetworkWidget, front_end
from invertviz.widgets._network_model import pretrained
from invertviz.widgets._traits import Floats, Picture
from invertviz.widgets._values import Flag, Real

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class DrawingCanvas(NetworkWidget):
    """A canvas to draw on, with the network's reconstruction and probabilities, live.

        canvas = DrawingCanvas(load_pretrained())
        canvas                          # draw
        canvas.prediction               # what the network took it for
        canvas.image = digits[7]        # show a digit
        canvas.observe(print, "prediction")

    Args:
        network: the network that looks; the pretrained one if None.
        image: the first image shown; blank if None.
        normalize: fit drawings the way MNIST was made: into a 20x20 box, keeping the aspect,
            centred by centre of mass in 28x28 (LeCun et al. 1998; scaled for other shapes).
        brush: width of the pen, in pixels of the network's input, 0.5 to 6.
        inverse: another way back than the network's own, fitted for it.

    Attributes:
        image: what the network sees, float32 `[H, W]` in [0, 1]. Assign to show an image.
        reconstruction: the image inverted from its code, float32 `[H, W]`, nominally in [0, 1].
        code: float32 `[code_size]`.
        probabilities: float32 `[classes]`, sums to 1.
        prediction: the most probable class, or -1 while the image is blank.

    Raises:
        TypeError: not a network, or an unknown argument.
        ValueError: the network's images are not rows and columns; a bad image.
    """

    _esm, _css = front_end("drawing_canvas")

    image = Picture()
    reconstruction = Floats(read_only=True)
    code = Floats(read_only=True)
    probabilities = Floats(read_only=True)
    prediction = t.Int(-1, read_only=True).tag(sync=True)
    normalize = Flag(True)
    brush = Real(2.2, low=0.5, high=6)

    def __init__(
        self,
        network: InvertibleNetwork | None = None,
        *,
        image: ArrayLike | None = None,
        **traits: Any,
    ) -> None:
        if image is not None:
            traits["image"] = image
        super().__init__(pretrained() if network is None else network, **traits)
        if not len(self.code):  # blank, as an image is by itself: nothing has changed
            self._look()

    def clear(self) -> None:
        """Show a blank image."""
        self.image = np.zeros(self.image_shape)

    def figure(self) -> Figure:
        """The image, what the network sees in it, and the prediction."""
        shown = "blank"
        if self.prediction >= 0:
            confidence = self.probabilities[self.prediction]
            shown = f"{self.class_names[self.prediction]} · {confidence:.1%}".replace("%", " %")
        return figures.reconstruction_pairs(self.image, self.reconstruction, titles=[shown])

    @t.observe("image")
    def _look(self, change: t.Bunch | None = None) -> None:
        with self._undone_on_error(change):
            result = self.network.reconstruct(self.image)
        probabilities = result.probabilities[0]
        prediction = int(probabilities.argmax()) if self.image.any() else -1
        with self.hold_sync(), self.hold_trait_notifications():
            self.set_trait("reconstruction", result.images[0])
            self.set_trait("code", result.codes[0])
            self.set_trait("probabilities", probabilities)
            self.set_trait("prediction", prediction)

    def _on_new_weights(self) -> None:
        self._look()
