"""Losses and their gradients; 20 training steps by each rule and schedule."""

import math

import numpy
import torch
from torch import nn

from book import Source, single
from networks import draw_weights, run, shapes_of


# ---- Losses -----------------------------------------------------------------

def loss_case(book, name, kind, O, lengths=None, per_sequence=False,
              **options):
    T, B = (1, 6) if per_sequence else (5, 4)
    source, arrays = Source(name), {}
    axes = (B,) if per_sequence else (T, B)
    y = (source.normal(*axes, O) * 2).requires_grad_()
    valid = torch.tensor([[t < n for n in lengths or [T] * B]
                          for t in range(T)]).reshape(axes)
    reduction = options.get("reduction", "mean")
    case = {"name": name, "T": T, "B": B, "O": O, "per_sequence": per_sequence,
            "loss": {"kind": kind, **options}}
    if lengths:
        case["lengths"] = lengths

    if kind == "cross_entropy":
        classes = source.integers(0, O, *axes)
        for at, value in options.pop("planted", {}).items():
            classes.view(-1)[at] = value
        case["loss"].pop("planted", None)
        weight = None
        if options.get("weighted"):
            weight = source.uniform(0.25, 3, O)
            arrays["class_weights"] = single(weight)
        loss = nn.functional.cross_entropy(
            y[valid], classes[valid], weight,
            ignore_index=options.get("ignore_index", -100),
            reduction=reduction,
            label_smoothing=options.get("label_smoothing", 0))
        arrays["classes"] = classes.numpy().astype(numpy.int32)
    else:
        values = source.normal(*axes, O)
        if kind == "binary_cross_entropy":
            values = source.uniform(0, 1, *axes, O)
            values.view(-1)[::2] = values.view(-1)[::2].round()
        a, b = y[valid], values[valid]
        call = nn.functional
        loss = {"mean_squared": lambda: call.mse_loss(a, b,
                                                      reduction=reduction),
                "mean_absolute": lambda: call.l1_loss(a, b,
                                                      reduction=reduction),
                "huber": lambda: call.huber_loss(
                    a, b, reduction=reduction, delta=options.get("delta", 1)),
                "binary_cross_entropy":
                    lambda: call.binary_cross_entropy_with_logits(
                        a, b, reduction=reduction)}[kind]()
        arrays["values"] = single(values)
    arrays["y"], arrays["loss"] = single(y), loss.reshape(1)
    loss.backward()
    arrays["dy"] = y.grad
    book.add(case, arrays)


def loss_cases(book):
    ragged = [2, 5, 1, 4]
    for reduction in ("mean", "sum"):
        for kind in ("mean_squared", "mean_absolute", "huber",
                     "binary_cross_entropy", "cross_entropy"):
            one = f"{kind}_{reduction}"
            loss_case(book, one, kind, 3, reduction=reduction)
            loss_case(book, one + "_ragged", kind, 3, ragged,
                      reduction=reduction)
            loss_case(book, one + "_per_sequence", kind, 5, None, True,
                      reduction=reduction)
        one = f"cross_entropy_{reduction}_"
        plain = dict(kind="cross_entropy", O=4, reduction=reduction)
        ignored = {0: 2, 3: 2, 5: 2}
        unseen = {1: -100, 6: -100}
        loss_case(book, one + "weighted", **plain, lengths=ragged,
                  weighted=True)
        loss_case(book, one + "ignored", **plain, lengths=ragged,
                  ignore_index=2, planted=ignored)
        loss_case(book, one + "unseen", **plain, planted=unseen)
        loss_case(book, one + "smoothed", **plain, lengths=ragged,
                  label_smoothing=0.1)
        loss_case(book, one + "everything", **plain, lengths=ragged,
                  weighted=True, label_smoothing=0.25, ignore_index=1,
                  planted={0: 1, 4: 1})
        loss_case(book, f"huber_{reduction}_delta", "huber", 3, ragged,
                  delta=0.4, reduction=reduction)
    loss_case(book, "cross_entropy_wide", "cross_entropy", 33, ragged)
    loss_case(book, "nothing_counts", "cross_entropy", 3,
              planted={i: -100 for i in range(20)})


# ---- Training ---------------------------------------------------------------

STEPS = 20


def make_trained(source):
    config = {"input_size": 3, "layers": [
        {"kind": "gru", "hidden_size": 4}, {"kind": "linear",
                                            "output_size": 2}]}
    shapes, _ = shapes_of(config)
    return config, draw_weights(source, shapes)


def train(book, name, make, settings, clip=None, schedule=None, planned=None):
    """20 steps on one batch; planned makes the schedule of an optimizer."""
    source = Source("training")
    config, weights = make_trained(source)
    x, target = source.normal(5, 3, 3), source.normal(5, 3, 2)
    case = {"name": name, "config": config, "T": 5, "B": 3,
            "parameters": list(weights), "optimizer": settings}
    arrays = {"x": single(x), "values": single(target)}
    for n, value in weights.items():
        arrays[n] = single(value)
    optimizer = make(list(weights.values()))
    plan = planned(optimizer) if planned else None
    if schedule:
        case["schedule"] = schedule

    losses, rates, norms = [], [], []
    for step in range(1, STEPS + 1):
        optimizer.zero_grad()
        y, _, _ = run(case, weights, x, [None], [None])
        loss = nn.functional.mse_loss(y, target)
        loss.backward()
        values = list(weights.values())
        norms.append(math.sqrt(sum(float((v.grad ** 2).sum())
                                   for v in values)))
        if clip:
            clip(values)
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if isinstance(plan, torch.optim.lr_scheduler.ReduceLROnPlateau):
            plan.step(loss.item())
        elif plan:
            plan.step()
        losses.append(loss.item())
        if step in (1, 2, STEPS):
            for n, value in weights.items():
                arrays[f"{n}.{step}"] = value.detach().numpy().copy()
    arrays["losses"] = numpy.array(losses)
    arrays["rates"] = numpy.array(rates)
    arrays["norms"] = numpy.array(norms)
    book.add(case, arrays)


