"""The figure of what moving units changed."""

import numpy as np
import pytest

from invertviz import figures


def test_code_change_shows_the_difference_and_its_scale(sample):
    before, after = sample.test.images[:2]
    figure = figures.code_change(before, after, titles=("a", "b"))
    *pictures, scale = figure.axes
    assert [axes.get_title() for axes in pictures] == ["a", "b", "difference"]
    shown = pictures[2].images[0]
    np.testing.assert_array_equal(shown.get_array(), after - before)
    assert shown.norm.vmax == -shown.norm.vmin == np.abs(after - before).max()
    assert [tick.get_text() for tick in scale.get_yticklabels()] == ["-1", "0", "+1"]
    grey = np.array(shown.cmap(np.linspace(0, 1, 21)))[:, :3] @ (0.2126, 0.7152, 0.0722)
    assert (np.diff(grey) > 0).all()  # the sign can be read without colour
    assert "a and b" in figure.alt


def test_what_does_not_fit_is_refused(sample):
    before, after = sample.test.images[:2]
    with pytest.raises(ValueError, match="one image each"):
        figures.code_change(before, sample.test.images[:2])
    with pytest.raises(ValueError, match="limit is 0"):
        figures.code_change(before, after, limit=0)
