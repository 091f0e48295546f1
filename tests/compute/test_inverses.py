"""The ways back, each against its closed form, a planted solution or a known bound."""

import copy
import json

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.numpy import save_file

from invertviz import (
    DecoderInverse,
    GradientInverse,
    InvertibleNetwork,
    LearnedInverse,
    PseudoInverse,
    RidgeInverse,
    fit_classifier,
    fit_inverse,
    load,
    untrained,
)
from invertviz.comparison import KINDS
from invertviz.inverses import batches_of, total_variation
from invertviz.inverses.decoder import decoder_loss
from invertviz.parts import inverse_of_kind

rng = np.random.default_rng(0)
IMAGES = rng.random((400, 4, 3)).astype(np.float32)
QUICK = {"decoder": {"hidden": (7, 5), "activation": "tanh", "steps": 9}, "gradient": {"steps": 9}}
QUICK_LEARNER = {"hidden": (64,), "steps": 800, "batch_size": 40, "learning_rate": 1e-2}


@pytest.fixture
def network():
    return untrained((12, 8, 6, 3), image_shape=(4, 3), device="cpu", seed=3)


def fitted(kind, network, **settings):
    settings = {"images": IMAGES, "progress": False, **QUICK.get(kind, {}), **settings}
    if kind == "learned":
        settings |= {"confidence": 0, "steps": 3}
    return inverse_of_kind(kind).fit(network, **settings)


def square_network(hidden=2):
    """A network without a bottleneck, whose relu cuts nothing off: its code tells everything."""
    generator = torch.Generator().manual_seed(0)
    layers = [
        (torch.eye(5) + 0.3 * torch.rand(5, 5, generator=generator), torch.full((5,), 0.1))
        for _ in range(hidden)
    ]
    output = (torch.rand(5, 3, generator=generator), torch.zeros(3))
    return InvertibleNetwork.from_arrays(
        [*layers, output],
        [np.zeros((5, 5))] * hidden,
        image_shape=(1, 5),
        activation="relu",
        device="cpu",
    )


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_inverts_through_a_network_that_shares_the_classifier(kind, network):
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    turned = network.with_inverse(fitted(kind, network))
    assert turned.inverse.kind == kind
    result = turned.reconstruct(IMAGES)
    assert result.images.shape == IMAGES.shape
    assert np.isfinite(result.images).all()
    np.testing.assert_array_equal(result.codes, network.encode(IMAGES))
    np.testing.assert_allclose(turned.invert(result.codes[5]), result.images[5:6], atol=1e-5)
    assert all(
        a is b for a, b in zip(turned.classifier.weights, network.classifier.weights, strict=True)
    )
    for name, tensor in network.state_dict().items():  # the first network is as it was
        assert torch.equal(tensor, before[name])
    assert network.inverse is not turned.inverse
    assert not any(parameter.requires_grad for parameter in turned.parameters())


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_comes_back_from_its_checkpoint(kind, network, tmp_path):
    turned = network.with_inverse(fitted(kind, network))
    turned.save(tmp_path / "net.safetensors")
    again = load(tmp_path / "net.safetensors", device="cpu")
    assert again.inverse.kind == kind
    assert again.inverse.settings == turned.inverse.settings
    np.testing.assert_array_equal(
        again.reconstruct(IMAGES).images, turned.reconstruct(IMAGES).images
    )
    again.save(tmp_path / "again.safetensors")
    first = (tmp_path / "net.safetensors").read_bytes()
    assert (tmp_path / "again.safetensors").read_bytes() == first


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_the_same_for_the_same_seed(kind, network):
    codes = torch.randn(20, 6)
    first, second = (fitted(kind, network, seed=5)(codes) for _ in range(2))
    assert torch.equal(first, second)


@pytest.mark.parametrize("kind", ["learned", "ridge", "decoder", "gradient"])
@pytest.mark.parametrize(
    ("images", "message"),
    [(np.zeros((3, 5)), "images of shape"), (IMAGES * 255, "from 0 to 1"), (IMAGES[:0], "empty")],
)
def test_images_that_do_not_fit_are_refused(kind, network, images, message):
    with pytest.raises(ValueError, match=message):
        fitted(kind, network, images=images)


