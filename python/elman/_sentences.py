"""The library's sentences as they are said in Python.

They name what to do as the command line has it, "choose missing (--missing) mean
or drop", or as C has it, "elman_model_load reads it". Here options become the
keyword arguments that they are, and functions those of this package.

>>> spoken("choose missing (--missing) previous, mean or drop")
'choose missing="previous", "mean" or "drop"'
>>> spoken("train with --lr 0.01, or let --find-lr look for one")
'train with learning_rate=0.01'
"""

import re

# options of the program whose keyword has another name
KEYWORDS = {
    "lr": "learning_rate", "batch": "batch_size", "optimizer": "rule",
    "freeze": "frozen", "hidden": "hidden", "init": "init_ih", "init-hidden": "init_hh",
    "target-file": "target_path", "line-ends": "keep_line_ends",
    "validation-file": "validation", "encoding": "text_encoding", "memory": "budget",
}  # fmt: skip

# options without a value
_FLAGS = {"batch-first", "channels-first", "layer-norm", "bidirectional"}

# the program's options that are spoken of; others are of other tools
OPTIONS = {
    "bad-bytes", "by", "cell", "chrono", "clip-norm", "columns", "decimal", "dropout",
    "epochs", "forget-bias", "format", "from-tensor", "header", "horizon", "ignore", "k1",
    "k2", "key", "label-smoothing", "labels", "layers", "mapping", "missing",
    "nonlinearity", "patience", "reference", "task", "target", "thousands", "threads", "time",
    "to-tensor", "validation", "weight-decay", "window", *KEYWORDS, *_FLAGS,
}  # fmt: skip

_WORDS = (
    "none|mean|drop|previous|refuse|replace|keep|yes|no|auto|series|table|text|array"
    "|classify|regress|tag|track|forecast|language|relu|tanh|orthogonal|lstm|gru|FILE"
)
_VALUE = rf"(?:'[^']*'|\"[^\"]*\"|(?:{_WORDS})\b|\d[\d.,e+-]*\d|\d+)"
_DRAFT = 'elman.draft(path, "map.json")'

# what is said in another way, in this order
_DRAFTS = [
    (r"elman convert (?:\S+ )?--mapping-draft(?: map\.json)?", _DRAFT),
    (r"--mapping-draft(?: map\.json)?", _DRAFT),
    (r"--mapping map\.json", 'mapping="map.json"'),
    (r"elman convert IN OUT --mapping takes it", "mapping of elman.convert takes it"),
]
_PHRASES = [
    # the program's commands
    (r"elman convert model\.json in\.weights\.h5 OUT",
     'elman.convert(["model.json", "in.weights.h5"])'),
    (r"others, which elman convert lists", "others, which elman.propose lists"),
    (r"elman_replay_open and elman replay read it", "elman replay reads it"),
    (r"elman convert --(ignore|mapping)(?! ['\w])", r"\1 of elman.convert"),
    (r"elman train --resume", "checkpoint of model.fit"),
    (r"'elman train'", "model.fit"),
    (r"'?\belman run\b'?", "elman.run"),
    (r"\belman predict\b", "model.predict"),
    (r"\belman convert (?=makes|can|reads)", "elman.convert "),
    # options that are others here
    (r"--reference x\.npy y\.npy", 'reference=("x.npy", "y.npy")'),
    (r"--reference\b", 'reference=("x.npy", "y.npy")'),
    (r",? \(--find-lr looks for one\)|,? or let --find-lr look for one", ""),
    (r"without --no-scaling", "with scaling=True"),
    (r"--no-scaling", "scaling=False"),
    (r"say --labels or --no-labels", 'say labels="yes" or "no"'),
    (r"--labels (?=if|says)", 'labels="yes" '),
    (r"leave --channels-first out", "leave channels_first out"),
    (r"--line-ends keep", "keep_line_ends=True"),
    (r"\b(decimal|thousands) \(--\1\) (\S)(?= |$)", r'\1="\2"'),
    (r"give --missing", "give missing"),
    (r"--ignore='([^']*)'", r'ignore="\1"'),
    (r"--key ('[^']*'|[^\s()]+)", lambda m: "key=" + _quoted(m[1])),
    # names of C
    (r"elman_trainer_load and checkpoint of model\.fit read it",
     "Trainer.load and checkpoint of model.fit read it"),
    (r"\belman_model_load\b", "elman.load"),
    (r"\belman_state_load\b", "model.stream().load"),
    (r"\belman_optimizer_load\b", "Optimizer.load"),
    (r"\belman_trainer_load\b", "Trainer.load"),
    (r"\belman_state_(zero_gradients|reset)\b", r"\1()"),
    (r"\belman_state_save_memory\b", "dumps()"),
    (r"\belman_model_(forward|step)(?:_tokens)?\b", r"\1()"),
    (r"\belman_model_loss_backward\b(?:, or elman_loss_forward with your y)?",
     "loss_backward()"),
    (r"\belman_model_copy\b", "copy()"),
    (r"\bELMAN_CONSTANT_(ZERO|MEAN|TOKEN)\b", lambda m: f'input="{m[1].lower()}"'),
]  # fmt: skip
_DRAFTS, _PHRASES = (
    [(re.compile(pattern), said) for pattern, said in part] for part in (_DRAFTS, _PHRASES)
)

