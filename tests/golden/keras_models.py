"""keras_models.py: small models of every kind that Keras saves and elman reads,
and some that it refuses. Works with Keras 2 (TensorFlow 2.15) and Keras 3.
"""
import numpy as np

T, I, H = 5, 3, 4


class Models:
    """MODELS(keras) has {name: (model, input)}: input is "steps", "tokens",
    "numbers" or "states".
    """

    def __init__(self, keras, second):
        self.keras, self.layers = keras, keras.layers
        self.second = second
        self.made = {}

    def stack(self, name, *layers, shape=None, kind="steps"):
        """A Sequential model."""
        self.made[name] = (self.keras.Sequential(
            [self.keras.Input(shape or (T, I)), *layers], name=name), kind)

    def build(self):
        self.cells()
        self.directions()
        self.stacks()
        self.backwards()
        self.steps()
        self.functions()
        self.norms()
        self.shapes()
        self.tokens()
        self.graphs()
        return self.made

    def cells(self):
        L, s = self.layers, self.stack
        s("lstm", L.LSTM(H))
        s("lstm_steps", L.LSTM(H, return_sequences=True))
        s("lstm_dense", L.LSTM(H), L.Dense(2))
        s("lstm_no_bias", L.LSTM(H, use_bias=False))
        s("lstm_hard", L.LSTM(H, recurrent_activation="hard_sigmoid",
                              return_sequences=True))
        s("lstm_linear", L.LSTM(H, activation="linear"))
        s("lstm_softsign", L.LSTM(H, activation="softsign",
                                  recurrent_activation="tanh"))
        s("lstm_dropout", L.LSTM(H, dropout=0.2, recurrent_dropout=0.3))
        s("gru", L.GRU(H))
        s("gru_steps", L.GRU(H, return_sequences=True), L.Dense(2))
        s("gru_before", L.GRU(H, reset_after=False, return_sequences=True))
        s("gru_no_bias", L.GRU(H, use_bias=False))
        s("gru_before_no_bias", L.GRU(H, reset_after=False, use_bias=False))
        s("gru_hard", L.GRU(H, recurrent_activation="hard_sigmoid"))
        s("gru_relu", L.GRU(H, activation="relu"))
        s("gru_elu", L.GRU(H, activation="elu", return_sequences=True))
        s("rnn", L.SimpleRNN(H))
        s("rnn_steps", L.SimpleRNN(H, return_sequences=True))
        s("rnn_relu", L.SimpleRNN(H, activation="relu"))
        s("rnn_sigmoid", L.SimpleRNN(H, activation="sigmoid"))
        s("rnn_no_bias", L.SimpleRNN(H, use_bias=False))

    def directions(self):
        L, s = self.layers, self.stack
        for mode in ("concat", "sum", "mul", "ave"):
            s(f"both_{mode}_steps", L.Bidirectional(
                L.LSTM(H, return_sequences=True), merge_mode=mode))
        for mode in ("concat", "sum", "ave"):
            s(f"both_{mode}", L.Bidirectional(L.GRU(H), merge_mode=mode),
              L.Dense(2))
        s("both_rnn", L.Bidirectional(
            L.SimpleRNN(H, return_sequences=True)), L.Dense(2))
        s("both_before", L.Bidirectional(
            L.GRU(H, reset_after=False, return_sequences=True)))
        s("both_twice", L.Bidirectional(L.LSTM(H, return_sequences=True)),
          L.Bidirectional(L.LSTM(H)), L.Dense(3, activation="softmax"))
        s("both_other", L.Bidirectional(
            L.LSTM(H, return_sequences=True),
            backward_layer=L.LSTM(H, activation="relu", return_sequences=True,
                                  go_backwards=True)))
        s("both_cell", L.Bidirectional(L.RNN(
            L.GRUCell(H), return_sequences=True)), L.Dense(2))
        s("both_no_bias", L.Bidirectional(L.LSTM(H, use_bias=False)))

    def stacks(self):
        L, s = self.layers, self.stack
        s("stacked", L.LSTM(H, return_sequences=True),
          L.LSTM(5, return_sequences=True), L.LSTM(2), L.Dense(2))
        s("mixed", L.GRU(H, return_sequences=True),
          L.SimpleRNN(5, return_sequences=True), L.LSTM(H))
        s("cell", L.RNN(L.LSTMCell(H)))
        s("cell_steps", L.RNN(L.GRUCell(H), return_sequences=True), L.Dense(2))
        s("cells", L.RNN([L.LSTMCell(H), L.GRUCell(5), L.LSTMCell(3)]))
        s("cells_steps", L.RNN(
            [L.SimpleRNNCell(H), L.GRUCell(H, reset_after=False),
             L.GRUCell(H, use_bias=False)], return_sequences=True))
        s("deep", *[L.Dense(3, name=f"d{i}") for i in range(12)],
          L.LSTM(H), L.Dense(2))

    def backwards(self):
        L, s = self.layers, self.stack
        s("back", L.LSTM(H, go_backwards=True), L.Dense(2))
        s("back_twice", L.LSTM(H, go_backwards=True, return_sequences=True),
          L.GRU(H, go_backwards=True, return_sequences=True), L.Dense(2))
        s("back_then_on", L.GRU(H, go_backwards=True, return_sequences=True),
          L.LSTM(H), L.Dense(2))
        s("back_pool", L.GRU(H, go_backwards=True, return_sequences=True),
          L.Dense(3), L.GlobalAveragePooling1D())
        s("back_cells", L.RNN([L.LSTMCell(H), L.LSTMCell(3)],
                              go_backwards=True))

    def steps(self):
        L, s = self.layers, self.stack
        s("each_dense", L.LSTM(H, return_sequences=True),
          L.TimeDistributed(L.Dense(2, activation="tanh")))
        s("each_norm", L.LSTM(H, return_sequences=True),
          L.TimeDistributed(L.LayerNormalization()))
        s("each_batch_norm", L.TimeDistributed(L.BatchNormalization()),
          L.LSTM(H))
        s("each_function", L.LSTM(H, return_sequences=True),
          L.TimeDistributed(L.Activation("relu")),
          L.TimeDistributed(L.Dropout(0.2)))
        s("masking_steps", L.Masking(-1.0), L.LSTM(H, return_sequences=True),
          L.Dense(2), kind="masked")
        s("mean", L.LSTM(H, return_sequences=True),
          L.GlobalAveragePooling1D(), L.Dense(2))
        s("max", L.Bidirectional(L.GRU(H, return_sequences=True)),
          L.GlobalMaxPooling1D(), L.Dense(2))
        s("nothing", L.GaussianNoise(0.1), L.SpatialDropout1D(0.2),
          L.LSTM(H, return_sequences=True), L.Dropout(0.5),
          L.GaussianDropout(0.1), L.ActivityRegularization(0.1), L.Dense(2))
        s("masking", L.Masking(-1.0), L.LSTM(H, return_sequences=True),
          L.GRU(3), L.Dense(2), kind="masked")
        s("masking_both", L.Masking(-1.0), L.Bidirectional(L.LSTM(H)),
          L.Dense(2), kind="masked")

    def functions(self):
        L, s = self.layers, self.stack
        names = ["tanh", "sigmoid", "relu", "softplus", "softsign", "elu",
                 "selu", "relu6", "hard_sigmoid", "softmax", "log_softmax",
                 "leaky_relu"]
        if self.second:
            names = names[:7] + ["hard_sigmoid", "softmax"]
        else:
            names.append("hard_tanh")
        for i in range(0, len(names), 3):
            s("dense_" + "_".join(names[i:i + 3]), L.GRU(
                H, return_sequences=True),
              *[L.Dense(3, activation=n) for n in names[i:i + 3]])
        slope = {"alpha": 0.2} if self.second else {"negative_slope": 0.2}
        s("function_layers", L.LSTM(H, return_sequences=True), L.Dense(6),
          L.LeakyReLU(**slope), L.Dense(6), L.ELU(alpha=0.5), L.Dense(6),
          L.ReLU(max_value=0.5), L.Dense(6), L.ReLU(threshold=0.1), L.Dense(6),
          L.ReLU(negative_slope=0.1), L.Dense(6), L.Activation("sigmoid"),
          L.Softmax())

    def norms(self):
        L, s = self.layers, self.stack
        s("layer_norm", L.LSTM(H, return_sequences=True),
          L.LayerNormalization(), L.GRU(H), L.LayerNormalization(
              epsilon=1e-2, scale=False), L.Dense(3),
          L.LayerNormalization(center=False))
        s("unit_norm", L.LSTM(H), L.UnitNormalization(), L.Dense(2))
        s("batch_norm", L.BatchNormalization(),
          L.LSTM(H, return_sequences=True), L.BatchNormalization(scale=False),
          L.LSTM(H), L.BatchNormalization(center=False, epsilon=0.1),
          L.Dense(2))

        mean = L.Normalization()
        mean.adapt(np.random.default_rng(3).normal(2, 3, (9, T, I)))
        s("scaled", mean, L.Rescaling(0.5, 0.25), L.LSTM(H), L.Dense(2))

    def shapes(self):
        L, s = self.layers, self.stack
        s("column", L.Reshape((T, 1)), L.LSTM(H), L.Dense(1), shape=(T,),
          kind="numbers")
        s("no_change", L.Permute((1, 2)), L.Reshape((T, I)), L.LSTM(H),
          L.Flatten(), L.Reshape((H,)), L.Dense(2))
        s("any_length", L.LSTM(H, return_sequences=True), L.Dense(2),
          shape=(None, I))

    def tokens(self):
        L, s = self.layers, self.stack
        s("tokens", L.Embedding(7, 3), L.LSTM(H), L.Dense(2), shape=(T,),
          kind="tokens")
        s("tokens_mask", L.Embedding(7, 3, mask_zero=True),
          L.Bidirectional(L.GRU(H)), L.Dense(2, activation="sigmoid"),
          shape=(T,), kind="padded")
        s("tokens_max", L.Embedding(7, 3, mask_zero=True),
          L.GlobalMaxPooling1D(), L.Dense(2), shape=(T,), kind="tokens")
        s("tokens_mean", L.Embedding(7, 3, mask_zero=True),
          L.LSTM(H, return_sequences=True), L.GlobalAveragePooling1D(),
          shape=(T,), kind="padded")

    def graphs(self):
        keras, L = self.keras, self.layers
        x = keras.Input((T, I), name="series")
        h = L.LSTM(H, return_sequences=True, name="first")(x)
        h = L.Dropout(0.2)(L.BatchNormalization()(h))
        y = L.Dense(2, name="answer")(L.GRU(H, name="second")(h))
        self.made["chain"] = (keras.Model(x, y), "steps")

        # a model with its states as further inputs and outputs
        h_0, c_0 = keras.Input((H,), name="h"), keras.Input((H,), name="c")
        x = keras.Input((T, I))
        y, h, c = L.LSTM(H, return_sequences=True, return_state=True,
                         name="lstm")(x, initial_state=[h_0, c_0])
        self.made["states"] = (
            keras.Model([x, h_0, c_0], [L.Dense(2)(y), h, c]), "states")

        # two outputs, one for each direction
        x = keras.Input((T, I))
        self.made["both_none_steps"] = (keras.Model(x, L.Bidirectional(
            L.LSTM(H, return_sequences=True), merge_mode=None)(x)), "steps")

        inner = keras.Sequential([
            keras.Input((T, I)), L.LSTM(H, return_sequences=True, name="a"),
            L.BatchNormalization(name="norm"), L.LSTM(H, name="b")],
            name="inner")
        self.stack("nested", inner, L.Dense(2))
        x = keras.Input((T, I))
        block = keras.Model(x, L.Dense(3)(L.GRU(H, return_sequences=True)(x)),
                            name="block")
        x = keras.Input((T, I))
        self.made["nested_graph"] = (
            keras.Model(x, L.LSTM(H)(block(x))), "steps")


