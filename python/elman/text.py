"""Text and what data means: the encoding that a model keeps of its data."""

import json

import numpy as np

from elman import _checks, _core
from elman._checks import real, whole
from elman._convert import as_array, convert


class Encoding(_core.Encoding):
    """How data became the numbers of a model, from the note it keeps of it.

    Made by `Model.encoding`.

    Parameters
    ----------
    note : str
        JSON, as `Dataset.note` has it.

    Attributes
    ----------
    facts : dict
        task, labels, columns, vocabulary, window, horizon, ... as of
        `Dataset.encoding`.
    tokens : list of bytes
        (V) what each token stands for, of a language model.

    Examples
    --------
    >>> note = '{"version":1,"task":"language","unit":"characters","tokens":["a","b"]}'
    >>> encoding = Encoding(note)
    >>> encoding.encode("abba")
    array([0, 1, 1, 0], dtype=int32)
    >>> encoding.decode([1, 0])
    'ba'
    """

    def __new__(cls, note):
        return super().__new__(cls, _checks.text("note", note))

    def encode(self, text):
        """Text as tokens.

        Parameters
        ----------
        text : str

        Returns
        -------
        array (T) of int32
            What is not in the vocabulary is the token <unk>.

        Raises
        ------
        BadValueError
            If something is not in a vocabulary without <unk>.
        """
        return self.read(_checks.text("text", text))

    def decode(self, tokens):
        """The text of tokens.

        Parameters
        ----------
        tokens : sequence of int

        Returns
        -------
        str
        """
        words = self.tokens
        given = as_array(tokens, "tokens")
        known = convert(given, "int32", "tokens") if given.size else np.zeros(0, "int32")
        if known.ndim != 1:
            raise _checks.refused("tokens", tokens, "the numbers of tokens, one behind the other")
        for token in known.tolist():
            if not 0 <= token < len(words):
                raise _checks.refused("tokens", token, f"0 to {len(words) - 1} of each")
        parts = [words[t] for t in known.tolist()]
        if self.bare:
            parts = [b"\n" if p == b"<eos>" else p for p in parts]
            parts = [
                b" " + p if n and p != b"\n" and parts[n - 1] != b"\n" else p
                for n, p in enumerate(parts)
            ]
        return b"".join(parts).decode("utf-8", "replace")

    def __repr__(self):
        facts = self.facts
        said = {
            name: facts[name]
            for name in ("vocabulary", "labels", "columns", "targets", "window", "horizon")
            if facts[name]
        }
        return f"Encoding({facts['task']}, {json.dumps(said)[1:-1]})"


def encoding_of(model):
    """The encoding of a model, or BadValueError."""
    note = model.note("encoding")
    if note is None:
        raise _core.BadValueError(
            "the model does not know what its numbers mean: it was not trained by "
            "model.fit or elman train; use model(x)"
        )
    return Encoding(note)


def sample(model, prompt, length, temperature, top_k, seed):
    """The text that a language model goes on with; see `Model.sample`."""
    _checks.text("prompt", prompt)
    whole("length", length, 0)
    real("temperature", temperature, 0, "a number of 0 or more")
    whole("seed", seed, 0, 2**64 - 1)
    if top_k is not None:
        whole("top_k", top_k, 1, also=", or None for all")
    encoding = encoding_of(model)
    if encoding.facts["task"] != "language":
        raise _core.BadValueError(
            f"the model is no language model, its task is {encoding.facts['task']}"
        )
    tokens = _beginning(encoding, prompt)
    stream = model.stream()
    for token in tokens:
        logits = stream(token)
    made = []
    for number in range(length):
        token = _core.draw(logits, temperature, top_k or 0, seed, number)
        made.append(token)
        if number + 1 < length:
            logits = stream(token)
    return encoding.decode([*tokens, *made] if prompt else made)


def _beginning(encoding, prompt):
    """The tokens before the first one that is drawn: of the prompt, else a line
    break, or the first token of a vocabulary without one."""
    if prompt:
        tokens = encoding.encode(prompt)
        if not len(tokens):
            raise _core.BadValueError("the prompt contains no token")
        return tokens.tolist()
    try:
        return encoding.encode("\n").tolist() or [0]
    except _core.BadValueError:
        return [0]
