"""What a model says of data, in the data's own units and labels."""

import json
import os

import numpy as np

from elman import _core
from elman._checks import refused, truth, whole, word
from elman.data import PARTS, Dataset, _is_frame
from elman.text import encoding_of

def labels_of(model):
    """The classes in the order of the outputs; whole numbers as such."""
    note = model.note("encoding")
    labels = json.loads(note).get("labels") if note else None
    return None if labels is None else as_labels(labels).tolist()


def as_labels(labels):
    """An array of labels: of numbers where all of them are whole ones, of bools
    where they are those."""
    if set(labels) <= {"False", "True"}:
        return np.array([label == "True" for label in labels])
    try:
        numbers = [int(label) for label in labels]
    except ValueError:
        return np.array(labels)
    plain = all(str(n) == label for n, label in zip(numbers, labels))
    return np.array(numbers if plain else labels)


def open_as(model, data, y=None, *, lengths=None, answers=False, **config):
    """Data as the model's encoding reads it, all of it validation data; as it
    is, all of it training data, for a model that has none. Returns the dataset
    and which of the two."""
    for name in ("labels", "class_count", "scaling", "encoding", "y", "answers"):
        if name in config:
            raise refused(name, config[name], "none, as the model knows it")
    note = model.note("encoding")
    own = {"encoding": note} if note else {}
    if answers:
        own["answers"] = True
    if (_is_frame(data) and y is None) or isinstance(data, (str, os.PathLike, bytes)):
        return Dataset.open(data, **own, **config), bool(note)
    if model.info["vocabulary"] and y is None:
        whole = {} if note else {"validation": 0}
        vocabulary = model.info["vocabulary"]
        opened = Dataset.tokens(data, vocabulary=vocabulary, lengths=lengths, **own, **whole)
        return opened, bool(note)
    labels = None
    if note:
        encoding = json.loads(note)
        labels = encoding.get("labels")
        config.setdefault("per_step", y is None and encoding["task"] in ("tag", "track") or None)
        if labels:  # y comes as their numbers
            encoding["labels"] = [str(n) for n in range(len(labels))]
        own["encoding"] = json.dumps(encoding)
    else:
        config["validation"] = 0
    opened = Dataset.of(
        data, y, lengths=lengths, scaling=bool(note), labels=labels,
        class_count=model.info["output_size"], **own, **config,
    )  # fmt: skip
    opened._labels = labels
    return opened, bool(note)


def predict(model, data, *, lengths=None, probabilities=False, part=None, threads=0, **config):
    """The answers of a model; see `Model.predict`."""
    encoding_of(model)
    truth("probabilities", probabilities)
    whole("threads", threads, 0, 64)
    if part is not None:
        word("part", part, PARTS)
    if not isinstance(data, _core.Dataset):
        if part is not None:
            raise refused("part", part, "None, as all of the data is answered: parts are "
                          "of an elman.Dataset")  # fmt: skip
        data, _ = open_as(model, data, lengths=lengths, answers=True, **config)
        part = "validation"
    encoding = data.encoding
    if encoding["task"] == "language":
        raise _core.BadValueError(
            "a text has no answers: model.sample() goes on with it, and "
            "model.evaluate(text) says how well it is foreseen"
        )
    if probabilities and encoding["labels"] is None:
        raise _core.BadValueError("probabilities are of classes, and the answers are values")
    answers = dict(_answers(model, data, part or "validation", threads))
    rows = [
        _in_words(model, data, id, y, probabilities) for id, y in sorted(answers.items())
    ]
    if not encoding["per_sequence"]:
        return rows
    if not rows:
        raise _core.BadValueError("the data has no sequence to answer")
    found = np.concatenate(rows)
    if encoding["task"] == "forecast":
        return found.reshape(len(found), encoding["horizon"], -1)
    return found


def _answers(model, data, part, threads):
    """Pairs of a sequence's number and y: (1,O), or (T_n,O) per step."""
    for x, lengths, ids, _ in _core.Loader(data, part):
        if model.batch_first:
            x = np.ascontiguousarray(np.swapaxes(x, 0, 1))
        y = model(x, lengths=lengths, threads=threads)
        if model.info["per_sequence"]:
            yield from ((int(id), row[None]) for id, row in zip(ids, y))
            continue
        y = y if model.batch_first else np.swapaxes(y, 0, 1)
        yield from ((int(id), row[:n]) for id, row, n in zip(ids, y, lengths))


def _in_words(model, data, id, y, probabilities):
    """Numbers of the model as labels, probabilities or values."""
    if data.labels is None:
        return _core.sequence_answers(data, id, np.ascontiguousarray(y))
    if not probabilities:
        labels = labels_of(model)
        return np.array(labels)[y.argmax(axis=-1)]
    shares = np.exp(y.astype(np.float64) - y.max(axis=-1, keepdims=True))
    return shares / shares.sum(axis=-1, keepdims=True)


# ---- forecasts ---------------------------------------------------------------


def forecast(model, data, steps=None, **config):
    """The values behind the end of each series; see `Model.forecast`."""
    encoding_of(model)
    steps = None if steps is None else whole("steps", steps, 1)
    data, _ = open_as(model, data, answers=True, **config)
    encoding = data.encoding
    if encoding["task"] != "forecast":
        raise _core.BadValueError(f"the task of the model is {encoding['task']}, not forecast")
    last = {}
    for *_, ids, _ in _core.Loader(data, "validation", 256):
        for id in map(int, ids):
            origin = _core.sequence_origin(data, id, encoding["window"] - 1)
            name = origin["series"]
            if name not in last or origin["step"] > last[name][0]:
                last[name] = origin["step"], id
    if not last:
        raise _core.BadValueError(
            f"the data has fewer rows than the {encoding['window']} that a forecast needs"
        )
    made = {name: _go_on(model, data, id, steps) for name, (_, id) in last.items()}
    return next(iter(made.values())) if len(made) == 1 else made


def _go_on(model, data, id, steps):
    """As many steps as are wanted behind a window, by windows that follow."""
    horizon = data.encoding["horizon"]
    steps = horizon if steps is None else steps
    made = []
    while len(made) * horizon < steps:
        x = data.inputs(id)
        y = model(x)
        values = _core.sequence_answers(data, id, np.atleast_2d(y)).reshape(horizon, -1)
        made.append(values)
        if len(made) * horizon < steps:
            id = _core.sequence_extend(data, id, values)
    return np.concatenate(made)[:steps]