def test_what_is_no_inverse_of_this_network_is_refused(network):
    with pytest.raises(TypeError, match="RidgeInverse is not a fitted inverse"):
        network.with_inverse(RidgeInverse)
    with pytest.raises(TypeError, match="'ridge' is not a fitted inverse"):
        network.with_inverse("ridge")
    other = untrained((12, 8, 5, 3), image_shape=(4, 3), device="cpu")
    with pytest.raises(
        ValueError, match=r"codes of shape \[5\] to images of \[4, 3\], but the network has \[6\]"
    ):
        network.with_inverse(fitted("ridge", other))
    twin = untrained((12, 8, 6, 3), image_shape=(4, 3), device="cpu")
    with pytest.raises(ValueError, match="another network"):
        network.with_inverse(fitted("pseudo", twin))
    with pytest.raises(ValueError, match="another network"):
        network.with_inverse(fitted("decoder", twin))
    with pytest.raises(ValueError, match=r"'ridge'.*RidgeInverse\.fit"):
        fit_inverse(network.with_inverse(fitted("ridge", network)), IMAGES)


def test_each_pass_over_the_data_is_in_a_new_order():
    def three_passes(seed):
        batches = batches_of(23, 5, torch.Generator().manual_seed(seed), torch.device("cpu"))
        return torch.stack([next(batches) for _ in range(3 * 4)]).reshape(3, 20).tolist()

    passes = three_passes(seed=1)
    for order in passes:  # no sample twice; of 23, the 3 that fill no batch are left out
        assert len({*order}) == 20
        assert {*order} <= {*range(23)}
        assert order != sorted(order)
    assert passes[0] != passes[1] != passes[2] != passes[0]
    assert {*range(23)} == {number for order in passes for number in order}
    assert three_passes(seed=1) == passes
    assert three_passes(seed=2) != passes


def test_batches_of_more_than_there_is_are_all_of_it():
    batches = batches_of(7, 100, torch.Generator().manual_seed(0), torch.device("cpu"))
    first, second = next(batches).tolist(), next(batches).tolist()
    assert sorted(first) == sorted(second) == [*range(7)]
    assert first != second


def test_learned_is_what_the_article_s_fit_gives(network):
    settings = {"seed": 1, "confidence": 0, "progress": False}
    start = LearnedInverse.fit(network, IMAGES, steps=0, **settings)
    by_hand = LearnedInverse(
        [m.clone() for m in start.matrices], network.classifier.biases[1::-1], "sigmoid", (4, 3)
    )
    fit_inverse(network.with_inverse(by_hand), IMAGES, steps=9, **settings)
    inverse = LearnedInverse.fit(network, IMAGES, steps=9, **settings)
    codes = torch.randn(5, 6)
    assert torch.equal(inverse(codes), by_hand(codes))
    assert not torch.equal(inverse(codes), start(codes))


def test_ridge_is_its_closed_form(network):
    inverse = RidgeInverse.fit(network, IMAGES, penalties=[0.25])
    Z, X = network.encode(IMAGES).astype(float), IMAGES.reshape(400, 12).astype(float)
    center, mean = Z.mean(0), X.mean(0)
    covariance = (Z - center).T @ (Z - center) / 400
    penalty = 0.25 * np.trace(covariance) / 6 * np.eye(6)
    M = np.linalg.solve(covariance + penalty, (Z - center).T @ (X - mean) / 400)
    np.testing.assert_allclose(inverse.matrices[0], M, atol=1e-5)
    found = inverse(torch.tensor(Z).float()).flatten(1)
    np.testing.assert_allclose(found, (Z - center) @ M + mean, atol=1e-5)


def test_ridge_finds_a_planted_linear_way_back():
    """One hidden layer, no bottleneck: the pixels are a linear function of the code."""
    network = square_network(hidden=1)
    images = rng.random((300, 1, 5)).astype(np.float32)
    turned = network.with_inverse(RidgeInverse.fit(network, images))
    np.testing.assert_allclose(turned.reconstruct(images).images, images, atol=1e-3)
    W, b = network.classifier.weights[0].numpy(), network.classifier.biases[0].numpy()
    np.testing.assert_allclose(turned.inverse.matrices[0], np.linalg.inv(W), atol=1e-3)
    np.testing.assert_allclose(turned.inverse.biases[0], -b @ np.linalg.inv(W), atol=1e-3)


def test_ridge_chooses_the_penalty_that_serves_unseen_images(network):
    """With as many images as units, the smallest penalty fits noise; validation says so."""
    noisy = np.clip(0.5 + 0.5 * rng.normal(size=(10, 12)), 0, 1).astype(np.float32)
    assert RidgeInverse.fit(network, noisy).penalty >= 0.01
    plenty = rng.random((5000, 1, 5)).astype(np.float32)
    assert RidgeInverse.fit(square_network(hidden=1), plenty).penalty <= 1e-4


