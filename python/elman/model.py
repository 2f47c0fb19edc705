"""Models: layers and weights."""

from elman import _core
from elman._checks import refused, truth, whole
from elman.layer import Layer
from elman.learner import Learner
from elman.passes import Passes
from elman.weights import Weights


class Model(Passes, Learner, Weights, _core.Model):
    """A network of layers, from input to output, and its weights.

    Parameters
    ----------
    layers : sequence of Layer
        From input to output.
    inputs : int, optional
        I, the features of each step; 0 where the first layer is an Embedding.
    batch_first : bool, optional
        Whether x and y are (B,T,.), the default, or (T,B,.). A model from a
        file has what the file says.
    seed : int, optional
        Of the initial weights: the same seed gives the same bits everywhere.

    Examples
    --------
    >>> model = Model([LSTM(64), Linear(3)], inputs=8)
    >>> x = np.zeros((2, 5, 8))
    >>> model(x).shape
    (2, 5, 3)
    """

    def __new__(cls, layers, inputs=0, *, batch_first=True, seed=0):
        try:
            configs = [layer.config() for layer in layers]
        except (AttributeError, TypeError):
            raise TypeError(
                f"layers is {layers!r}, expected a list such as [elman.LSTM(64), "
                "elman.Linear(3)]"
            ) from None
        if not configs:
            raise refused("layers", layers, "one layer at least")
        whole("inputs", inputs, 0)
        tokens = configs[0]["kind"] == "embedding"
        if bool(inputs) == tokens:
            raise refused("inputs", inputs, (
                "0, as the model begins with an Embedding and reads tokens" if tokens else
                "the features of each step, or an Embedding as the first layer"))  # fmt: skip
        return super().__new__(
            cls,
            {
                "input_size": inputs,
                "batch_first": truth("batch_first", batch_first),
                "seed": whole("seed", seed, 0, 2**64 - 1),
                "layers": configs,
            },
        )

    # ---- what it is ---------------------------------------------------------

    @property
    def layers(self):
        """The layers, every default filled in."""
        return [Layer.of(config) for config in self.config["layers"]]

    @property
    def batch_first(self):
        """Whether x and y are (B,T,.) rather than (T,B,.)."""
        return self.config["batch_first"]

    # ---- copies -------------------------------------------------------------

    def __copy__(self):
        return self.copy()

    def __deepcopy__(self, memo):
        return self.copy()

    def __reduce__(self):
        return type(self).loads, (self.dumps(),)

    def __eq__(self, other):
        if not isinstance(other, _core.Model):
            return NotImplemented
        return self is other or self.dumps() == other.dumps()

    __hash__ = object.__hash__

    # ---- how it looks -------------------------------------------------------

    def __repr__(self):
        info = self.info
        takes = (
            f"vocabulary={info['vocabulary']}"
            if info["vocabulary"]
            else f"inputs={info['input_size']}"
        )
        layers = ", ".join(repr(_short(layer)) for layer in self.layers)
        return f"Model([{layers}], {takes})"

    def _repr_html_(self):
        from elman import html

        return html.model(self)


def _short(layer):
    """A layer without the name and numbers that it has by default."""
    fields = {k: v for k, v in layer.fields.items() if k not in ("name", "hidden_sizes")}
    return Layer(layer.kind, **fields)
