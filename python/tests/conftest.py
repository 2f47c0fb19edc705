"""What all tests share."""

import numpy as np
import pytest


@pytest.fixture
def rng():
    """Random numbers, the same in each run."""
    return np.random.default_rng(15)

