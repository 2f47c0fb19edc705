"""more_memory.py: variants of faults of gradients and units."""
from planted.data import *  # noqa: F403
from planted.network import *


@variant("vanishing", "short memory")
def vanishing_rnn_long(folder, r):
    data = arrays(folder, "d", *first_step(r, 200, 100))
    train(folder, data, "--cell", "rnn", "--hidden", 32, "--no-bidirectional",
          "--pool", "last", "--epochs", 6)
    return inspect(folder, "m", *data)


@variant("vanishing", "short memory")
def vanishing_gru_long(folder, r):
    data = arrays(folder, "d", *first_step(r, 200, 120))
    train(folder, data, "--cell", "gru", "--hidden", 24, "--no-bidirectional",
          "--pool", "last", "--epochs", 4, "--init-hidden", "normal:0.1")
    return inspect(folder, "m", *data)


@variant("vanishing", "short memory")
def vanishing_lstm_forgets(folder, r):
    data = arrays(folder, "d", *first_step(r, 200, 60))
    train(folder, data, "--cell", "lstm", "--hidden", 24, "--no-bidirectional",
          "--pool", "last", "--epochs", 5, "--forget-bias", -6)
    return inspect(folder, "m", *data)


@variant("vanishing", "short memory")
def vanishing_text(folder, r):
    (folder / "t.txt").write_text(some_text())
    train(folder, "t.txt", "--cell", "rnn", "--hidden", 48, "--epochs", 2,
          "--batch", 16, "--init-hidden", "normal:0.01")
    return inspect(folder, "m", "t.txt")


@variant("vanishing", "short memory")
def vanishing_edited(folder, r):
    data = arrays(folder, "d", *delayed(r, 200, 40, 2))
    train(folder, data, "--cell", "rnn", "--hidden", 24, "--epochs", 6)
    change_weights(folder / "m", scale("weight_hh", 0.05))
    return inspect(folder, "m", *data)


@variant("vanishing", "short memory")
def vanishing_without_data(folder, r):
    data = arrays(folder, "d", *waves(r, 100))
    train(folder, data, "--cell", "rnn", "--hidden", 24, "--epochs", 2,
          "--init-hidden", "normal:0.02", "--no-bidirectional", "--pool", "last")
    return inspect(folder, "m")


@variant("vanishing", "short memory")
def vanishing_regress(folder, r):
    x = noise(r, 250, 70)
    data = arrays(folder, "d", x, [s[0][0] for s in x], values=True)
    train(folder, data, "--cell", "rnn", "--hidden", 24, "--no-bidirectional",
          "--pool", "last", "--init-hidden", "normal:0.1", "--epochs", 8)
    return inspect(folder, "m", *data)


@variant("exploding")
def exploding_edited(folder, r):
    data = arrays(folder, "d", *delayed(r, 200, 40, 2))
    train(folder, data, "--cell", "rnn", "--hidden", 32, "--epochs", 6)
    change_weights(folder / "m", scale("weight_hh", 3))
    return inspect(folder, "m", *data)


@variant("exploding")
def exploding_relu(folder, r):
    x = noise(r, 200, 40)
    y = [sum(v[0] for v in s[-5:]) for s in x]
    data = arrays(folder, "d", x, y, values=True)
    train(folder, data, "--cell", "rnn", "--nonlinearity", "relu", "--hidden",
          24, "--no-bidirectional", "--init-hidden", "identity:1.25",
          "--epochs", 2, "--lr", 1e-5)
    return inspect(folder, "m", *data)


@variant("exploding")
def exploding_text(folder, r):
    (folder / "t.txt").write_text(some_text())
    train(folder, "t.txt", "--cell", "rnn", "--hidden", 48, "--epochs", 2,
          "--batch", 16, "--init-hidden", "normal:0.6")
    return inspect(folder, "m", "t.txt")


@variant("exploding", "saturated gates")
def exploding_gru(folder, r):
    data = arrays(folder, "d", *delayed(r, 200, 40, 2))
    train(folder, data, "--cell", "gru", "--hidden", 32, "--epochs", 2,
          "--init-hidden", "normal:1.2")
    return inspect(folder, "m", *data)


@variant("exploding")
def exploding_without_data(folder, r):
    data = arrays(folder, "d", *delayed(r, 100, 30, 2))
    train(folder, data, "--cell", "rnn", "--hidden", 32, "--epochs", 2,
          "--init-hidden", "normal:0.5")
    return inspect(folder, "m")