def test_penalties_may_be_numpy_s(network):
    fitted = [
        RidgeInverse.fit(network, IMAGES, penalties=each) for each in (np.array([0.1]), [0.1])
    ]
    assert torch.equal(fitted[0].matrices[0], fitted[1].matrices[0])


@pytest.mark.parametrize("penalties", [[], [0.0], [-1.0], [float("nan")]])
def test_ridge_refuses_penalties_that_are_none(network, penalties):
    with pytest.raises(ValueError, match="penalties"):
        RidgeInverse.fit(network, IMAGES, penalties=penalties)


def test_ridge_refuses_a_single_image(network):
    with pytest.raises(ValueError, match="two images"):
        RidgeInverse.fit(network, IMAGES[0])


def test_pseudo_inverse_is_exact_where_nothing_is_lost():
    network = square_network()
    images = rng.random((50, 1, 5)).astype(np.float32)
    turned = network.with_inverse(PseudoInverse.fit(network))
    np.testing.assert_allclose(turned.reconstruct(images).images, images, atol=1e-4)


def test_pseudo_inverse_is_moore_penrose_layer_by_layer(network):
    matrices = PseudoInverse.fit(network).matrices
    for matrix, W in zip(matrices, [*network.classifier.weights][1::-1], strict=True):
        np.testing.assert_allclose(matrix, np.linalg.pinv(W.numpy()), atol=1e-5)


def test_decoder_comes_close_to_a_planted_way_back():
    network = square_network()
    images = rng.random((2000, 1, 5)).astype(np.float32)
    decoder = DecoderInverse.fit(network, images, **QUICK_LEARNER, progress=False)
    fresh = rng.random((500, 1, 5)).astype(np.float32)
    error = network.with_inverse(decoder).reconstruct(fresh).images - fresh
    assert np.square(error).mean() < 0.05 * fresh.var()


def test_decoder_is_torn_between_pixels_and_representation(network):
    """Three units tell less than the code: what they keep is what the weights ask for."""
    for W in network.classifier.weights:
        W.data *= 10  # a network that tells its inputs apart
    settings = {**QUICK_LEARNER, "hidden": (3,), "activation": "tanh", "corrections": 0}

    def measured(representation, classes):
        weights = {"representation": representation, "classes": classes}
        decoder = DecoderInverse.fit(network, IMAGES, **weights, **settings, progress=False)
        codes, images = network.encode(IMAGES), network.with_inverse(decoder).reconstruct(IMAGES)[0]
        again = network.encode(images)
        return (
            np.square(images - IMAGES).mean(),
            np.square(again - codes).mean(),
            np.abs(network.classify(again) - network.classify(codes)).mean(),
        )

    pixels, code, classes = measured(0, 0), measured(1, 0), measured(0, 100)
    assert pixels[0] < 0.95 * code[0]
    assert code[1] < 0.5 * pixels[1]
    assert classes[2] < 0.5 * pixels[2]


def test_decoder_s_loss_is_the_one_it_says(network):
    for W in network.classifier.weights:
        W.data *= 10  # a network that tells its inputs apart
    images, shown = torch.tensor(IMAGES[:4]), torch.tensor(IMAGES[4:8])
    codes, scale = 3 * torch.randn(4, 6), torch.rand(6) + 0.5
    again = network.encode(IMAGES[:4]).astype(float)
    p = network.classify(codes).double().numpy()
    q = network.classify(again).astype(float)
    expected = np.square(IMAGES[:4] - IMAGES[4:8]).mean()
    expected += 0.7 * np.square((again - codes.numpy()) / scale.numpy()).mean()
    divergence = (p * np.log(p / q)).sum(1).mean()
    assert divergence > 0.01
    expected += 3 * divergence
    found = decoder_loss(network, images, shown, codes, scale, 0.7, 3)
    assert float(found) == pytest.approx(expected, rel=1e-5)


def corrected(network, corrections):
    """A decoder of one hidden layer, of numbers drawn, that corrects itself so often."""
    shapes = ((6, 9), (9, 12), (9,), (12,), (6, 12))
    *layers, gain = (torch.tensor(rng.normal(size=shape)).float() for shape in shapes)
    return DecoderInverse(
        layers[:2],
        layers[2:],
        (4, 3),
        activation="tanh",
        encoder=network.encoder,
        gain=gain,
        corrections=corrections,
    )


