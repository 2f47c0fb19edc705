"""more_answers.py: variants of faults of data, training and answers."""
import math

from planted.data import *  # noqa: F403
from planted.network import *


@variant("label noise")
def label_noise_three(folder, r):
    x, y = waves(r, 900, classes=3)
    y = [r.randrange(3) if r.random() < 0.35 else k for k in y]
    data = arrays(folder, "d", x, y)
    train(folder, data, "--hidden", 16, "--epochs", 8)
    return inspect(folder, "m", *data)


@variant("label noise")
def label_noise_some(folder, r):
    x, y = waves(r, 500)
    y = [1 - k if r.random() < 0.15 else k for k in y]
    data = arrays(folder, "d", x, y)
    train(folder, data, "--epochs", 8)
    return inspect(folder, "m", *data)


@variant("label noise")
def label_noise_tag(folder, r):
    x, y = delayed(r, 150, 30, 1)
    y = [[1 - k if r.random() < 0.2 else k for k in s] for s in y]
    data = arrays(folder, "d", x, y)
    train(folder, data, "--hidden", 24, "--epochs", 80)
    return inspect(folder, "m", *data)


@variant("label noise")
def label_noise_default(folder, r):
    x, y = waves(r, 300)
    y = [1 - k if r.random() < 0.25 else k for k in y]
    data = arrays(folder, "d", x, y)
    train(folder, data)
    return inspect(folder, "m", *data)


@variant("wrong scaling")
def scaling_all(folder, r):
    x, y = waves(r, 240)
    data = arrays(folder, "d", [[[100 * v[0]] for v in s] for s in x], y)
    train(folder, data, "--no-scaling", "--hidden", 24, "--epochs", 8)
    return inspect(folder, "m", *data)


@variant("wrong scaling")
def scaling_faint(folder, r):
    x, y = waves(r, 240)
    data = arrays(folder, "d", [[[1e-4 * v[0]] for v in s] for s in x], y)
    train(folder, data, "--no-scaling", "--hidden", 24, "--epochs", 4)
    return inspect(folder, "m", *data)


@variant("wrong scaling")
def scaling_table(folder, r):
    rows = [[a, 5000 + 800 * b] for a, b in seasons(r, 500)]
    data = table(folder, "d", rows, ["a", "load"])
    train(folder, data, "--target", "load", "--no-scaling", "--transform",
          "none", "--epochs", 6)
    return inspect(folder, "m", data)


@variant("wrong scaling")
def scaling_units(folder, r):
    x, y = waves(r, 240)
    train(folder, arrays(folder, "d", x, y), "--hidden", 24, "--epochs", 8)
    return inspect(folder, "m", *arrays(
        folder, "e", [[[50 * v[0] + 20] for v in s] for s in x], y))


@variant("learning rate too high")
def high_rate_text(folder, r):
    (folder / "t.txt").write_text(some_text())
    train(folder, "t.txt", "--hidden", 48, "--epochs", 6, "--batch", 16,
          "--lr", 0.5)
    return inspect(folder, "m", "t.txt")


@variant("learning rate too high")
def high_rate_forecast(folder, r):
    data = table(folder, "d", seasons(r, extra=False), ["load"])
    train(folder, data, "--lr", 0.5, "--epochs", 15)
    return inspect(folder, "m", data)


@variant("learning rate too high")
def high_rate_rnn(folder, r):
    data = arrays(folder, "d", *waves(r, 400))
    train(folder, data, "--cell", "rnn", "--lr", 0.3, "--epochs", 8)
    return inspect(folder, "m", *data)


@variant("learning rate too high")
def high_rate_sgd(folder, r):
    data = arrays(folder, "d", *delayed(r, 200, 30, 2))
    train(folder, data, "--optimizer", "sgd", "--lr", 30, "--epochs", 10,
          "--hidden", 24)
    return inspect(folder, "m", *data)


@variant("learning rate too high")
def high_rate_regress(folder, r):
    x = noise(r, 300, 20)
    y = [sum(v[0] for v in s) / 4 for s in x]
    data = arrays(folder, "d", x, y, values=True)
    train(folder, data, "--lr", 0.5, "--hidden", 24, "--epochs", 10)
    return inspect(folder, "m", *data)


@variant("NaN in the data")
def nan_array(folder, r):
    x, y = waves(r, 200)
    x[3][5][0] = x[70][1][0] = math.nan
    data = arrays(folder, "d", x, y)
    train(folder, data, "--missing", "mean", "--hidden", 24, "--epochs", 5)
    return inspect(folder, "m", *data)


@variant("NaN in the data")
def nan_filled(folder, r):
    rows = seasons(r, 500)
    for n in range(20, 480, 9):
        rows[n][0] = math.nan
    data = table(folder, "d", rows, ["a", "load"])
    train(folder, data, "--target", "load", "--missing", "previous",
          "--epochs", 5)
    return inspect(folder, "m", data)