class Graphs(Models):
    """Functional models of Keras 3 as people write them: masks, which are
    layers there, states that are read, slices, both directions one by one.
    """

    def build(self):
        self.masks()
        self.states()
        self.pairs()
        self.parts()
        return self.made

    def graph(self, name, build, kind="steps"):
        tokens = kind in ("tokens", "padded")
        x = self.keras.Input((T,) if tokens else (T, I))
        self.made[name] = (self.keras.Model(x, build(x)), kind)

    def masks(self):
        L, g, steps = self.layers, self.graph, {"return_sequences": True}

        def embed(x):
            return L.Embedding(7, 3, mask_zero=True)(x)

        g("mask_lstm", lambda x: L.Dense(2)(L.LSTM(H)(embed(x))), "padded")
        g("mask_both", lambda x: L.Dense(2)(L.GRU(3)(L.Bidirectional(
            L.LSTM(H, **steps))(L.SpatialDropout1D(0.2)(embed(x))))), "padded")
        g("mask_mean", lambda x: L.GlobalAveragePooling1D()(
            L.Dense(H, activation="tanh")(embed(x))), "padded")
        g("mask_each", lambda x: L.TimeDistributed(L.Dense(2))(
            L.GRU(H, **steps)(embed(x))), "padded")
        g("mask_value", lambda x: L.LSTM(H)(L.Masking(-1.0)(x)), "masked")
        inner = self.keras.Sequential([
            self.keras.Input((T, 3)), L.LSTM(H, **steps)])
        g("mask_nested", lambda x: L.GRU(2)(inner(embed(x))), "padded")
        g("mask_state", lambda x: L.Dense(2)(L.LSTM(
            H, return_state=True, **steps)(embed(x))[1]), "padded")

    def states(self):
        L, g, steps = self.layers, self.graph, {"return_sequences": True}
        state = {"return_state": True}
        g("state_lstm", lambda x: L.Dense(2)(L.LSTM(H, **state)(x)[1]))
        g("state_gru", lambda x: L.GRU(H, **state, **steps)(x)[1])
        g("state_back", lambda x: L.Dense(2)(L.SimpleRNN(
            H, go_backwards=True, **state, **steps)(x)[1]))
        g("state_cell", lambda x: L.Dense(2)(
            L.RNN(L.LSTMCell(H), **state, **steps)(x)[1]))
        # the encoder of a model that translates
        g("state_only", lambda x: L.LSTM(H, **state)(x)[1:2])

    def pairs(self):
        L, g, steps = self.layers, self.graph, {"return_sequences": True}

        def ends(layer, first, second):
            def build(x):
                out = L.Bidirectional(layer)(x)
                return L.Dense(2)(L.Concatenate()([out[first], out[second]]))
            return build

        g("ends_lstm", ends(L.LSTM(H, return_state=True, **steps), 1, 3))
        g("ends_gru", ends(L.GRU(H, return_state=True), 1, 2))
        for joint in (L.Concatenate, L.Add, L.Multiply, L.Average):
            g(f"pair_{joint.__name__.lower()}", lambda x: L.Dense(2)(
                joint()(L.Bidirectional(L.GRU(H, **steps),
                                        merge_mode=None)(x))))
        g("pair_ends", lambda x: L.Concatenate()(L.Bidirectional(
            L.LSTM(H), merge_mode=None)(x)))

    def parts(self):
        keras, L, g = self.keras, self.layers, self.graph
        steps, back = {"return_sequences": True}, {"go_backwards": True}
        flip = keras.ops.flip
        g("item", lambda x: L.Dense(2)(L.LSTM(H, **steps)(x)[:, -1]))
        g("item_both", lambda x: L.Bidirectional(
            L.GRU(H, **steps))(x)[:, -1, :])
        g("flip_first", lambda x: L.Dense(2)(L.LSTM(H)(flip(x, 1))))
        g("flip_last", lambda x: flip(L.Dense(2)(
            L.LSTM(H, **steps, **back)(x)), axis=1))
        g("flip_both", lambda x: L.Dense(2)(
            L.Bidirectional(L.GRU(H))(flip(x, 1))))
        self.stack("back_both", L.LSTM(H, **steps, **back),
                   L.Bidirectional(L.GRU(3, **steps)), L.LSTM(2))
        self.stack("back_both_sum", L.LSTM(H, **steps, **back),
                   L.Bidirectional(L.GRU(3), merge_mode="sum"))
        self.stack("back_own", L.Bidirectional(
            L.LSTM(H, **back), backward_layer=L.LSTM(H)), L.Dense(2))
        self.stack("back_max", L.LSTM(H, **steps, **back), L.Dense(3),
                   L.GlobalMaxPooling1D())
        self.stack("shaped", L.LSTM(H), L.Dense(6), L.Reshape((2, 3)))


