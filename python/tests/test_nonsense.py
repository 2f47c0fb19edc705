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
BAD = {
    "size": [-1, 0, 1.5, NAN, INF, HUGE, True, "two", np.array([1, 2]), *ODD],
    "count": [-1, 1.5, NAN, INF, -HUGE, True, "two", *ODD],
    "seed": [-1, 1.5, NAN, HUGE, True, "two", *ODD],
    "flag": ["yes", "no", 2, -1, 0.5, NAN, HUGE, *ODD],
    "positive": [-0.5, np.array([1, 2]), np.array([0.5]), NAN, INF, "one", True, -HUGE, *ODD],
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
    "LayerNorm": (elman.LayerNorm, dict(eps="above 0", name="text")),
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
CLASSES = np.array([0, 1, 0, 1])
SERIES = np.arange(24, dtype=np.float32).reshape(4, 3, 2)


def fit(**more):
    made = elman.Model([elman.GRU(3), elman.Last(), elman.Linear(2)], inputs=2)
    return made.fit(SERIES, CLASSES, **{"epochs": 1, **more})


def trainer(**more):
    made = elman.Model([elman.GRU(3), elman.Last(), elman.Linear(2)], inputs=2)
    return elman.Trainer(made, SERIES, CLASSES, **{"epochs": 1, **more})


FITTED = elman.Model([elman.GRU(3), elman.Last(), elman.Linear(2)], inputs=2)
FITTED.fit(SERIES, CLASSES, epochs=1)
DATA = elman.Dataset.of(SERIES, CLASSES, validation=0)
LEARNING = dict(
    batch_size="size", k1="whole", steps="size", patience="count", threads="threads",
    seed="seed", profile="flag", in_order="flag", evaluate_every="count", rule="word",
    learning_rate="above 0", clip_norm="positive", clip_value="positive", weight_decay="positive",
    beta1="share", epsilon="positive", nesterov="flag1", schedule="setting", optimizer="setting",
    loss="setting", label_smoothing="share", warmup="count", groups="groups",
    class_weights="weights", frozen="text", validation="split",
)  # fmt: skip
BAD["groups"] = [3, "x", [3], [[]], True, Odd(), [{"name": "rnn"}], [{"names": 3}]]
BAD["weights"] = ["x", [1], [1, 2, 3], [1, NAN], [1, -1], [1, INF], Odd(), True]
BAD["split"] = [-0.1, 1, 1.5, NAN, INF, True, "file.csv", Odd(), (), (SERIES,), [3, 4], {},
                (SERIES, CLASSES, None, None), (SERIES, CLASSES[:2]), lambda: 0]  # fmt: skip
GOOD["split"] = [0, 0.25, (SERIES, CLASSES), [SERIES, CLASSES], [*zip(SERIES, CLASSES)],
                 DATA, (SERIES, CLASSES, [1, 2, 3, 3])]  # fmt: skip

CALLS.update({
    "fit": (fit, dict(LEARNING, epochs="size", seconds="positive", progress="flag",
                      checkpoint="path", callback="function", lengths="lengths4")),
    "Trainer": (trainer, dict(LEARNING, epochs="whole", steps="count")),
    "evaluate": (lambda **k: FITTED.evaluate(DATA, **{"part": "train", **k}), dict(
        part="word", batch_size="size", threads="threads", loss="setting")),
    "evaluate arrays": (lambda **k: FITTED.evaluate(SERIES, CLASSES, **k), dict(
        part="never", lengths="lengths4")),
    "predict": (lambda **k: FITTED.predict(SERIES, **k), dict(
        part="never", probabilities="flag", threads="threads", lengths="lengths4")),
    "predict part": (lambda **k: FITTED.predict(DATA, **{"part": "train", **k}),
                     dict(part="word")),
    "for_data": (lambda **k: elman.Model.for_data(SERIES, CLASSES, **k), dict(
        hidden="size", layers="size", cell="word", bidirectional="flag", dropout="share",
        layer_norm="flag", pool="word", seed="seed", fields="function", validation="split")),
    "Dataset.of": (lambda **k: elman.Dataset.of(SERIES, CLASSES, **k), dict(
        scaling="flag", per_step="flag1", class_count="size", seed="seed", validation="split",
        lengths="lengths4", task="word", folds="count", missing="word")),
    "Dataset.tokens": (lambda **k: elman.Dataset.tokens([0, 1, 2] * 30, **k), dict(
        vocabulary="whole", validation="tokens split")),
    "batches": (lambda **k: [*DATA.batches(**k)], dict(
        part="word", batch_size="size", steps="size", shuffled="flag", bucketed="flag",
        seed="seed", batch_first="flag")),
})
BAD["whole"] = BAD["count"]
BAD["setting"] = [v for v in BAD["word"] if v != {}]
BAD["never"] = ["train", "validation", "x", 3]
BAD["flag1"] = BAD["flag"]
BAD["lengths4"] = [[*v, 1, 1] if isinstance(v, list) and len(v) == 2 else v
                   for v in BAD["lengths"]]  # fmt: skip
BAD["tokens split"] = [-0.1, 1, 1.5, NAN, INF, True, "half", Odd(), [1, 2], {}]
BAD["path"] = [3.5, True, Odd(), [], lambda: 0]
CALLS.update({
    "reset": (lambda b: model().stream(2).reset(b), dict(b="slot or all")),
    "leave": (lambda b: model().stream(2).leave(b), dict(b="slot")),
    "Dataset.open": (lambda **k: elman.Dataset.open(b"a,b\n" + b"1,2\n" * 400, name="t.csv", **k),
                     dict(validation="file split", test="file split", window="whole",
                          horizon="whole", task="word", missing="word", seed="seed",
                          no_scaling="flag", folds="count")),
})
BAD["above 0"], GOOD["above 0"] = [0, 0.0, *BAD["positive"]], [0.5, np.float32(1)]
BAD["file split"] = [v for v in BAD["tokens split"] if not isinstance(v, str)]
ROWS = [(call, name, kind) for call, (_, names) in CALLS.items() for name, kind in names.items()]


SLOT = [1.5, NAN, HUGE, True, "two", 9, -2, *ODD]
BAD["slot"], BAD["slot or all"] = [*SLOT, -1], SLOT


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
        assert name.rstrip("s") in sentence and len(sentence.split()) > 3 and "\n" not in sentence, (
            value, sentence)  # fmt: skip
    for value in values_of(kind, good=True):
        function(**{name: value})


@pytest.mark.parametrize("call, words", [
    (lambda: elman.LSTM(4, input_size=8), "elman.Model(layers, inputs=8)"),
    (lambda: elman.GRU(8, 16), "is GRU(16) in Model(inputs=8)"),
    (lambda: elman.LSTM(4, batch_first=True), "batch_first=False)"),
    (lambda: elman.LSTM(4, proj_size=9), "proj_size is 9, expected less than hidden_size 4"),
    (lambda: elman.GRU(4, hidden=3), "GRU has no field 'hidden': it has name, hidden_size"),
    (lambda: elman.Layer("lstn"), "'lstm', one of rnn"),
    (lambda: fit(lr=0.1), "lr is no setting of a training, expected learning_rate; there are"),
    (lambda: fit(epoch=3), "expected epochs"),
    (lambda: fit(target="y"), "elman.Dataset.open(path, target=...)"),
    (lambda: fit(nothing=3), "learning_rate, momentum"),
    (lambda: FITTED.fit(SERIES * NAN, CLASSES, missing="mean"), "Dataset.open(path, missing=...)"),
    (lambda: FITTED.evaluate(SERIES * NAN, CLASSES, missing="mean"), "but of its data"),
    (lambda: elman.Trainer(FITTED, SERIES * NAN, CLASSES, missing="mean"), "but of its data"),
    (lambda: FITTED.fit(SERIES, [0.0, 1.0, 0.0, 1.0]), "classes are integers, y.astype(int)"),
    (lambda: FITTED.fit(SERIES, CLASSES[:, None]), "y has the shape (4, 1), expected classes (N)"),
    (lambda: FITTED.fit(DATA, validation=0.5), "validation is given beside a Dataset"),
    (lambda: FITTED.fit(DATA, CLASSES), "y is given beside a Dataset"),
    (lambda: FITTED.fit("a.csv", CLASSES), "y is given beside a file"),
    (lambda: FITTED.predict(SERIES, part="test"), "part is 'test', expected None"),
    (lambda: FITTED.fit([1, 2, 3]), "expected (N,T,I)"),
    (lambda: FITTED.fit(iter([1, 2])), "data gives a int, expected pairs"),
    (lambda: FITTED.fit(iter([(SERIES, CLASSES[:2])])), "a batch of 4 sequences with 2 targets"),
    (lambda: FITTED(np.zeros((3, 0, 2))), "no steps"),
    (lambda: FITTED.fit(iter([(SERIES, CLASSES, [1, 2, 3, -1])])), "lengths of data is -1"),
    (lambda: FITTED.predict(SERIES, labels=["a"]), "labels is ['a'], expected none"),
    (lambda: SPEAKS.encoding.decode([-1]), "tokens is -1, expected 0 to"),
    (lambda: elman.Dataset.of(SERIES, ["a", "b"] * 2, labels=3), "labels is 3"),
    (lambda: DATA.batches("valid"), "part is 'valid', expected 'train' or"),
])  # fmt: skip
def test_the_sentence_says_what_to_do(call, words):
    with pytest.raises(elman.BadValueError) as found:
        call()
    assert words in str(found.value)


@pytest.mark.parametrize("rule, names", [
    ("adam", ["beta1", "beta2", "epsilon"]), ("adamw", ["weight_decay", "beta1"]),
    ("adagrad", ["epsilon"]), ("rmsprop", ["alpha"]),
])  # fmt: skip
def test_a_zero_is_meant_where_c_has_its_default(rule, names):
    def trained(**more):
        made = elman.Model([elman.GRU(3), elman.Last(), elman.Linear(2)], inputs=2)
        list(elman.Trainer(made, SERIES, CLASSES, rule=rule, epochs=12, **more))
        return made.read_all().tobytes()

    for name in names:
        assert trained(**{name: 0}) == trained(**{f"no_{name}": True}) != trained(), name


def test_an_empty_batch_gives_an_empty_answer():
    made = model()
    assert made(np.zeros((0, 4, 2))).shape == (0, 4, 2) and made([]) == []
    turned = model(batch_first=False)
    assert turned(np.zeros((4, 0, 2))).shape == (4, 0, 2)
    assert FITTED(np.zeros((0, 4, 2))).shape == (0, 2)
