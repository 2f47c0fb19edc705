#!/usr/bin/env python3
"""lion.py: prints the weights that Lion gives for a few gradients, for
tests/test_optimizer.c.

Algorithm 2 of Chen et al. 2023, "Symbolic Discovery of Optimization
Algorithms", in float64, by NumPy and nothing else: PyTorch has no Lion.
"""
import numpy as np

WEIGHTS = np.array([0.5, -1.25, 0.0, 2.0])
GRADIENTS = np.array([  # a weight that never has one, and some that turn
    [0.5, -1.0, 0.0, 0.25],
    [-0.0625, 0.125, 0.0, 0.5],
    [-2.0, 4.0, 0.0, -0.03125],
    [0.0, 0.0, 0.0, 0.0],
    [1.5, -0.75, 0.0, -8.0],
    [0.25, 0.5, 0.0, 1.0],
])
SETTINGS = [  # learning rate, beta1, beta2, weight decay
    (1e-4, 0.9, 0.99, 0.0),
    (0.01, 0.5, 0.75, 0.1),
]


def lion(rate, beta1, beta2, decay):
    """The weights after each gradient."""
    w, m = WEIGHTS.copy(), np.zeros_like(WEIGHTS)
    for g in GRADIENTS:
        update = np.sign(beta1 * m + (1 - beta1) * g)
        w = w - rate * (update + decay * w)
        m = beta2 * m + (1 - beta2) * g
        yield w


for setting in SETTINGS:
    print("rate %g, beta1 %g, beta2 %g, weight decay %g" % setting)
    for w in lion(*setting):
        print("{" + ", ".join(f"{value:.12g}" for value in w) + "},")