def refused_graphs(keras):
    """Functional models that only look like those."""
    L, made = keras.layers, {}
    steps, state = {"return_sequences": True}, {"return_state": True}

    def graph(name, build, tokens=False):
        x = keras.Input((T,) if tokens else (T, I))
        made[name] = keras.Model(x, build(x))

    graph("own_mask", lambda x: L.LSTM(H, name="lstm")(
        L.Embedding(7, 3, mask_zero=True)(x),
        mask=keras.ops.not_equal(x, 3)), True)
    graph("cell_state", lambda x: L.Dense(2, name="out")(
        L.LSTM(H, name="lstm", **state)(x)[2]))
    graph("swapped", lambda x: L.Concatenate(name="join")(
        L.Bidirectional(L.GRU(H), merge_mode=None, name="both")(x)[::-1]))
    graph("one_of_two", lambda x: L.Bidirectional(
        L.GRU(H, **steps), merge_mode=None, name="both")(x)[0])
    graph("first_step", lambda x: L.Dense(2)(
        L.LSTM(H, name="lstm", **steps)(x)[:, 0]))
    graph("flip_features", lambda x: L.LSTM(H)(keras.ops.flip(x, 2)))
    graph("axes", lambda x: L.Dense(2, name="out")(
        L.Reshape((2, 2))(L.LSTM(H)(x))))
    graph("attention", lambda x: (lambda h: L.Attention(name="look")([h, h]))(
        L.LSTM(H, name="lstm", **steps)(x)))
    return made