# a command to be pasted, of which only the settings matter
_WORD = r"(?:'[^']*'|[^\s';])+"
_SET = re.compile(
    rf" --(?:(layers|ignore|key|nonlinearity|from-tensor|to-tensor) ({_WORD})|(batch-first))"
)
_COMMAND = re.compile(
    rf"elman convert(?: (?!--){_WORD})*?"
    rf"((?: --(?:layers|ignore|key|nonlinearity|from-tensor|to-tensor) {_WORD}| --batch-first)+)"
)
_BEHIND = re.compile(rf"\b(\w+) \(--([a-z][a-z0-9-]*)\)(?: ({_VALUE}(?:(?:, | or ){_VALUE})*))?")
_OPTION = re.compile(
    rf"(?<![\w./-])--([a-z][a-z0-9-]*)(?:[ =]({_VALUE}(?:(?:, | or ){_VALUE})*))?"
)
_ONE = re.compile(_VALUE)


def keyword(option):
    """The keyword argument of an option: "batch-first" is batch_first."""
    return KEYWORDS.get(option, option.replace("-", "_"))


def _quoted(value):
    """A value as Python has it: a number bare, text in quotes."""
    value = value.strip("'\"")
    return value if re.fullmatch(r"\d+(\.\d*)?(e[+-]?\d+)?", value) else f'"{value}"'


def _said(option, values):
    """An option with its values, in words of Python."""
    name = keyword(option)
    if values:
        return f"{name}=" + _ONE.sub(lambda m: _quoted(m[0]), values)
    return f"{name}=True" if option in _FLAGS else name


def _behind(match):
    word, option, values = match.groups()
    if option not in OPTIONS:
        return match[0]
    if values or word == keyword(option):
        return ("" if word == keyword(option) else f"{word} ") + _said(option, values)
    return f"{word} ({keyword(option)})"


def _command(match):
    settings = [
        f"{keyword(option)}={_quoted(value)}" if option else f"{keyword(flag)}=True"
        for option, value, flag in _SET.findall(match[1])
    ]
    return f"elman.convert(path, {', '.join(settings)})"


def spoken(text):
    """A sentence of the library in words of Python.

    Parameters
    ----------
    text : str or None

    Returns
    -------
    str or None
        The same, where there is nothing to put in another way.
    """
    if not text:
        return text
    for pattern, said in _DRAFTS:
        text = pattern.sub(said, text)
    text = _COMMAND.sub(_command, text)
    for pattern, said in _PHRASES:
        text = pattern.sub(said, text)
    text = _BEHIND.sub(_behind, text)
    return _OPTION.sub(lambda m: _said(*m.groups()) if m[1] in OPTIONS else m[0], text)