@variant("saturated gates")
def saturated_gru(folder, r):
    data = arrays(folder, "d", *delayed(r, 150, 30, 2))
    train(folder, data, "--cell", "gru", "--hidden", 24, "--init",
          "normal:15", "--init-hidden", "normal:15", "--epochs", 3)
    return inspect(folder, "m", *data)


@variant("saturated gates")
def saturated_rnn(folder, r):
    data = arrays(folder, "d", *waves(r, 240))
    train(folder, data, "--cell", "rnn", "--hidden", 24, "--init",
          "normal:25", "--epochs", 3)
    return inspect(folder, "m", *data)


@variant("saturated gates")
def saturated_edited(folder, r):
    data = arrays(folder, "d", *waves(r, 240))
    train(folder, data, "--cell", "lstm", "--hidden", 24, "--epochs", 6)
    change_weights(folder / "m", scale("weight_", 40))
    return inspect(folder, "m", *data)


@variant("saturated gates")
def saturated_bias(folder, r):
    (folder / "t.txt").write_text(some_text())
    train(folder, "t.txt", "--cell", "lstm", "--hidden", 48, "--epochs", 2,
          "--batch", 16, "--init-bias", "constant:6")
    return inspect(folder, "m", "t.txt")


def biases(gates, hidden, value):
    """Sets the biases of some gates, numbered in the order of the file."""
    def change(name, shape, values):
        if "bias_ih" in name:
            for g in gates:
                values[g * hidden:(g + 1) * hidden] = [value] * hidden
    return change


@variant("saturated gates")
def saturated_shut(folder, r):
    data = arrays(folder, "d", *delayed(r, 150, 40, 2))
    train(folder, data, "--cell", "gru", "--hidden", 32, "--epochs", 6)
    change_weights(folder / "m", biases((0, 1), 32, -20.0))
    return inspect(folder, "m", *data)


@variant("saturated gates")
def saturated_output(folder, r):
    data = arrays(folder, "d", *waves(r, 240))
    train(folder, data, "--cell", "lstm", "--hidden", 24, "--epochs", 6)
    change_weights(folder / "m", biases((3,), 24, -20.0))
    return inspect(folder, "m", *data)


@variant("saturated gates")
def saturated_mingru(folder, r):
    data = arrays(folder, "d", *waves(r, 240))
    train(folder, data, "--cell", "mingru", "--hidden", 24, "--epochs", 4,
          "--init", "normal:30")
    return inspect(folder, "m", *data)


@variant("dead units")
def dead_edited(folder, r):
    data = arrays(folder, "d", *waves(r, 240))
    train(folder, data, "--cell", "rnn", "--hidden", 24, "--epochs", 8)

    def change(name, shape, values):
        if "_l0" in name:
            row = len(values) // shape[0]
            for k in range(shape[0] // 2):
                values[k * row:(k + 1) * row] = [0.0] * row
    change_weights(folder / "m", change)
    return inspect(folder, "m", *data)


@variant("dead units")
def dead_lstm(folder, r):
    data = arrays(folder, "d", *delayed(r, 150, 30, 2))
    train(folder, data, "--cell", "lstm", "--hidden", 24, "--epochs", 8)

    def change(name, shape, values):
        if "bias_ih_l0" in name:  # the output gates of ten units stay shut
            for k in range(10):
                values[3 * 24 + k] = -40.0
    change_weights(folder / "m", change)
    return inspect(folder, "m", *data)


@variant("dead units")
def dead_text(folder, r):
    (folder / "t.txt").write_text(some_text())
    train(folder, "t.txt", "--cell", "rnn", "--nonlinearity", "relu",
          "--hidden", 48, "--epochs", 2, "--batch", 16, "--init-bias",
          "constant:-2")
    return inspect(folder, "m", "t.txt")


@variant("window too short")
def short_window_text(folder, r):
    (folder / "t.txt").write_text(some_text())
    train(folder, "t.txt", "--cell", "lstm", "--hidden", 48, "--epochs", 8,
          "--batch", 8, "--k1", 2)
    return inspect(folder, "m", "t.txt")


@variant("window too short")
def short_window_track(folder, r):
    x = noise(r, 200, 40)
    y = [[s[k - 8][0] if k >= 8 else 0.0 for k in range(40)] for s in x]
    data = arrays(folder, "d", x, y, values=True)
    train(folder, data, "--cell", "gru", "--hidden", 24, "--k1", 4,
          "--epochs", 10)
    return inspect(folder, "m", *data)


@variant("window too short")
def short_window_forecast(folder, r):
    data = table(folder, "d", seasons(r, blur=0.3, extra=False), ["load"])
    train(folder, data, "--window", 3, "--horizon", 12, "--transform", "none",
          "--epochs", 10)
    return inspect(folder, "m", data)