def repeated(keras):
    """{name: (model, kind)} of encoders and decoders, and {name: model} of
    those that elman refuses."""
    L, made, bad = keras.layers, {}, {}

    def stack(name, *layers, shape=(T, I), kind="steps"):
        made[name] = keras.Sequential([keras.Input(shape), *layers]), kind

    def steps(cell, **more):
        return cell(H, return_sequences=True, **more)

    each = L.TimeDistributed
    stack("encoder", L.LSTM(H), L.RepeatVector(T), steps(L.LSTM),
          each(L.Dense(I)))
    stack("shorter", L.GRU(H), L.RepeatVector(2), steps(L.GRU), L.Dense(I))
    stack("longer", L.SimpleRNN(H), L.RepeatVector(8), steps(L.SimpleRNN),
          L.Dense(2, activation="tanh"))
    stack("deep", steps(L.LSTM), L.LSTM(3), L.Dense(2, activation="relu"),
          L.RepeatVector(6), steps(L.LSTM), L.Dropout(0.1), steps(L.LSTM),
          L.Dense(I))
    stack("both", L.Bidirectional(L.LSTM(3)), L.RepeatVector(4),
          L.Bidirectional(steps(L.GRU)), L.Dense(2))
    stack("pooled", steps(L.LSTM), L.GlobalAveragePooling1D(),
          L.RepeatVector(3), steps(L.LSTM))
    stack("vector_again", L.LSTM(H), L.RepeatVector(3, name="again"), L.LSTM(H),
          L.Dense(2))
    stack("most", L.GRU(H), L.RepeatVector(3), steps(L.GRU),
          L.GlobalMaxPooling1D())
    stack("alone", L.LSTM(H), L.RepeatVector(3))
    stack("masked", L.Masking(-1.0), L.LSTM(H), L.RepeatVector(4),
          steps(L.LSTM), L.Dense(2), kind="masked")
    stack("tokens", L.Embedding(7, I), L.LSTM(H), L.RepeatVector(T),
          steps(L.LSTM), L.Dense(7, activation="softmax"), shape=(T,),
          kind="tokens")
    stack("padded", L.Embedding(7, I, mask_zero=True), L.GRU(H),
          L.RepeatVector(4), steps(L.GRU), L.GlobalMaxPooling1D(),
          shape=(T,), kind="padded")
    x = keras.Input((T, I))
    y = L.RepeatVector(T, name="again")(L.LSTM(H, name="encode")(x))
    made["chain"] = keras.Model(
        x, L.Dense(I)(steps(L.LSTM, name="decode")(y))), "steps"

    x = keras.Input((H,))
    bad["vector"] = keras.Model(
        x, steps(L.LSTM)(L.RepeatVector(3, name="again")(L.Dense(2)(x))))
    x, h = keras.Input((T, I)), keras.Input((H,))
    y = L.RepeatVector(3, name="again")(L.GRU(H, name="encoder")(x))
    bad["states"] = keras.Model(
        [x, h], steps(L.GRU, name="decoder")(y, initial_state=h))
    bad["two"] = keras.Sequential(
        [keras.Input((T, I)), L.LSTM(H), L.RepeatVector(3), L.LSTM(H),
         L.RepeatVector(2), L.LSTM(H)])
    return made, bad


