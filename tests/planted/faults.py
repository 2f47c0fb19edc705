"""faults.py: the twelve planted faults, and six healthy networks."""
import math

from planted.data import *  # noqa: F403
from planted.network import *


@fault("vanishing")
def vanishing(folder, r):
    data = arrays(folder, "d", *first_step(r, 300, 50))
    train(folder, data, "--cell", "rnn", "--hidden", 24, "--no-bidirectional",
          "--pool", "last", "--init-hidden", "normal:0.06", "--epochs", 6)
    return inspect(folder, "m", *data)


@fault("exploding")
def exploding(folder, r):
    x = noise(r, 200, 50)
    y = [sum(v[0] for v in s[-5:]) for s in x]
    data = arrays(folder, "d", x, y, values=True)
    train(folder, data, "--cell", "rnn", "--hidden", 32, "--no-bidirectional",
          "--init-hidden", "normal:0.5", "--epochs", 4, "--lr", 0.0005,
          "--clip-norm", "none")
    return inspect(folder, "m", *data)


@fault("saturated gates")
def saturated(folder, r):
    data = arrays(folder, "d", *waves(r, 240))
    train(folder, data, "--cell", "lstm", "--hidden", 24, "--init",
          "normal:12", "--init-hidden", "normal:12", "--epochs", 4)
    return inspect(folder, "m", *data)


@fault("dead units")
def dead(folder, r):
    data = arrays(folder, "d", *waves(r, 240))
    train(folder, data, "--cell", "rnn", "--nonlinearity", "relu", "--hidden",
          32, "--init-bias", "constant:-0.8", "--epochs", 8)
    return inspect(folder, "m", *data)


@fault("window too short")
def short_window(folder, r):
    data = arrays(folder, "d", *delayed(r, 200, 40, 10))
    train(folder, data, "--cell", "lstm", "--hidden", 24, "--k1", 3,
          "--epochs", 8)
    return inspect(folder, "m", *data)


@fault("label noise")
def label_noise(folder, r):
    x, y = waves(r, 700)
    y = [1 - k if r.random() < 0.25 else k for k in y]
    data = arrays(folder, "d", x, y)
    train(folder, data, "--hidden", 16, "--epochs", 8)
    return inspect(folder, "m", *data)


@fault("wrong scaling")
def scaling(folder, r):
    x = [[[a[0], 1000 * r.gauss(0, 1)] for a in s]
         for s in waves(r, 240)[0]]
    y = [r.randrange(2) for _ in x]
    data = arrays(folder, "d", x, y)
    train(folder, data, "--no-scaling", "--hidden", 24, "--epochs", 5)
    return inspect(folder, "m", *data)


@fault("learning rate too high")
def high_rate(folder, r):
    data = arrays(folder, "d", *waves(r, 400))
    train(folder, data, "--hidden", 24, "--lr", 1, "--epochs", 8)
    return inspect(folder, "m", *data)


@fault("NaN in the data")
def not_a_number(folder, r):
    rows = seasons(r, 500)
    clean = table(folder, "clean", rows, ["a", "load"])
    train(folder, clean, "--target", "load", "--epochs", 6)
    for n in (40, 41, 300):
        rows[n][0] = math.nan
    return inspect(folder, "m", table(folder, "d", rows, ["a", "load"]))


@fault("flipped target")
def flipped(folder, r):
    x = noise(r, 300, 20)
    y = [sum(v[0] for v in s) / 4 for s in x]
    data = arrays(folder, "d", x, y, values=True)
    train(folder, data, "--hidden", 16, "--epochs", 12)
    return inspect(folder, "m",
                   *arrays(folder, "e", x, [-v for v in y], values=True))


@fault("overfitting")
def overfitting(folder, r):
    x = noise(r, 60, 20, 3)
    y = [int(sum(v[0] for v in s) + r.gauss(0, 3) > 0) for s in x]
    data = arrays(folder, "d", x, y)
    train(folder, data, "--hidden", 64, "--validation", 0.4, "--epochs", 60,
          "--patience", "never", "--weight-decay", 0)
    return inspect(folder, "m", *data)


@fault("unused input")
def unused(folder, r):
    data = table(folder, "d", seasons(r), ["noise", "load"])
    train(folder, data, "--target", "load", "--epochs", 12)
    return inspect(folder, "m", data)


@healthy
def healthy_text(folder, r):
    (folder / "t.txt").write_text(some_text())
    train(folder, "t.txt", "--hidden", 48, "--epochs", 12, "--batch", 8)
    return inspect(folder, "m", "t.txt")


@healthy
def healthy_classify(folder, r):
    data = arrays(folder, "d", *waves(r, 400))
    train(folder, data, "--hidden", 24, "--epochs", 12)
    return inspect(folder, "m", *data)


@healthy
def healthy_forecast(folder, r):
    data = table(folder, "d", seasons(r, extra=False), ["load"])
    train(folder, data, "--hidden", 24, "--epochs", 15)
    return inspect(folder, "m", data)


@healthy
def healthy_tag(folder, r):
    x = noise(r, 120, 30)
    y = [[int(s[t][0] + (s[t - 1][0] if t else 0) > 0) for t in range(30)]
         for s in x]
    data = arrays(folder, "d", x, y)
    train(folder, data, "--hidden", 24, "--epochs", 40)
    return inspect(folder, "m", *data)


@healthy
def healthy_regress(folder, r):
    x = noise(r, 400, 20)
    y = [sum(v[0] for v in s) / 4 for s in x]
    data = arrays(folder, "d", x, y, values=True)
    train(folder, data, "--hidden", 24, "--epochs", 20)
    return inspect(folder, "m", *data)


@healthy
def healthy_at_random(folder, r):
    data = table(folder, "d", seasons(r, 200), ["a", "load"])
    train(folder, data, "--target", "load", "--steps", 1, "--lr", 1e-9)
    return inspect(folder, "m")
