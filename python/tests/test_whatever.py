"""Whatever a call is given, it answers or says in a sentence why not: no fault of
its own comes to light."""

import random
import traceback

import numpy as np
import pytest

import elman

X = np.random.default_rng(0).standard_normal((4, 3, 2)).astype("f4")
Y = np.array([0, 1, 0, 1])
DATA = elman.Dataset.of(X, Y, validation=0.5)
MODEL = elman.Model([elman.LSTM(3), elman.Linear(2)], inputs=2)
FITTED = elman.Model([elman.GRU(3), elman.Last(), elman.Linear(2)], inputs=2)
FITTED.fit(X, Y, epochs=1)
SPEAKS = elman.Model.for_data(elman.Dataset.text("to be or not " * 20), hidden=3, embedding=2)
TOKENS = elman.Model([elman.Embedding(5, 3), elman.LSTM(3), elman.Linear(5)])
SHAPES = [(), (0,), (4,), (2, 4), (4, 3), (4, 3, 2), (2, 3, 2), (0, 3, 2), (4, 0, 2), (1, 2, 3, 4),
          (4, 1)]  # fmt: skip
TYPES = ["f4", "f8", "i4", "i8", "?", "c8", "U3", "O", "f2", "u8", "M8[s]", "S2"]
KEYWORDS = [
    *elman._core.fields("trainer"), "learning_rate", "rule", "clip_norm", "warmup",
    "class_weights", "groups", "lengths", "validation", "part", "threads", "probabilities",
    "hidden", "cell", "layers", "pool", "dropout", "task", "seed", "missing", "vocabulary",
    "per_step", "scaling", "labels", "class_count", "target", "window", "horizon", "columns",
    "test", "y", "steps", "bidirectional", "num_layers", "merge", "name", "activations",
    "init_ih", "fields", "callback", "progress", "seconds", "nothing",
]  # fmt: skip


class Odd:
    """What is nothing that is known."""


class Calls:
    """Calls with arguments by chance, of which some are right."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.stream, self.streams = MODEL.stream(2), MODEL.streams(2)

    def array(self):
        kind = self.random.choice(TYPES)
        return np.full(self.random.choice(SHAPES), self.random.choice([0, 1])).astype(kind)

    def value(self, depth=0):
        R, kind = self.random, self.random.random()
        if kind < 0.3:
            return self.array()
        if kind < 0.6 and depth < 3:
            return R.choice([list, tuple])(self.value(depth + 1) for _ in range(R.randint(0, 4)))
        if kind < 0.65 and depth < 3:
            keys = ["a", "kind", "hidden_size", "fc.bias", "names", 1, None]
            return {R.choice(keys): self.value(depth + 1) for _ in range(R.randint(0, 3))}
        if kind < 0.7:
            return iter([self.value(3) for _ in range(R.randint(0, 3))])
        return R.choice([
            None, 0, 1, 2, -1, 2**31, 2**63, -(2**70), 1.5, float("nan"), float("inf"), "", "x\0y",
            "train", "mse", "a,b", b"", b"a,b\n1,2\n", True, False, Odd(), int, lambda *a: 0,
            10**30, np.float32(1), np.int8(3), elman.LSTM(2), DATA, MODEL,
        ])  # fmt: skip

    def some(self, *names):
        R = self.random
        return {R.choice(names or KEYWORDS): self.value() for _ in range(R.choice([0, 0, 1, 2]))}

    def one(self):
        """Makes a call."""
        v, some, stream, streams = self.value, self.some, self.stream, self.streams

        def or_right(right):
            return right if self.random.random() < 0.5 else v()

        self.random.choice([
            lambda: MODEL(or_right(X), **some("lengths", "threads")),
            lambda: TOKENS(v(), **some("lengths", "threads")),
            lambda: FITTED.copy().fit(or_right(X), or_right(Y), **{"steps": 2, **some()}),
            lambda: TOKENS.copy().fit(v(), **{"steps": 1, **some()}),
            lambda: FITTED.evaluate(or_right(X), or_right(Y), **some()),
            lambda: FITTED.predict(or_right(X), **some()),
            lambda: FITTED.forecast(v(), **some("steps")),
            lambda: elman.Dataset.of(or_right(X), or_right(Y), **some()),
            lambda: elman.Dataset.tokens(v(), **some()),
            lambda: elman.Dataset.open(v(), **some()),
            lambda: elman.Dataset.text(v(), **some()),
            lambda: elman.Model.for_data(or_right(X), or_right(Y), **some()),
            lambda: elman.Model(or_right([elman.LSTM(2)]), or_right(2)),
            lambda: elman.Layer(or_right("lstm"), **some()),
            lambda: elman.LSTM(or_right(3), **some()),
            lambda: elman.Layer.of(v()),
            lambda: elman.Trainer(FITTED.copy(), or_right(DATA), v(), **{"steps": 1, **some()}),
            lambda: list(DATA.batches(**some("part", "batch_size", "steps", "shuffled", "seed"))),
            lambda: stream(v()), lambda: stream.reset(v()), lambda: stream[v()],
            lambda: stream.forward(or_right(X[:2]), **some("lengths", "ids", "draw", "y")),
            lambda: stream.loads(v()), lambda: streams.step(v()),
            lambda: streams.step({"a": v()}), lambda: streams[v()](v()),
            lambda: streams.leave(v()), lambda: streams.join(v()), lambda: streams.loads(v()),
            lambda: MODEL.copy().__setitem__(or_right("fc.bias"), v()),
            lambda: MODEL.copy().load_state_dict(v()), lambda: v() in MODEL,
            lambda: MODEL.note(v()), lambda: MODEL.copy().write_note(or_right("a"), v()),
            lambda: SPEAKS.sample(or_right("to"), or_right(3), **some("temperature", "seed")),
            lambda: SPEAKS.encoding.encode(v()), lambda: SPEAKS.encoding.decode(v()),
            lambda: SPEAKS.evaluate(v(), **some()), lambda: elman.Encoding(v()),
        ])()  # fmt: skip


def is_sentence(error):
    """Whether it is one of ours, or of Python's about arguments."""
    if isinstance(error, elman.Error):
        return len(str(error).split()) > 3
    text = str(error)
    if isinstance(error, TypeError):
        return "expected" in text or "argument" in text
    return isinstance(error, (KeyError, OverflowError, ValueError)) and any(
        words in text for words in ("no parameter", "no whole number from", "embedded null")
    )


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_given_the_refusal_is_a_sentence(seed):
    calls = Calls(seed)
    for number in range(1200):
        try:
            calls.one()
        except Exception as error:
            assert is_sentence(error), f"call {number}: {traceback.format_exc()}"
