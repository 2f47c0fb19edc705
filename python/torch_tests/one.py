"""one.py WAY FILE PATTERN RESULT: the tests of one of PyTorch's files whose names
hold PATTERN, computed one way, with the installed torch. WAY is stock, classes
or switch. Runs in the folder of that file; writes {test: outcome} as JSON.
"""

import importlib
import json
import os
import re
import sys
import unittest
import warnings

os.environ["PYTORCH_TESTING_DEVICE_ONLY_FOR"] = "cpu"
os.environ["PYTORCH_PRINT_REPRO_ON_FAILURE"] = "0"


def take(way):
    """Makes torch compute its recurrent layers that way."""
    import torch

    if way == "switch":
        import elman.torch

        elman.torch.install()
    if way == "classes":
        import elman.torch

        for name in ("RNN", "LSTM", "GRU", "RNNCell", "LSTMCell", "GRUCell"):
            ours = getattr(elman.torch, name)
            setattr(torch.nn, name, ours)
            setattr(torch.nn.modules, name, ours)


# names that files of 2.6 import and that later versions of torch lack; none of
# the tests that run here uses one
GONE = {
    "torch.jit.frontend": {"_IS_ASTUNPARSE_INSTALLED": True},
    "torch.testing._internal.common_cuda": {"tf32_is_not_fp32": lambda: False},
    "torch.testing._internal.common_mkldnn": {
        "bf32_on_and_off": lambda *args, **kwargs: lambda test: test
    },
    "torch.testing._internal.common_nn": {"new_module_tests": []},
    "torch.testing._internal.jit_metaprogramming_utils": {
        "additional_module_tests": []
    },
}


def add_gone_names():
    """Lets files of 2.6 load with a later torch."""
    import torch.testing._internal.common_utils as utils

    utils.DISABLE_RUNNING_SCRIPT_CHK = True
    for module, names in GONE.items():
        module = importlib.import_module(module)
        for name, value in names.items():
            if not hasattr(module, name):
                setattr(module, name, value)


class Outcomes(unittest.TestResult):
    """The outcome of each test, and why one failed."""

    def __init__(self):
        super().__init__()
        self.of = {}

    def _keep(self, test, outcome):
        self.of.setdefault(test.id(), outcome)

    def addSuccess(self, test):
        super().addSuccess(test)
        self._keep(test, "passed")

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._keep(test, "skipped: " + reason)

    def addExpectedFailure(self, test, error):
        super().addExpectedFailure(test, error)
        self._keep(test, "passed")

    def _failed(self, test, error):
        self.of[test.id()] = "failed: " + self._exc_info_to_string(error, test)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self._failed(test, error)

    def addError(self, test, error):
        super().addError(test, error)
        self._failed(test, error)

    def addSubTest(self, test, part, error):
        super().addSubTest(test, part, error)
        if error:
            self._failed(test, error)


def tests_of(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from tests_of(test)
        else:
            yield test


def main():
    way, file, pattern, result = sys.argv[1:]
    sys.argv[1:] = []
    folder, name = os.path.split(os.path.abspath(file))
    sys.path.insert(0, folder)
    os.chdir(folder)
    warnings.simplefilter("ignore")

    add_gone_names()
    take(way)
    module = importlib.import_module(name.removesuffix(".py"))
    found = unittest.defaultTestLoader.loadTestsFromModule(module)
    wanted = unittest.TestSuite(
        t for t in tests_of(found) if re.search(pattern, t.id())
    )
    outcomes = Outcomes()
    wanted.run(outcomes)
    with open(result, "w") as f:
        json.dump(outcomes.of, f, indent=1)


if __name__ == "__main__":
    main()