def operations(keras):
    """The same of functions of keras.ops and of operators, in front of layers,
    between them and behind them."""
    L, ops, made, bad = keras.layers, keras.ops, {}, {}

    def model(function, place):
        x = y = keras.Input((T, I))
        y = function(y) if place == 0 else y
        y = L.LSTM(H, return_sequences=True, name="lstm")(y)
        y = function(y) if place == 1 else y
        y = L.Dense(2, name="dense")(L.GRU(3)(y))
        return keras.Model(x, function(y) if place == 2 else y)

    functions = [
        ("scale", lambda x: x * 2.0 - 1.0), ("rest", lambda x: 1 - x),
        ("half", lambda x: 0.5 * x + 3), ("ratio", lambda x: 3 + x / 7.0),
        ("minus", lambda x: -x), ("named", lambda x: ops.divide(x, 3.0)),
        ("tanh", ops.tanh), ("sigmoid", ops.sigmoid), ("relu", ops.relu),
        ("relu6", ops.relu6), ("selu", ops.selu), ("softplus", ops.softplus),
        ("softsign", ops.softsign), ("hard", ops.hard_sigmoid),
        ("hard_tanh", ops.hard_tanh), ("elu", lambda x: ops.elu(x, 0.5)),
        ("leaky", lambda x: ops.leaky_relu(x, 0.3))]
    for n, (name, function) in enumerate(functions):
        made[name] = model(function, n % 3), "steps"

    made["each"] = keras.Sequential([
        keras.Input((T, I)), L.TimeDistributed(keras.Sequential([
            keras.Input((I,)), L.Dense(3, activation="relu"),
            L.LayerNormalization(), L.Dropout(0.1), L.Dense(2)])),
        L.LSTM(H), L.Dense(2)]), "steps"

    bad["frames"] = keras.Sequential([
        keras.Input((T, 3, 3, 1)), L.TimeDistributed(L.Conv2D(2, 2)),
        L.TimeDistributed(L.Flatten()), L.LSTM(3)])
    bad["over"] = model(lambda x: 2.0 / x, 2)
    bad["power"] = model(lambda x: x ** 2, 1)
    x = keras.Input((T, I))
    y = L.LSTM(H, return_sequences=True)(L.Masking()(x))
    bad["mask"] = keras.Model(x, L.GRU(3)(ops.tanh(y)))
    bad["rms"] = keras.Sequential([
        keras.Input((T, I)), L.LSTM(H, return_sequences=True),
        L.LayerNormalization(rms_scaling=True, name="norm"), L.Dense(2)])
    return made, bad


