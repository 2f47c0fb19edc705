"""The network and the training that fit a task, as `elman train` has them.

docs/studies/defaults.md tells how they were found. A file that is trained by
both with nothing else said gives the same bits.
"""

import os

from elman import _core
from elman._checks import real, refused, truth, whole, word
from elman.data import SEED
from elman.layers import Dropout, Embedding, Last, Layer, LayerNorm, Linear, Pool

# of each task: optimizer steps at least, learning rate, decay, whether one
# answer is for a whole sequence, which may be read from both ends
_TASKS = {
    "language": (1000, 0.004, 0.0, False),
    "classify": (600, 0.003, 0.1, True),
    "tag": (1000, 0.002, 0.0, False),
    "forecast": (600, 0.004, 1.0, False),
    "regress": (300, 0.003, 0.1, True),
    "track": (1000, 0.002, 0.0, False),
}
_MANY_SEQUENCES, _SMALL_BATCH = 1000, 8
_SHORT_SEQUENCE = 50
_STEPS_A_STEP, _MOST_STEPS = 20, 3000


def network(data, hidden=None, *, cell=None, layers=1, bidirectional=None, pool=None,
            dropout=None, embedding=64, layer_norm=False, **fields):  # fmt: skip
    """The layers of a model for a dataset; see `Model.for_data`.

    Examples
    --------
    >>> network(Dataset.of(np.zeros((4, 9, 1)), [0, 1, 0, 1]))
    [GRU(64, bidirectional=True), Last('final'), Linear(2)]
    """
    _check(hidden, layers, bidirectional, pool, dropout, embedding, layer_norm)
    encoding = data.encoding
    task, one = encoding["task"], encoding["per_sequence"]
    language = task == "language"
    hidden = hidden or (256 if language else 64)
    if dropout is None:
        dropout = 0.2 if language else 0.0
    if bidirectional is None:
        bidirectional = _TASKS[task][3] and not fields.get("reverse")

    made = [Embedding(encoding["vocabulary"], embedding)] if language else []
    if cell is None:
        cell = "lstm" if language else "gru"
    made.append(_recurrent(cell, hidden, layers, bidirectional, dropout, fields))
    if one:
        pool = _pool_of(data) if pool is None else pool
        made.append(_pool(pool, bidirectional or fields.get("reverse")))
    if layer_norm:
        made.append(LayerNorm())
    if dropout:
        made.append(Dropout(dropout, variational=bool(fields.get("variational")) and not one))
    made.append(Linear(encoding["outputs"], bias=not fields.get("no_bias")))
    return made


def _check(hidden, layers, bidirectional, pool, dropout, embedding, layer_norm):
    """Refuses what no network can have."""
    if isinstance(hidden, (list, tuple)) and hidden:
        for units in hidden:
            whole("hidden", units, 1)
    elif hidden is not None:
        whole("hidden", hidden, 1, also=", or a list of them, one for each level")
    whole("layers", layers, 1, 16)
    whole("embedding", embedding, 1)
    if bidirectional is not None:
        truth("bidirectional", bidirectional)
    truth("layer_norm", layer_norm)
    if dropout is not None:
        real("dropout", dropout, 0, "0 to 1", 1)
    if pool is not None:
        word("pool", pool, ("last", "mean", "max", "sum", "attention"))


def _recurrent(cell, hidden, layers, bidirectional, dropout, fields):
    """The recurrent layer; `hidden` is of all levels, or one of each."""
    known = [k["word"] for k in _core.kinds() if k["family"] == 1]
    if not isinstance(cell, str) or cell not in known:
        raise refused("cell", cell, f"one of {', '.join(known)}")
    several = isinstance(hidden, (list, tuple))
    levels = len(hidden) if several else layers
    size = {"hidden_sizes": list(hidden)} if several else {"hidden_size": hidden}
    fields = dict(fields)
    if levels == 1:
        fields.pop("variational", None)  # of the dropout between levels
    return Layer(
        cell, **size, num_layers=levels if levels > 1 else None,
        bidirectional=bidirectional or None,
        dropout=dropout if levels > 1 and dropout else None, **fields,
    )  # fmt: skip


