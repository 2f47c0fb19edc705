"""The settings of a training by name, whichever part they are of."""

import difflib

from elman import _core
from elman._checks import real, refused, whole

_TRAINER = _core.fields("trainer")
_OPTIMIZER = _core.fields("optimizer")
_SCHEDULE = ["warmup", "period", "gamma", "minimum"]
_LOSS = ["label_smoothing", "delta", "ignore_index"]
_BESIDE = ["class_weights", "groups"]
_KNOWN = [*_TRAINER, *_OPTIMIZER, *_SCHEDULE, *_LOSS, *_BESIDE]
_VALUES = ("forecast", "regress", "track")

# what a rule has by default, and has not where 0 is given
_ZEROS = {
    "adam": ("beta1", "beta2", "epsilon"),
    "adamw": ("beta1", "beta2", "epsilon", "weight_decay"),
    "adagrad": ("epsilon", "initial_accumulator"),
    "rmsprop": ("alpha", "epsilon"),
    "lion": ("beta1", "beta2"),
}

# what others call them
_MEANT = {
    "lr": "learning_rate", "batch": "batch_size", "wd": "weight_decay", "clip": "clip_norm",
    "max_epochs": "epochs", "num_epochs": "epochs", "n_epochs": "epochs", "epoch": "epochs",
    "max_steps": "steps", "num_steps": "steps", "freeze": "frozen", "class_weight":
    "class_weights", "random_state": "seed", "n_jobs": "threads", "num_threads": "threads",
    "betas": "beta1 and beta2", "eps": "epsilon", "criterion": "loss", "optim": "optimizer",
    "scheduler": "schedule", "early_stopping": "patience", "shuffle": "in_order",
    "max_grad_norm": "clip_norm", "val": "validation", "validation_data": "validation",
    "validation_split": "validation", "val_data": "validation", "callbacks": "callback",
    "verbose": "progress", "max_seconds": "seconds", "time": "seconds",
}  # fmt: skip


def settings(config, data):
    """The config of a trainer, of which the optimizer's fields may be flat; the
    loss is that of the task where none is named."""
    config = dict(config)
    check_names(config)
    for name, least in (("batch_size", 1), ("k1", 0), ("k2", 0)):
        if config.get(name) is not None:
            whole(name, config[name], least)
    if data.encoding["task"] in _VALUES:
        config.setdefault("loss", "mse")
    for part, kind, names in (
        ("optimizer", "rule", _OPTIMIZER), ("schedule", "kind", _SCHEDULE),
        ("loss", "kind", _LOSS),
    ):  # fmt: skip
        given = _part(part, kind, config.pop(part, None))
        for name in [n for n in config if n in names]:
            given[name] = config.pop(name)
        config[part] = given
    _check_words(config)
    _mean_zeros(config["optimizer"])
    for name in ("warmup", "period"):
        if config["schedule"].get(name) is not None:
            whole(name, config["schedule"][name], 0, 2**63)
    if config.get("groups") is not None:
        config["groups"] = _groups(config["groups"])
    weights = config.get("class_weights")
    if isinstance(weights, (list, tuple)) and weights and all(
        isinstance(w, (int, float)) and w == 0 for w in weights
    ):
        raise refused("class_weights", weights, "one above 0 at least")
    if "ignore_index" in config["loss"]:
        config["loss"].setdefault("has_ignored", True)
    return config


def _part(name, kind, given):
    """The optimizer, the schedule or the loss as a dict."""
    if given is None:
        return {}
    if isinstance(given, str):
        return {kind: given}
    if not isinstance(given, dict):
        raise refused(name, given, f"a word, or a dict with {kind}")
    return dict(given)


def _check_words(config):
    """Refuses what is no word where one is: the library says which there are."""
    for part, names in (("optimizer", ("rule", "flavour")), ("schedule", ("kind",)),
                        ("loss", ("kind",))):  # fmt: skip
        for name in names:
            value = config[part].get(name)
            if value is not None and not isinstance(value, str):
                raise refused(f"{name} of the {part}", value, "a word")


def _mean_zeros(optimizer):
    """Says that a 0 that is given is meant, as in C it is the default."""
    rule = optimizer.get("rule", "adam")
    for name, value in list(optimizer.items()):
        if value is None or name in ("rule", "flavour"):
            continue
        if name == "learning_rate":
            _check_rate(name, value)
        elif name in _ZEROS.get(rule if isinstance(rule, str) else "", ()):
            if not real(name, value, 0, "a finite number of 0 or more"):
                optimizer.setdefault("no_" + name, True)
        elif name == "weight_decay":
            real(name, value, 0, "a finite number of 0 or more")


def _check_rate(name, value):
    if not real(name, value, 0, "a finite number above 0"):
        raise refused(name, value, "a number above 0: frozen keeps weights as they are")


def _groups(groups):
    """Groups of parameters, in which a 0 is meant as well."""
    right = isinstance(groups, (list, tuple)) and all(isinstance(g, dict) for g in groups)
    if not right:
        raise refused("groups", groups, 'a list of dicts such as {"names": "rnn.*"}')
    made = []
    for group in map(dict, groups):
        if group.get("learning_rate") is not None:
            _check_rate("learning_rate of a group", group["learning_rate"])
        decay = group.get("weight_decay")
        if decay is not None and not real("weight_decay of a group", decay, 0):
            group.setdefault("no_weight_decay", True)
        made.append(group)
    return made


def check_names(config):
    """Refuses a setting that there is not, with the one that was meant."""
    for name in config:
        if name in _KNOWN:
            continue
        if name in _core.fields("dataset"):
            raise _core.BadValueError(
                f"{name} is no setting of a training, but of its data: "
                f"elman.Dataset.open(path, {name}=...) or elman.Dataset.of"
            )
        near = difflib.get_close_matches(name, _KNOWN, 1)
        meant = _MEANT.get(name) or (near[0] if near else None)
        hint = f", expected {meant}" if meant else ""
        raise _core.BadValueError(
            f"{name} is no setting of a training{hint}; there are {', '.join(_KNOWN)}"
        )
