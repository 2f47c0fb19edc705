"""What a model keeps of its training: the notes "journal" and "plan"."""

import math

import numpy as np

from elman import _core

_OPTIONS = {"epochs": "epochs", "steps": "steps", "batch_size": "batch", "seed": "seed",
            "k1": "k1", "k2": "k2", "patience": "patience", "frozen": "freeze"}  # fmt: skip
_RULE = {"rule": "optimizer", "learning_rate": "lr", "weight_decay": "weight-decay",
         "clip_norm": "clip-norm", "clip_value": "clip-value"}  # fmt: skip


class Journal:
    """The model's note "journal", as `elman train` writes it."""

    def __init__(self, model, data, config, trainer, resumed):
        self.model = model
        self.pulse = _Pulse(model, data, config, trainer)
        self.task = data.encoding["task"]
        self.validates = data.sizes["validation"] > 0
        plan = "".join(
            ("\t" if minor else "") + name + "\t" + " ".join(text.split()) + "\n"
            for name, text, minor in data.facts
        )
        model.write_note("plan", plan)
        named = {"version": _core.version, "data": dict((f[0], f[1]) for f in data.facts)["file"],
                 "model": repr(model), "task": self.task,
                 "loss": loss_word(config)}  # fmt: skip
        for names, values in ((_OPTIONS, config), (_RULE, config["optimizer"])):
            named.update((names[n], str(v)) for n, v in values.items() if n in names)
        named["schedule"] = config["schedule"].get("kind", "constant")
        if "period" in config["schedule"]:
            named["period"] = str(config["schedule"]["period"])
        self.rows = []  # that are not written yet
        self.text = _core.journal_write(model.note("journal") if resumed else None, named)
        rows = _core.journal_read(self.text)[1]
        self.last = rows[-1]["step"] if rows else 0

    def write(self):
        """Puts what has come since into the model's note."""
        for row in self.rows:
            self.text = _core.journal_write(self.text, {}, row)
        self.rows.clear()
        self.model.write_note("journal", self.text)

    def add(self, now):
        """A row for an evaluation; one that the checkpoint had is there."""
        if now["step"] <= self.last:
            return
        self.last = now["step"]
        metrics = now["validation"]
        score = {"language": "bits", "classify": "accuracy", "tag": "accuracy"}
        row = {name: now[name] for name in ("step", "seconds", "train_loss", "learning_rate",
                                            "clipped", "update", "best")}  # fmt: skip
        row["epoch"] = now["epoch"] + (now["batch"] / now["batches"] if now["batches"] else 0)
        row["norm"] = now["mean_norm"]
        row["loss"] = metrics["loss"] if self.validates else np.nan
        row["score"] = metrics[score.get(self.task, "mae")]
        row.update(self.pulse.measure(now))
        self.rows.append(row)


def loss_word(config):
    """The name of a loss as `elman train` has it."""
    kind = config["loss"].get("kind", "cross_entropy")
    return {"cross_entropy": "cross-entropy", "binary_cross_entropy": "bce"}.get(kind, kind)


# ---- how far its memory reaches ----------------------------------------------

_MOST_SEQUENCES, _MOST_STEPS, _TEXT_STEPS = 8, 256, 128
_SHARE = 0.01  # of the work of training


class _Pulse:
    """How far gradients reach and how saturated gates are, at evaluations; on
    the batch and as often as `elman train --log` looks."""

    def __init__(self, model, data, config, trainer):
        self.model, self.threads = model, config.get("threads", 0)
        self.evaluate_every = config.get("evaluate_every") or 0
        self.every, self.x = 1, None
        part = "validation" if data.sizes["validation"] else "train"
        steps = min(data.longest or _TEXT_STEPS, _MOST_STEPS)
        budget = _SHARE * self._work_between(data, config, trainer.progress["batches"])
        width = _width(data.sizes[part], steps, budget)
        for x, lengths, _, _ in _core.Loader(data, part, width, _TEXT_STEPS):
            x = np.asarray(x)[:_MOST_STEPS]
            cost = x.shape[0] * x.shape[1]
            if model.batch_first:
                x = np.ascontiguousarray(np.swapaxes(x, 0, 1))
            self.x = x
            self.lengths = np.minimum(lengths, _MOST_STEPS).astype(np.uintp)
            self.every = max(1, math.ceil(cost / budget)) if budget > 0 else 1
            break

    def _work_between(self, data, config, batches):
        """Steps of sequences between two evaluations, at most."""
        k1, passes = config.get("k1") or 0, 1
        window = k1 or data.longest or 64
        if k1 and data.longest > k1 and data.encoding["task"] != "language":
            passes = math.ceil(data.longest / k1)
        updates = self.evaluate_every or batches * passes
        return float(updates) * (config.get("batch_size") or 32) * window

    def measure(self, now):
        """What an evaluation adds to its row of the journal, if it is due."""
        number = (now["epoch"] - 1) % 2**64  # as the program has it before one is over
        if self.evaluate_every:
            number = now["step"] // self.evaluate_every - 1
        if self.x is None or number % self.every:
            return {}
        try:
            found = _core.pulse(self.model, self.x, self.lengths, self.threads)
        except _core.Error:
            self.x = None  # a model without a memory
            return {}
        return {name: found[name] for name in ("horizon", "rate", "saturation")}


def _width(most, steps, budget):
    """As many sequences as an evaluation may look at, two at least if there are
    so many: of one alone the answer is mostly chance."""
    width = _MOST_SEQUENCES
    while width > 2 and width * steps > budget:
        width //= 2
    while width > 1 and width > most:
        width //= 2
    return width
