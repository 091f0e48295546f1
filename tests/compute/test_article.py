"""The article's numbers, reached on full MNIST with its settings; `make bench` has three seeds."""

import numpy as np

from invertviz import evaluate, evaluate_inverse, optimize_codes, train


def test_article_numbers(mnist, request):
    accuracies = []
    for seed in range(request.config.getoption("--article-seeds")):
        network = train(
            mnist.train.images[5000:], mnist.train.labels[5000:], seed=seed, progress=False
        )
        accuracy = evaluate(network, mnist.test.images, mnist.test.labels).accuracy
        quality = evaluate_inverse(network, mnist.test.images, mnist.test.labels)
        digits = optimize_codes(network, range(1, 10), progress=False)
        confidences = digits.probabilities[range(9), range(1, 10)]
        print(
            f"seed {seed}: test accuracy {accuracy:.4f}, reconstruction MAE {quality.mae:.4f}, "
            f"MSE {quality.mse:.4f}, class consistency {quality.class_consistency:.4f} "
            f"(misclassified {quality.class_consistency_misclassified:.3f}), generated digits "
            f"{confidences.min():.4f} to {confidences.max():.4f} confident"
        )
        accuracies.append(accuracy)
        assert quality.mae <= 0.105
        assert quality.class_consistency >= 0.94
        assert confidences.min() >= 0.995
    print(f"mean test accuracy {np.mean(accuracies):.4f}")
    assert np.mean(accuracies) >= 0.950
