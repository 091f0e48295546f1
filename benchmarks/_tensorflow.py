"""The article's system as TensorFlow 1 graph code, written from its equations."""

from __future__ import annotations

import os

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow.compat.v1 as tf

tf.disable_eager_execution()


class GraphNetwork:
    """784 → 100 → 100 → 10 and its inverse, in a session of its own, with an
    InvertibleNetwork's weights. Batches are fed from numpy, as the article's code did."""

    def __init__(self, network, threads):
        self.sizes = network.classifier.sizes
        with tf.Graph().as_default() as graph:
            self._build(network)
            config = tf.ConfigProto(
                intra_op_parallelism_threads=threads, inter_op_parallelism_threads=threads
            )
            self.session = tf.Session(graph=graph, config=config)
            self.session.run(tf.global_variables_initializer())

    def _build(self, network):
        def variable(parameter):
            return tf.Variable(parameter.numpy(force=True))

        W1, W2, W = (variable(W) for W in network.classifier.weights)
        b1, b2, b = (variable(b) for b in network.classifier.biases)
        W2inv, W1inv = (variable(M) for M in network.inverse.matrices)
        pixels, _, units, classes = self.sizes

        self.x = tf.placeholder(tf.float32, [None, pixels])
        self.y = tf.placeholder(tf.float32, [None, classes])
        self.z2 = tf.matmul(tf.sigmoid(tf.matmul(self.x, W1) + b1), W2) + b2
        self.code = tf.placeholder_with_default(self.z2, [None, units])
        logits = tf.matmul(tf.sigmoid(self.code), W) + b
        self.p = tf.nn.softmax(logits)
        loss = tf.reduce_sum(
            tf.nn.softmax_cross_entropy_with_logits_v2(labels=self.y, logits=logits)
        )
        self.train_classifier = _adagrad(loss, [W1, b1, W2, b2, W, b])

        a1 = tf.matmul(self.code - b2, W2inv)
        low = tf.reduce_min(a1, 1, keepdims=True)
        high = tf.reduce_max(a1, 1, keepdims=True)
        squashed = (a1 - low) / (high - low) * 0.99 + 0.005
        self.estimate = tf.matmul(tf.log(squashed / (1 - squashed)) - b1, W1inv)
        loss = tf.reduce_sum(tf.abs(self.x - self.estimate))
        loss += tf.square(tf.reduce_min(a1)) / 2 + tf.square(tf.reduce_max(a1) - 1) / 2
        self.train_inverse = _adagrad(loss, [W2inv, W1inv])

        count = classes - 1
        self.z = tf.Variable(tf.zeros([count, units]))
        self.z_from_zeros = self.z.initializer
        p = self.p_of_z = tf.nn.softmax(tf.matmul(tf.sigmoid(self.z), W) + b)
        targets = tf.constant(np.eye(classes, dtype=np.float32)[1:])
        loss = tf.reduce_sum(tf.abs(targets - p))
        self.descend = tf.train.GradientDescentOptimizer(1.0).minimize(loss, var_list=[self.z])

    def classifier_step(self, images, onehot, batch_size):
        """A function that trains the classifier one step, on the next batch."""
        batches = next_batches(batch_size, images, onehot)
        return lambda: self._feed(self.train_classifier, (self.x, self.y), next(batches))

    def inverse_step(self, images, codes, batch_size):
        """A function that trains the inverse one step, on the next batch."""
        batches = next_batches(batch_size, images, codes)
        return lambda: self._feed(self.train_inverse, (self.x, self.code), next(batches))

    def _feed(self, operation, places, values):
        self.session.run(operation, feed_dict=dict(zip(places, values, strict=True)))

    def reconstruct(self, x):
        return self.session.run([self.estimate, self.z2, self.p], {self.x: x})

    def reconstruct_by_parts(self, x):
        """Encode, classify and invert, a run each."""
        z2 = self.session.run(self.z2, {self.x: x})
        return [self.session.run(part, {self.code: z2}) for part in (self.p, self.estimate)]

    def optimize_codes(self, steps):
        """Latent optimization from zeros; gives the trajectory."""
        self.session.run(self.z_from_zeros)
        trajectory = [self.session.run(self.z)]
        for _ in range(steps):
            self.session.run(self.descend)
            trajectory.append(self.session.run(self.z))
        return np.stack(trajectory)


def next_batches(size, *arrays):
    """As `next_batch` of TensorFlow's MNIST tutorial, on which the article's code was built: all
    samples are put in a new order when an epoch begins, and batches are slices of them."""
    random, count = np.random.default_rng(0), len(arrays[0])
    while True:
        order = random.permutation(count)
        arrays = [array[order] for array in arrays]
        for start in range(0, count - size + 1, size):
            yield [array[start : start + size] for array in arrays]


def _adagrad(loss, variables):
    optimizer = tf.train.AdagradOptimizer(0.01, initial_accumulator_value=0.1)
    return optimizer.minimize(loss, var_list=variables)