def _pool_of(data):
    """What becomes of the steps of a sequence."""
    encoding = data.encoding
    if encoding["task"] == "classify":
        if encoding["input_size"] > 1:
            return "max"
        return "last" if data.longest <= _SHORT_SEQUENCE else "mean"
    return "mean" if encoding["task"] == "regress" else "last"


def _pool(pool, ends_early):
    if pool == "last":
        return Last("final" if ends_early else "step")
    return Pool(pool)


def threads():
    """As many as this process may use, at most 64; results do not depend on it."""
    if hasattr(os, "sched_getaffinity"):
        return min(len(os.sched_getaffinity(0)), 64)
    return min(os.cpu_count() or 1, 64)


def training(data, config):
    """The config of a trainer, with what was left open as the task has it.

    Fields of the optimizer, the schedule and the loss are in dicts of their
    own.
    """
    config = {name: value for name, value in config.items() if value is not None}
    task = data.encoding["task"]
    _, rate, decay, whole = _TASKS[task]
    optimizer, schedule = config["optimizer"], config["schedule"]
    optimizer.setdefault("rule", "adam" if task in ("language", "tag", "track") else "adamw")
    if optimizer["rule"] in ("adam", "adamw"):
        optimizer.setdefault("learning_rate", rate)
    torch = optimizer.get("flavour", "torch") == "torch"
    if optimizer["rule"] == "adamw" and torch and not optimizer.get("no_weight_decay"):
        if optimizer.get("weight_decay") == 0:
            optimizer["no_weight_decay"] = True
        optimizer.setdefault("weight_decay", decay)
    optimizer.setdefault("clip_norm", 1.0)

    few = whole and data.sizes["train"] < _MANY_SEQUENCES
    config.setdefault("batch_size", _SMALL_BATCH if few else 32)
    config.setdefault("threads", threads())
    config.setdefault("seed", SEED)
    if task == "language":
        config.setdefault("k1", 64)
    _length(data, config, schedule)
    return config


def _length(data, config, schedule):
    """How long the run is, how the rate falls, and when it ends early."""
    task = data.encoding["task"]
    given = "epochs" in config or "steps" in config
    steps = _epoch_steps(data, config)
    if not given:
        config["epochs"] = 10 if task == "language" else 30
        least = _least_steps(task, data.longest)
        if steps and config["epochs"] * steps < least:
            config["epochs"] = -(-least // steps)

    # a rate that falls to the end needs one
    epochs, most = config.get("epochs", 0), config.get("steps", 0)
    endless = not epochs and not most and not schedule.get("period")
    schedule.setdefault("kind", "constant" if endless else "cosine")
    cosine = schedule["kind"] == "cosine" and not schedule.get("period")
    if not given and not cosine and "patience" not in config:
        config["patience"] = 3 if task == "language" else 20
        config.setdefault("patience_steps", 500)
    if cosine:
        total = steps * epochs
        total = min(total, most) if total and most else total or most
        warmup = schedule.get("warmup", 0)
        schedule["period"] = total - warmup if total > warmup else total
    if schedule["kind"] in ("step", "exponential", "plateau"):
        schedule.setdefault("gamma", 0.1)
    if schedule["kind"] == "step":
        schedule.setdefault("period", 10)


def _least_steps(task, longest):
    """Optimizer steps below which nothing is learned from little data."""
    least = _TASKS[task][0]
    if task != "classify":
        return least
    return min(max(longest * _STEPS_A_STEP, least), _MOST_STEPS)


def _epoch_steps(data, config):
    """Optimizer steps of an epoch: whole sequences are cut into windows of k1."""
    k1 = config.get("k1", 0)
    count = len(_core.Loader(data, "train", config["batch_size"], k1))
    return count * -(-data.longest // k1) if k1 and data.longest > k1 else count
