"""The examples of all docstrings, run."""

import doctest
import importlib
import pkgutil

import numpy as np
import pytest

import elman

NEEDS = {"elman.torch": "torch", "elman.sklearn": "sklearn", "elman.forecaster": "sklearn", "elman.plot": "matplotlib",
         "elman.hub": "huggingface_hub", "elman.aeon": "aeon", "elman.sktime": "sktime"}
MODULES = [
    m.name
    for m in pkgutil.walk_packages(elman.__path__, "elman.")
    if m.name != "elman._core" and "._" not in m.name
]


@pytest.mark.parametrize("name", ["elman", *MODULES])
def test_the_examples_hold(name):
    if name in NEEDS:
        pytest.importorskip(NEEDS[name])
    module = importlib.import_module(name)
    names = {n: getattr(elman, n) for n in elman.__all__}
    found = doctest.testmod(
        module,
        extraglobs={**names, "elman": elman, "np": np, **vars(module)},
        optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS,
    )
    assert found.failed == 0