def refused(keras):
    """What is not a chain of layers that elman has."""
    L, made = keras.layers, {}

    def stack(name, *layers, shape=(T, I)):
        made[name] = keras.Sequential([keras.Input(shape), *layers])

    stack("conv", L.LSTM(H, return_sequences=True, name="lstm"),
          L.Conv1D(3, 2, name="conv"))
    stack("first", L.Conv1D(3, 2, name="conv"), L.LSTM(H))
    stack("swish", L.LSTM(H), L.Dense(2, activation="swish", name="out"))
    stack("gate", L.LSTM(H, activation="selu", name="lstm"))
    stack("flatten", L.LSTM(H, return_sequences=True),
          L.Flatten(name="flat"), L.Dense(2))
    stack("flipped", L.LSTM(H, return_sequences=True, go_backwards=True))
    stack("mask_max", L.Masking(), L.LSTM(H, return_sequences=True),
          L.GlobalMaxPooling1D(name="most"))
    stack("mask_back", L.Masking(), L.LSTM(
        H, return_sequences=True, go_backwards=True, name="back"), L.LSTM(H))
    stack("merge", L.Bidirectional(L.LSTM(H), merge_mode="mul", name="both"))
    stack("no_steps", L.Dense(3), shape=(I,))
    x = keras.Input((T, I))
    y = L.LSTM(H, return_sequences=True, name="left")(x)
    made["branch"] = keras.Model(
        x, L.Add(name="sum")([y, L.Dense(H, name="right")(x)]))
    x = keras.Input((T, I))
    twice = L.LSTM(I, return_sequences=True, name="twice")
    made["shared"] = keras.Model(x, twice(twice(x)))
    x = keras.Input((T, I))
    h = L.GRU(H, name="encoder")(x)
    made["decoder"] = keras.Model(
        x, L.GRU(H, name="decoder")(x, initial_state=h))
    x = keras.Input((T, I))
    h = L.LSTM(H, return_sequences=True)(x)
    made["outputs"] = keras.Model(
        x, [L.Dense(2, name="one")(h), L.Dense(1, name="two")(h)])
    return made