@variant("NaN in the data")
def infinity_table(folder, r):
    rows = seasons(r, 500)
    clean = table(folder, "clean", rows, ["a", "load"])
    train(folder, clean, "--target", "load", "--epochs", 5)
    rows[50][0] = math.inf
    return inspect(folder, "m", table(folder, "d", rows, ["a", "load"]))


@variant("NaN in the data")
def infinity_array(folder, r):
    x, y = waves(r, 200)
    train(folder, arrays(folder, "d", x, y), "--hidden", 24, "--epochs", 5)
    x[3][5][0] = math.inf
    return inspect(folder, "m", *arrays(folder, "e", x, y))


@variant("flipped target")
def flipped_classes(folder, r):
    x, y = waves(r, 240)
    train(folder, arrays(folder, "d", x, y), "--hidden", 24, "--epochs", 10)
    return inspect(folder, "m",
                   *arrays(folder, "e", x, [1 - k for k in y]))


@variant("flipped target")
def flipped_ring(folder, r):
    x, y = waves(r, 300, classes=3)
    train(folder, arrays(folder, "d", x, y), "--hidden", 24, "--epochs", 12)
    return inspect(folder, "m",
                   *arrays(folder, "e", x, [(k + 1) % 3 for k in y]))


@variant("flipped target")
def flipped_pair(folder, r):
    x, y = waves(r, 400, classes=4)
    train(folder, arrays(folder, "d", x, y), "--hidden", 32, "--epochs", 14)
    return inspect(folder, "m", *arrays(
        folder, "e", x, [{1: 2, 2: 1}.get(k, k) for k in y]))


@variant("flipped target")
def flipped_track(folder, r):
    x = noise(r, 150, 30)
    y = [[s[k - 1][0] if k else 0.0 for k in range(30)] for s in x]
    train(folder, arrays(folder, "d", x, y, values=True), "--hidden", 24,
          "--epochs", 15)
    return inspect(folder, "m", *arrays(
        folder, "e", x, [[-v for v in s] for s in y], values=True))


@variant("flipped target")
def flipped_forecast(folder, r):
    rows = [[a, b] for a, b in seasons(r, 700)]
    rows = [[rows[n - 1][1] if n else 0, rows[n][1]] for n in range(700)]
    data = table(folder, "d", rows, ["other", "load"])
    train(folder, data, "--target", "load", "--columns", "other",
          "--transform", "none", "--epochs", 15)
    rows = [[a, -b] for a, b in rows]
    return inspect(folder, "m", table(folder, "e", rows, ["other", "load"]))


@variant("overfitting")
def overfitting_text(folder, r):
    (folder / "t.txt").write_text(some_text()[:5000])
    train(folder, "t.txt", "--hidden", 96, "--epochs", 60, "--batch", 4,
          "--validation", 0.3, "--patience", "never")
    return inspect(folder, "m", "t.txt")


@variant("overfitting")
def overfitting_regress(folder, r):
    x = noise(r, 50, 20, 3)
    y = [sum(v[0] for v in s) / 4 + r.gauss(0, 1) for s in x]
    data = arrays(folder, "d", x, y, values=True)
    train(folder, data, "--hidden", 64, "--validation", 0.4, "--epochs", 60,
          "--patience", "never", "--weight-decay", 0)
    return inspect(folder, "m", *data)


@variant("overfitting")
def overfitting_random_labels(folder, r):
    x = noise(r, 60, 20, 2)
    data = arrays(folder, "d", x, [r.randrange(2) for _ in x])
    train(folder, data, "--hidden", 64, "--validation", 0.4, "--epochs", 80,
          "--patience", "never", "--weight-decay", 0)
    return inspect(folder, "m", *data)


@variant("overfitting")
def overfitting_other_file(folder, r):
    x = noise(r, 200, 20, 3)
    y = [int(sum(v[0] for v in s) + r.gauss(0, 3) > 0) for s in x]
    data = arrays(folder, "d", x[:40], y[:40])
    train(folder, data, "--hidden", 64, "--epochs", 60, "--patience", "never",
          "--weight-decay", 0)
    return inspect(folder, "m", *arrays(folder, "e", x[40:], y[40:]))


@variant("overfitting")
def overfitting_tag(folder, r):
    x = noise(r, 16, 30, 2)
    y = [[int(s[t][0] + r.gauss(0, 1.5) > 0) for t in range(30)] for s in x]
    data = arrays(folder, "d", x, y)
    train(folder, data, "--hidden", 96, "--validation", 0.4, "--epochs", 150,
          "--patience", "never")
    return inspect(folder, "m", *data)