@pytest.mark.parametrize("corrections", [0, 1, 3])
def test_decoder_feeds_back_what_the_network_misses_in_its_picture(network, corrections):
    inverse = corrected(network, corrections)
    tensors = {name: tensor.numpy() for name, tensor in inverse.named_tensors().items()}
    codes = rng.normal(size=(5, 6)).astype(np.float32)
    hidden = np.tanh(codes @ tensors["inverse1"] + tensors["inverse_b1"])
    scores = hidden @ tensors["inverse2"] + tensors["inverse_b2"]
    for _ in range(corrections):
        images = 1 / (1 + np.exp(-scores))
        scores = scores + (codes - network.encode(images)) @ tensors["inverse_gain"]
    found = network.with_inverse(inverse).invert(codes).reshape(5, 12)
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-scores)), atol=1e-5)


def test_corrections_bring_a_decoder_nearer_to_the_code(network):
    for W in network.classifier.weights:
        W.data *= 10  # a network that tells its inputs apart
    codes = network.encode(IMAGES)

    def apart(corrections):
        settings = {**QUICK_LEARNER, "hidden": (3,), "steps": 200, "corrections": corrections}
        inverse = DecoderInverse.fit(network, IMAGES, **settings, progress=False)
        again = network.encode(network.with_inverse(inverse).reconstruct(IMAGES).images)
        return np.square(again - codes).mean()

    assert apart(2) < 0.5 * apart(0)


def test_decoder_s_pictures_can_be_shown_whatever_the_code(network):
    codes = 1e4 * torch.randn(50, 6)
    images = DecoderInverse.fit(network, IMAGES, steps=20, progress=False)(codes)
    assert float(images.min()) >= 0
    assert float(images.max()) <= 1


def test_decoder_does_not_magnify_a_unit_that_never_varies(network):
    for W in network.classifier.weights:
        W.data *= 10  # a network that tells its inputs apart
    network.classifier.weights[1].data[:, 2] = 0
    decoder = DecoderInverse.fit(network, IMAGES, steps=50, progress=False)
    codes = torch.tensor(network.encode(IMAGES))
    moved = codes.clone()
    moved[:, 2] += 1e-4 * codes.std()
    torch.testing.assert_close(decoder(moved), decoder(codes), atol=0.05, rtol=0)


def test_decoders_of_files_from_before_they_were_bounded_stay_as_they_were(network, tmp_path):
    matrices, biases = [torch.randn(6, 9), torch.randn(9, 12)], [torch.randn(9), torch.randn(12)]
    old = DecoderInverse(matrices, biases, (4, 3), output="identity")
    network.with_inverse(old).save(tmp_path / "net.safetensors")
    with safe_open(tmp_path / "net.safetensors", framework="numpy") as file:
        description = json.loads(file.metadata()["invertviz"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    description["inverse_settings"] = {"hidden": [9], "activation": "relu"}
    save_file(tensors, tmp_path / "old.safetensors", {"invertviz": json.dumps(description)})
    codes = torch.randn(5, 6)
    hidden = (codes @ matrices[0] + biases[0]).clamp_min(0)
    found = load(tmp_path / "old.safetensors", device="cpu").invert(codes)
    torch.testing.assert_close(found.flatten(1), hidden @ matrices[1] + biases[1])


def test_decoders_are_fitted_through_a_network_that_is_in_training(network):
    network.requires_grad_(True)
    decoder = DecoderInverse.fit(network, IMAGES, steps=2, progress=False)
    assert all(parameter.requires_grad for parameter in network.encoder.parameters())
    assert all(parameter.grad is None for parameter in network.parameters())
    assert not any(tensor.requires_grad for tensor in decoder.named_tensors().values())


@pytest.mark.parametrize("steps", [1, 2, 5, 10, 20])
def test_decoders_may_take_few_steps(network, steps):
    decoder = DecoderInverse.fit(network, IMAGES, steps=steps, progress=False)
    assert bool(decoder(torch.zeros(1, network.units)).isfinite().all())


def test_decoder_shows_progress(network, capsys):
    DecoderInverse.fit(network, IMAGES, steps=2)
    assert "2/2" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hidden": (0,)}, "hidden"),
        ({"activation": "swish"}, "swish"),
        ({"corrections": -1}, "corrections is -1"),
        ({"representation": -1}, "representation is -1"),
        ({"classes": float("nan")}, "classes nan"),
        ({"steps": 0}, "steps is 0"),
        ({"learning_rate": 0}, "learning_rate 0"),
    ],
)
def test_decoders_that_make_no_sense_are_refused(network, settings, message):
    with pytest.raises(ValueError, match=message):
        DecoderInverse.fit(network, IMAGES, progress=False, **settings)