def optimizer_cases(book):
    optim, clips = torch.optim, nn.utils

    def one(name, rule, make, clip=None, renamed=(), extra=(), **options):
        words = {"lr": "learning_rate", "eps": "epsilon",
                 "initial_accumulator_value": "initial_accumulator"}
        settings = {"rule": rule, **dict(extra)}
        for key, value in options.items():
            if key == "betas":
                settings["beta1"], settings["beta2"] = value
            else:
                settings[words.get(key, key)] = value
        train(book, name, lambda p: make(p, **options), settings, clip)

    one("sgd", "sgd", optim.SGD, lr=0.1)
    one("sgd_decay", "sgd", optim.SGD, lr=0.1, weight_decay=0.05)
    one("sgd_momentum", "sgd", optim.SGD, lr=0.05, momentum=0.9)
    one("sgd_dampening", "sgd", optim.SGD, lr=0.05, momentum=0.9,
        dampening=0.3)
    one("sgd_nesterov", "sgd", optim.SGD, lr=0.05, momentum=0.9,
        nesterov=True)
    one("sgd_nesterov_decay", "sgd", optim.SGD, lr=0.05, momentum=0.8,
        nesterov=True, weight_decay=0.02)
    one("sgd_maximize", "sgd", optim.SGD, lr=0.02, momentum=0.5, maximize=True)
    one("adagrad", "adagrad", optim.Adagrad)
    one("adagrad_all", "adagrad", optim.Adagrad, lr=0.1, lr_decay=0.1,
        weight_decay=0.02, initial_accumulator_value=0.3, eps=1e-6)
    one("rmsprop", "rmsprop", optim.RMSprop)
    one("rmsprop_centered", "rmsprop", optim.RMSprop, centered=True)
    one("rmsprop_momentum", "rmsprop", optim.RMSprop, lr=0.003, momentum=0.8)
    one("rmsprop_all", "rmsprop", optim.RMSprop, lr=0.003, alpha=0.9,
        momentum=0.5, centered=True, weight_decay=0.02, eps=1e-5)
    one("adam", "adam", optim.Adam)
    one("adam_fast", "adam", optim.Adam, lr=0.02, betas=(0.8, 0.95), eps=1e-6)
    one("adam_decay", "adam", optim.Adam, lr=0.01, weight_decay=0.05)
    one("adam_amsgrad", "adam", optim.Adam, lr=0.02, amsgrad=True,
        betas=(0.9, 0.7))
    one("adam_maximize", "adam", optim.Adam, lr=0.01, maximize=True)
    one("adamw", "adamw", optim.AdamW)
    one("adamw_decay", "adamw", optim.AdamW, lr=0.02, weight_decay=0.2)
    one("adamw_amsgrad", "adamw", optim.AdamW, lr=0.01, amsgrad=True,
        betas=(0.9, 0.7))
    one("clip_norm", "sgd", optim.SGD, lr=0.5, extra={"clip_norm": 0.25},
        clip=lambda p: clips.clip_grad_norm_(p, 0.25))
    one("clip_norm_loose", "adam", optim.Adam, lr=0.01,
        extra={"clip_norm": 100.0}, clip=lambda p: clips.clip_grad_norm_(p,
                                                                         100))
    one("clip_value", "sgd", optim.SGD, lr=0.5, momentum=0.5,
        extra={"clip_value": 0.05},
        clip=lambda p: clips.clip_grad_value_(p, 0.05))


def schedule_cases(book):
    plans = torch.optim.lr_scheduler

    def one(name, schedule, planned, lr=0.1):
        train(book, name, lambda p: torch.optim.SGD(p, lr=lr),
              {"rule": "sgd", "learning_rate": lr}, None, schedule, planned)

    def warm(optimizer, W):
        return plans.LinearLR(optimizer, 1 / (W + 1), 1, W)

    one("schedule_step", {"kind": "step", "period": 3, "gamma": 0.5},
        lambda o: plans.StepLR(o, 3, 0.5))
    one("schedule_exponential", {"kind": "exponential", "gamma": 0.9},
        lambda o: plans.ExponentialLR(o, 0.9))
    one("schedule_cosine", {"kind": "cosine", "period": 20},
        lambda o: plans.CosineAnnealingLR(o, 20))
    one("schedule_cosine_minimum", {"kind": "cosine", "period": 19,
                                    "minimum": 0.03},
        lambda o: plans.CosineAnnealingLR(o, 19, 0.03))
    one("schedule_warmup", {"kind": "constant", "warmup": 8},
        lambda o: warm(o, 8))
    one("schedule_warmup_cosine", {"kind": "cosine", "warmup": 5,
                                   "period": 15},
        lambda o: plans.SequentialLR(
            o, [warm(o, 5), plans.CosineAnnealingLR(o, 15)], [5]))
    one("schedule_plateau", {"kind": "plateau", "gamma": 0.25, "patience": 1,
                             "minimum": 0.001},
        lambda o: plans.ReduceLROnPlateau(o, factor=0.25, patience=1,
                                          min_lr=0.001), lr=1.0)
