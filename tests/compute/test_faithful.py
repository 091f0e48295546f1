"""What the ways back reach on full MNIST, through the pretrained classifier."""

from invertviz import compare_inverses, fit_inverses, load_pretrained


def test_faithful_inversion(mnist):
    network = load_pretrained(device="cpu")
    images, labels, known = mnist.test.images, mnist.test.labels, mnist.train.images
    kinds = ["ridge", "pseudo", "decoder", "gradient"]
    fitted = fit_inverses(network, known, kinds, progress=False)
    few = fitted.pop("gradient")
    table = compare_inverses(
        network, images, labels, fit_images=known, inverses={"article": network.inverse, **fitted}
    )
    print(table.to_string(float_format="%.4f"))
    decoder, article, ridge = (table.loc[name] for name in ("decoder", "article", "ridge"))
    assert decoder.mse <= 0.0185
    assert decoder.class_consistency >= 0.992
    assert decoder.class_consistency_misclassified >= 0.93
    assert decoder.mse > table.mse["PCA of rank 100"]
    assert ridge.mse <= 0.0255
    assert decoder.mse < ridge.mse < 0.6 * article.mse < 0.6 * table.mse["mean image"]
    # The lesson of the pseudo-inverse: noise to the eye, and clipped to be seen, not even right.
    assert table.class_consistency["pseudo"] <= 0.95
    assert table.mse["pseudo"] > table.mse["mean image"]

    # Thousands of descents take a while: the first 1,000 samples will do.
    table = compare_inverses(
        network, images[:1000], labels[:1000], fit_images=known, inverses={"gradient": few}
    )
    print(table.to_string(float_format="%.4f"))
    assert table.mse["gradient"] <= 0.024
    assert table.class_consistency["gradient"] >= 0.99
    assert table.class_consistency_misclassified["gradient"] >= 0.9