def test_layers_that_do_not_follow_from_one_another_are_refused():
    with pytest.raises(ValueError, match="do not follow"):
        DecoderInverse(
            [torch.zeros(6, 5), torch.zeros(4, 12)], [torch.zeros(5), torch.zeros(12)], (4, 3)
        )
    with pytest.raises(ValueError, match=r"encoder and a gain of shape \[6, 12\]"):
        DecoderInverse([torch.zeros(6, 12)], [torch.zeros(12)], (4, 3), corrections=1)
    with pytest.raises(ValueError, match="do not follow"):
        RidgeInverse(torch.zeros(6, 5), torch.zeros(4), (2, 2))


def test_gradient_descends_on_its_loss(network):
    codes = torch.tensor(network.encode(IMAGES[:20]))
    losses = []
    for steps in (0, 20, 100):
        inverse = GradientInverse.fit(network, IMAGES, steps=steps)
        losses.append(inverse.losses(inverse(codes), codes))
    assert (losses[1] < losses[0]).all()
    assert (losses[2] < losses[0]).all()
    assert losses[2].mean() < 0.9 * losses[1].mean()


def test_gradient_s_loss_is_the_one_it_says(network):
    settings = {"total_variation": 0.3, "norm": 0.7, "alpha": 3}
    inverse = GradientInverse.fit(network, IMAGES, **settings)
    image, z = IMAGES[0].astype(float), network.encode(IMAGES[1])[0].astype(float)
    down = np.diff(image, axis=0, append=image[-1:])
    right = np.diff(image, axis=1, append=image[:, -1:])
    f = network.encode(image)[0]
    expected = ((f - z) ** 2).sum() / (z**2).sum()
    expected += 0.3 * np.hypot(down, right).sum() / 12 + 0.7 * (image**3).sum() / 12
    (found,) = inverse.losses(torch.tensor(image)[None].float(), torch.tensor(z)[None])
    assert float(found) == pytest.approx(expected, rel=1e-3)


def test_gradient_s_rate_falls_to_0_as_half_a_cosine(network):
    """Where the slope is the same everywhere, each of Adam's steps is as long as its rate."""
    inverse = GradientInverse.fit(network, IMAGES, steps=8, total_variation=0)
    inverse.encoder = copy.deepcopy(network.encoder)
    for W in inverse.encoder.weights:
        W.data.zero_()  # a code that is the same for all pictures: what is left is their norm
    inverse.start.matrices[0].data.zero_()
    inverse.start.biases[0].data.fill_(0.9)
    passed = []
    losses = inverse.losses
    inverse.losses = lambda images, codes: (
        passed.append(float(images.detach().mean())) or losses(images, codes)
    )
    codes = inverse.encoder(torch.zeros(1, 4, 3))
    passed.append(float(inverse(codes).mean()))
    rates = 0.02 * (1 + np.cos(np.pi * np.arange(8) / 8)) / 2
    np.testing.assert_allclose(-np.diff(passed), rates, atol=1e-5)


def test_gradient_finds_the_planted_image():
    """Where the code tells everything, the image that has it is the image it came from."""
    network = square_network()
    images = rng.random((30, 1, 5)).astype(np.float32)
    inverse = GradientInverse.fit(network, images, steps=500, total_variation=0, norm=0)
    inverse.start.biases[0].data += 0.3  # a start that is off
    turned = network.with_inverse(inverse)
    np.testing.assert_allclose(turned.reconstruct(images).images, images, atol=0.02)


def test_gradient_s_priors_make_smooth_and_dark_images(network):
    codes = torch.tensor(network.encode(IMAGES[:50]))

    def images(**weights):
        weights = {"total_variation": 0, "norm": 0, **weights}
        return GradientInverse.fit(network, IMAGES, **weights)(codes)

    bare, smooth, dark = images(), images(total_variation=1), images(norm=1)
    assert float(total_variation(smooth).mean()) < 0.7 * float(total_variation(bare).mean())
    assert float(dark.mean()) < 0.7 * float(bare.mean())


