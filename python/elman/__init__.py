"""Recurrent neural networks: the same bits everywhere, and a look inside.

>>> import elman
>>> model = elman.Model([elman.LSTM(64), elman.Linear(3)], inputs=8)
>>> model
Model([LSTM(64), Linear(3)], inputs=8)
"""

from elman import _core
from elman._core import (
    BadFileError,
    BadFormatError,
    BadValueError,
    Error,
    NotFiniteError,
    OutOfMemoryError,
    kinds,
    machine,
    threads_limit,
)
from elman.data import Dataset
from elman.eigenvalues import spectrum
from elman.exchange import (
    Conversion,
    Graph,
    Proposal,
    convert,
    describe,
    draft,
    load,
    propose,
    run,
)
from elman.inspection import Inspection
from elman.inspector import Inspector
from elman.layers import *  # noqa: F403
from elman.layers import __all__ as _layers
from elman.measurement import Measurement
from elman.model import Model
from elman.stream import Stream
from elman.streams import Streams
from elman.text import Encoding
from elman.training import Run, Trainer

__version__ = _core.version
__all__ = [
    "BadFileError", "BadFormatError", "BadValueError", "Conversion", "Dataset",
    "Encoding", "Error", "Graph", "Inspection", "Inspector", "Measurement", "Model",
    "NotFiniteError", "OutOfMemoryError", "Proposal", "Run", "Stream", "Streams",
    "Trainer", "convert", "describe", "draft", "kinds", "load", "machine", "propose", "run",
    "spectrum", "threads_limit", *_layers,
]  # fmt: skip
