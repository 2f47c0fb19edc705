"""Each keyword of each public call refuses what it cannot mean, in one sentence
that names it.

A row is a call, and for each of its keywords the kind of value it takes: a kind
has values that must be refused, and some that must not.
"""

import numpy as np
import pytest

import elman

NAN, INF = float("nan"), float("inf")
HUGE = 2**70


class Odd:
    """What is nothing that is known."""


ODD = [Odd(), [], {}, b"x", lambda: 0]
NUMBERS = [-1, -0.5, 0, 1, 1.5, NAN, INF, -INF, HUGE, True, np.float64(NAN), np.array([1, 2])]
BAD = {
    "size": [-1, 0, 1.5, NAN, INF, HUGE, True, "two", np.array([1, 2]), *ODD],
    "count": [-1, 1.5, NAN, INF, -HUGE, True, "two", *ODD],
    "seed": [-1, 1.5, NAN, HUGE, True, "two", *ODD],
    "flag": ["yes", "no", 2, -1, 0.5, NAN, HUGE, *ODD],
    "positive": [-0.5, NAN, INF, "one", True, -HUGE, *ODD],
    "real": [NAN, INF, "one", True, *ODD],
    "share": [-0.1, 1.5, NAN, INF, "half", True, HUGE, *ODD],
    "word": ["nonsense", 3, True, NAN, *ODD],
    "threads": [-1, 65, 1.5, NAN, HUGE, True, "all", *ODD],
    "lengths": ["a", 2, [1.5, 2], [-1, 2], [99, 1], [NAN, 1], [1], [1, 2, 3], HUGE, [HUGE, 1], Odd()],
    "function": [3, "x", True, [1]],
    "text": [3, True, NAN, Odd(), b"x", [1]],
}  # fmt: skip
GOOD = {
    "size": [2, np.int64(3)], "count": [0, 2, np.uint8(3)], "seed": [0, 2**64 - 1],
    "flag": [True, False, np.bool_(True)], "positive": [0, 0.5, np.float32(1)],
    "real": [-0.5, 2], "share": [0, 0.25, np.float32(0.5)], "threads": [0, 1, 64],
}  # fmt: skip


def model(**more):
    return elman.Model([elman.LSTM(3), elman.Linear(2)], inputs=2, **more)


X = np.zeros((2, 4, 2), np.float32)


def lstm(**fields):
    return elman.LSTM(**{"hidden_size": 5, "num_layers": 2, "bidirectional": True, **fields})


def language():
    text = elman.Dataset.text("to be or not to be " * 20)
    made = elman.Model.for_data(text, hidden=3, embedding=2)
    return made


SPEAKS = language()

CALLS = {
    "LSTM": (lstm, dict(
        hidden_size="size", num_layers="size", proj_size="count", bias="flag",
        bidirectional="flag", dropout="share", zoneout="share", recurrent_dropout="share",
        clip="positive", forget_bias="real", merge="word", init_ih="word", name="text",
        learned_state="flag", peephole="flag", coupled="flag")),
    "Linear": (lambda **k: elman.Linear(**{"output_size": 3, **k}), dict(output_size="size", bias="flag", init_ih="word")),
    "Embedding": (lambda **k: elman.Embedding(**{"num_embeddings": 4, "embedding_dim": 2, **k}),
                  dict(num_embeddings="size", embedding_dim="size")),
    "Dropout": (elman.Dropout, dict(p="share", variational="flag")),
    "LayerNorm": (elman.LayerNorm, dict(eps="positive", name="text")),
    "Last": (elman.Last, dict(last="word")),
    "Pool": (elman.Pool, dict(pool="word")),
    "Repeat": (elman.Repeat, dict(repeats="count")),
    "ELU": (elman.ELU, dict(alpha="real")),
    "LeakyReLU": (elman.LeakyReLU, dict(negative_slope="real")),
    "Model": (model, dict(batch_first="flag", seed="seed")),
    "model": (lambda **k: model()(X, **k), dict(lengths="lengths", threads="threads")),
    "stream": (lambda **k: model().stream(**k),
               dict(batch="size", empty="flag", threads="threads")),
    "streams": (lambda **k: model().streams(**k), dict(room="size", threads="threads")),
    "state": (lambda **k: model().state(**{"T": 2, "B": 2, **k}), dict(
        T="size", B="size", training="flag", threads="threads", seed="seed",
        keep_steps="flag")),
    "forward": (lambda **k: model().state(T=4, B=2).forward(X, **k), dict(lengths="lengths")),
    "sample": (lambda **k: SPEAKS.sample(**{"prompt": "to", "length": 3, **k}), dict(
        prompt="text", length="count", temperature="positive", top_k="size", seed="seed")),
}  # fmt: skip
ROWS = [(call, name, kind) for call, (_, names) in CALLS.items() for name, kind in names.items()]


def values_of(kind, good):
    return (GOOD if good else BAD).get(kind, [])


@pytest.mark.parametrize("call, name, kind", ROWS)
def test_nonsense_is_refused_with_its_name(call, name, kind):
    function = CALLS[call][0]
    for value in values_of(kind, good=False):
        with pytest.raises((elman.Error, TypeError)) as found:
            function(**{name: value})
            raise AssertionError(f"{call}({name}={value!r}) was taken")
        sentence = str(found.value)
        assert name in sentence and len(sentence.split()) > 3 and "\n" not in sentence, (
            value, sentence)  # fmt: skip
    for value in values_of(kind, good=True):
        function(**{name: value})