@variant("unused input")
def unused_array(folder, r):
    x = noise(r, 400, 20, 3)
    y = [int(sum(v[0] - v[2] for v in s) > 0) for s in x]
    data = arrays(folder, "d", x, y)
    train(folder, data, "--hidden", 24, "--epochs", 15)
    return inspect(folder, "m", *data)


@variant("unused input")
def unused_regress(folder, r):
    x = noise(r, 500, 15, 2)
    y = [sum(v[1] for v in s) / 4 for s in x]
    data = arrays(folder, "d", x, y, values=True)
    train(folder, data, "--hidden", 24, "--epochs", 25)
    return inspect(folder, "m", *data)


@variant("unused input")
def unused_edited(folder, r):
    x, y = waves(r, 240)
    x = [[[v[0], v[0] + r.gauss(0, 0.3)] for v in s] for s in x]
    data = arrays(folder, "d", x, y)
    train(folder, data, "--hidden", 24, "--epochs", 8)

    def change(name, shape, values):
        if "weight_ih_l0" in name:
            values[1::2] = [0.0] * (len(values) // 2)
    change_weights(folder / "m", change)
    return inspect(folder, "m", *data)


@variant("label noise")
def label_noise_elsewhere(folder, r):
    x, y = waves(r, 500)
    train(folder, arrays(folder, "d", x, y), "--hidden", 24, "--epochs", 15)
    y = [1 - k if r.random() < 0.3 else k for k in y]
    return inspect(folder, "m", *arrays(folder, "e", x, y))


@variant("NaN in the data")
def nan_target(folder, r):
    x = noise(r, 150, 20)
    y = [sum(v[0] for v in s) / 4 for s in x]
    train(folder, arrays(folder, "d", x, y, values=True), "--hidden", 16,
          "--epochs", 5)
    y[5] = math.nan
    return inspect(folder, "m", *arrays(folder, "e", x, y, values=True))


@variant("flipped target")
def flipped_weakly(folder, r):
    x, y = delayed(r, 150, 30, 1)
    y = [[1 - k if r.random() < 0.3 else k for k in s] for s in y]
    train(folder, arrays(folder, "d", x, y), "--hidden", 16, "--epochs", 20)
    return inspect(folder, "m", *arrays(
        folder, "e", x, [[1 - k for k in s] for s in y]))


@variant("overfitting")
def overfitting_forecast(folder, r):
    def rows(n):
        some = [[r.gauss(0, 1), r.gauss(0, 1), 0] for _ in range(n)]
        for k in range(1, n):
            some[k][2] = 0.6 * some[k - 1][0] + r.gauss(0, 0.7)
        return some
    names = ["a", "b", "load"]
    train(folder, table(folder, "d", rows(90), names), "--target", "load",
          "--epochs", 200, "--validation", 0, "--transform", "none")
    return inspect(folder, "m", table(folder, "e", rows(400), names))


@variant("unused input")
def unused_classify(folder, r):
    x, y = waves(r, 400)
    x = [[[v[0], r.gauss(0, 1)] for v in s] for s in x]
    data = arrays(folder, "d", x, y)
    train(folder, data, "--cell", "lstm", "--hidden", 24, "--epochs", 20)
    return inspect(folder, "m", *data)


@variant("constant input")
def unused_constant(folder, r):
    x = noise(r, 300, 20)
    y = [sum(v[0] for v in s[-5:]) for s in x]
    data = arrays(folder, "d", [[[v[0], 3.0] for v in s] for s in x], y,
                  values=True)
    train(folder, data, "--hidden", 24, "--epochs", 15)
    return inspect(folder, "m", *data)


def untrained(cell, hidden):
    @variant("underfitting")
    def build(folder, r):
        x = noise(r, 60, 24, 3)
        y = [[0.5 * s[k][0] + (0.5 * s[k - 2][0] if k > 1 else 0.0)
              for k in range(24)] for s in x]
        data = arrays(folder, "d", x, y, values=True)
        train(folder, data, "--cell", cell, "--hidden", hidden, "--epochs", 1,
              "--lr", 1e-7)
        return inspect(folder, "m", *data)
    CASES[-1] = (f"untrained_{cell}_{hidden}", *CASES[-1][1:])


for size in (3, 4, 8):
    for kind in ("rnn", "lstm", "gru"):
        untrained(kind, size)


@variant("unlike its training")
def other_text(folder, r):
    (folder / "t.txt").write_text(some_text())
    (folder / "other.txt").write_text(
        "".join(f"{r.gauss(0, 1):.4f},{r.gauss(0, 1):.4f}\n"
                for _ in range(900)))
    train(folder, "t.txt", "--hidden", 48, "--epochs", 6, "--batch", 8)
    return inspect(folder, "m", "other.txt")