def test_gradient_inverts_each_code_by_itself(network):
    inverse = GradientInverse.fit(network, IMAGES)
    codes = torch.randn(9, 6)
    # In double precision: a descent magnifies how sums of more or fewer rows are rounded.
    exact, doubles = copy.deepcopy(inverse).double(), codes.double()
    torch.testing.assert_close(exact(doubles)[4:5], exact(doubles[4:5]), atol=1e-8, rtol=0)
    assert float(inverse(codes).min()) >= 0
    assert float(inverse(codes).max()) <= 1
    with torch.no_grad():
        assert torch.equal(inverse(codes), inverse(codes))
    assert torch.isfinite(inverse(torch.zeros(1, 6))).all()


def test_gradient_shows_progress(network, capsys):
    GradientInverse.fit(network, IMAGES, steps=2).search(torch.zeros(1, 6), progress=True)
    assert "2/2" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"steps": -1}, ValueError, "steps is -1"),
        ({"norm": -1}, ValueError, "norm -1"),
        ({"alpha": 0.5}, ValueError, "alpha 0.5"),
        ({"momentum": 1}, TypeError, "momentum"),
    ],
)
def test_descents_that_make_no_sense_are_refused(network, settings, error, message):
    with pytest.raises(error, match=message):
        GradientInverse.fit(network, IMAGES, **settings)


@pytest.mark.parametrize("shape", [(4, 6), (2, 4, 6), (24,)])
def test_total_variation_of_an_edge_is_its_length(shape):
    image = torch.zeros(shape)
    image[..., 3:] = 0.5
    expected = 0.5 * image[..., 0].numel()
    assert float(total_variation(image[None])) == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("activation", ["sigmoid", "relu"])
def test_fits_leave_gradients_and_flags_as_they_were(kind, activation):
    network = untrained((12, 8, 6, 3), activation=activation, image_shape=(4, 3), device="cpu")
    thawed = [*network.parameters()][::2]
    for parameter in thawed:
        parameter.requires_grad_(True)
    flags = [parameter.requires_grad for parameter in network.parameters()]
    inverse = fitted(kind, network)
    network.with_inverse(inverse).reconstruct(IMAGES)
    fit_classifier(network, IMAGES, np.arange(400) % 3, steps=2, progress=False)
    fit_inverse(network, IMAGES, steps=2, confidence=0, progress=False)
    assert [parameter.requires_grad for parameter in network.parameters()] == flags
    assert all(parameter.grad is None for parameter in network.parameters())
    own = inverse.named_tensors().values()
    assert not any(tensor.requires_grad or tensor.grad is not None for tensor in own)


def test_ridge_of_large_codes_is_that_along_their_principal_axes(monkeypatch):
    """Where the axes are all that there are, it is the same as without them."""
    network = untrained((12, 8, 6, 3), image_shape=(4, 3), device="cpu", seed=3)
    plain = RidgeInverse.fit(network, IMAGES, penalties=[1e-6])
    monkeypatch.setattr("invertviz.inverses.ridge._MOST_NUMBERS", 5)
    large = RidgeInverse.fit(network, IMAGES, penalties=[1e-6])
    assert large.settings["rank"] == 6
    codes = torch.tensor(network.encode(IMAGES))
    torch.testing.assert_close(large(codes), plain(codes), atol=2e-3, rtol=0)
    again = RidgeInverse.unfitted(network, large.settings).named_tensors()
    assert {n: t.shape for n, t in again.items()} == {
        n: t.shape for n, t in large.named_tensors().items()
    }


def test_ridge_of_a_hundred_thousand_numbers_fits_in_memory():
    module = torch.nn.Sequential(
        torch.nn.Conv2d(3, 32, 3, stride=4, padding=1), torch.nn.Flatten(),
        torch.nn.Linear(32 * 56 * 56, 5),
    )  # fmt: skip
    network = InvertibleNetwork.from_module(module, "0", image_shape=(3, 224, 224))
    images = rng.integers(0, 255, (20, 3, 224, 224), dtype=np.uint8)
    turned = network.with_inverse(RidgeInverse.fit(network, images))
    assert sum(t.numel() for t in turned.inverse.parameters()) < 20 * (100_352 + 150_528 + 20)
    error = turned.reconstruct(images).images - images / 255
    assert np.square(error).mean() < np.var(images / 255, axis=0).mean()
