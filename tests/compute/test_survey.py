"""What single units do on real images."""

import numpy as np
import pytest

from invertviz import survey_units, unit_effects, untrained
from invertviz.activations import ACTIVATIONS
from invertviz.survey import ranked

rng = np.random.default_rng(0)


def test_a_class_that_nothing_is_taken_for_has_no_mean(pretrained, sample):
    sevens = sample.test.images[sample.test.labels == 7][:5]
    taken = set(pretrained.classify(pretrained.encode(sevens)).argmax(-1))
    survey = survey_units(pretrained, sevens)
    missing = {c for c in range(10) if np.isnan(survey.class_codes[c]).all()}
    assert missing == set(range(10)) - taken
    assert (survey.histograms.sum(1) == 5).all()


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_effects_are_what_moving_each_unit_gives(activation):
    network = untrained((30, 16, 12, 4), activation=activation, image_shape=(6, 5), seed=1)
    code = rng.normal(size=12).astype(np.float32)
    survey = survey_units(network, rng.random((50, 6, 5), dtype=np.float32), bins=5)
    effects = unit_effects(network, code, "2", survey.ranges)
    for unit, ends in enumerate(survey.ranges):
        codes = np.stack([code, code])
        codes[:, unit] = ends
        low, high = network.classify(codes)[:, 2]
        assert effects[unit] == pytest.approx(high - low, abs=1e-6)


def test_equal_effects_are_ranked_by_number():
    assert ranked([0.1, -0.3, 0.3, 0]) == [1, 2, 0, 3]


def test_what_does_not_fit_is_refused(pretrained, sample):
    with pytest.raises(ValueError, match="bins is 0"):
        survey_units(pretrained, sample.test.images, bins=0)
    with pytest.raises(ValueError, match="2 classes were given"):
        unit_effects(pretrained, np.zeros(100), [1, 2], np.zeros((100, 2)))
    with pytest.raises(ValueError, match="99 ends for 100 units"):
        unit_effects(pretrained, np.zeros(100), 1, np.zeros((99, 2)))


def test_of_equal_effects_the_lower_unit_comes_first():
    effects = np.zeros(300, np.float32)
    effects[[250, 17]] = 0.5, -0.5
    rest = [unit for unit in range(300) if unit not in (17, 250)]
    assert ranked(effects) == [17, 250, *rest]
