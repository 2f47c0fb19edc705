"""Every field of the library's structs is there in Python, by the headers.

The names, types and enums are read from include/*.h. So a field that the library
gains fails here until a table of python/src has it.
"""

import pathlib
import re

import numpy as np
import pytest

import elman
from elman import _core

HEADERS = sorted((pathlib.Path(__file__).resolve().parents[2] / "include").glob("*.h"))
TEXT = "\n".join(re.sub(r"/\*.*?\*/", " ", p.read_text(), flags=re.S) for p in HEADERS)

pytestmark = pytest.mark.skipif(not HEADERS, reason="not in the source tree")


def struct(name):
    """{field: C type} of a struct, in its order."""
    body = re.search(rf"typedef struct {name} \{{(.*?)\n\}} {name};", TEXT, re.S)[1]
    fields = {}
    for line in filter(str.strip, body.split(";")):
        kind, rest = re.match(r"\s*((?:const )?\w+ )(.*)", line, re.S).groups()
        for part in rest.split(","):
            star, field, array = re.match(r"\s*(\**)(\w+)(.*)", part, re.S).groups()
            fields[field] = (kind + star).replace(" ", "") + ("[]" if array else "")
    return fields


def enumerators(name):
    """The words of an enum, as far as they differ, in lower case."""
    body = re.search(rf"typedef enum {name} \{{(.*?)\}} {name};", TEXT, re.S)[1]
    return [word.lower() for word in re.findall(r"(ELMAN_\w+)\s*=", body)]


X = np.zeros((6, 3, 4), np.float32)


@pytest.fixture(scope="module")
def ways():
    """What reads a struct: a function of a dict."""
    whole = elman.Model([elman.LSTM(8), elman.Last(), elman.Linear(3)], inputs=4)
    steps = elman.Model([elman.LSTM(8)], inputs=4)
    data = elman.Dataset.of(X, [0, 1, 2, 0, 1, 2], validation=0.4)
    return {
        "elman_config": lambda d: _core.Model({"layers": [], **d}),
        "elman_layer": lambda d: _core.Model({"layers": [{"kind": "lstm", **d}]}),
        "elman_state_config": lambda d: _core.State(whole, **d),
        "elman_loss_config": lambda d: _core.Trainer(whole, data, loss=d),
        "elman_optimizer_config": lambda d: _core.Optimizer(whole, **d),
        "elman_optimizer_group": lambda d: _core.Optimizer(whole, groups=[d]),
        "elman_schedule_config": lambda d: _core.Trainer(whole, data, schedule=d),
        "elman_trainer_config": lambda d: _core.Trainer(whole, data, **d),
        "elman_dataset_config": lambda d: _core.Dataset.open("absent", **d),
        "elman_import_config": lambda d: _core.import_model(elman.Model, ["absent"], **d),
        "elman_flow_config": lambda d: _core.flow(steps, X, None, d),
        "elman_exponents_config": lambda d: _core.exponents(steps, X, None, d),
        "elman_fixed_points_config": lambda d: _core.fixed_points(steps, X, None, d),
        "elman_attribution_config": lambda d: _core.attribution(steps, X, None, d),
        "elman_inspection_config": lambda d: _core.Inspection(whole, data, **d),
        "elman_journal_row": lambda d: _core.journal_write(None, {}, d),
    }


# what a call takes by an argument of its own, or Python does otherwise
ELSEWHERE = {
    "elman_config": {"layers"},
    "elman_layer": {"kind"},
    "elman_loss_config": {"class_weights"},
    "elman_optimizer_config": {"groups", "group_count"},
    "elman_trainer_config": {"transport"},
    "elman_flow_config": {"target", "loss"},
    "elman_attribution_config": {"baseline"},
    "elman_inspection_config": {"journal", "trouble"},
    "elman_trainer_config": {"transport"},
}
CONFIGS = [
    "elman_config", "elman_layer", "elman_state_config", "elman_loss_config",
    "elman_optimizer_config", "elman_optimizer_group", "elman_schedule_config",
    "elman_trainer_config", "elman_dataset_config", "elman_import_config", "elman_flow_config",
    "elman_exponents_config", "elman_fixed_points_config", "elman_attribution_config",
    "elman_inspection_config", "elman_journal_row",
]  # fmt: skip


def refusal(read, given):
    """What a call says of a dict; nothing if it takes it."""
    try:
        read(given)
    except (elman.Error, OSError) as error:
        return str(error)
    return ""


@pytest.mark.parametrize("name", CONFIGS)
def test_the_fields_are_those_of_the_header(name, ways):
    said = refusal(ways[name], {"no_such_field": 1})
    found = re.search(r"has no field 'no_such_field': there are (.*)", said)
    assert set(found[1].split(", ")) == set(struct(name)) - ELSEWHERE.get(name, set())


def samples(kind):
    """A value of a C type, and one that is none."""
    if kind == "bool":
        return True, Truthless()
    if kind == "int32_t":
        return -1, 2**31
    if kind in ("int", "unsigned", "size_t", "uint64_t", "float", "double"):
        return 1, "a word"
    if kind in ("constchar*", "char[]"):
        return "w", 3
    if kind == "char":
        return ";", "two"
    if kind == "size_t[]":
        return [3, 2], [3, "a word"]
    if kind.startswith("elman_activation"):
        return (["tanh"] if kind.endswith("[]") else "tanh"), ["no such"]
    if kind == "elman_init":
        return ("constant", 0.5), ("constant", "a word")
    if kind.endswith("_config"):
        return {}, 3
    return None, "no such word"


class Truthless:
    def __bool__(self):
        raise TypeError("neither")


@pytest.mark.parametrize("name", CONFIGS)
def test_each_field_takes_its_type_and_refuses_others(name, ways):
    for field, kind in struct(name).items():
        if field in ELSEWHERE.get(name, ()):
            continue
        good, bad = samples(kind)
        said = refusal(ways[name], {field: bad})
        assert re.search(rf"\b{field}( is|: )", said), (name, field, said)
        for value in [good] if good is not None else words(ways[name], field):
            said = refusal(ways[name], {field: value})
            assert not re.search(rf": {field} is .*, expected ", said), (name, field, said)


def words(read, field):
    """The words that a field takes, as it says itself."""
    said = refusal(read, {field: "no such word"})
    return re.search(rf"{field} is 'no such word', expected (.*)", said)[1].split(", ")


SHORT = {"mse": "mean_squared", "mae": "mean_absolute", "binary_cross_entropy": "binary"}


@pytest.mark.parametrize("name", CONFIGS)
def test_each_enum_has_all_its_words(name, ways):
    for field, kind in struct(name).items():
        if field in ELSEWHERE.get(name, ()) or f"typedef enum {kind} " not in TEXT:
            continue
        found, wanted = words(ways[name], field), enumerators(kind)
        if kind == "elman_activation_kind":
            assert wanted.pop(0) == "elman_activation_default"  # is None
        assert len(found) == len(wanted), (found, wanted)
        for word, enum in zip(found, wanted):
            assert enum.endswith(word) or SHORT[word] in enum, (field, word, enum)


# ---- what is set is returned ------------------------------------------------------

SET = {
    "name": "mine", "hidden_size": 6, "num_layers": 2, "hidden_sizes": [6, 5], "proj_size": 3,
    "nonlinearity": "relu", "activations": ["softsign"], "merge": "mul", "clip": 2.5,
    "dropout": 0.25, "recurrent_dropout": 0.25, "zoneout": 0.125, "zoneout_cell": 0.125,
    "init_ih": ("constant", 0.5), "init_hh": ("uniform", 0.25), "init_bias": ("normal", 2.0),
    "forget_bias": 1.5, "chrono": 9.0, "output_size": 7, "num_embeddings": 11,
    "embedding_dim": 5, "eps": 0.5, "last": "final", "activation": ("elu", 0.5), "pool": "max",
    "repeats": 3,
}  # fmt: skip
NEEDS = {
    "merge": {"bidirectional": True}, "variational": {"dropout": 0.5},
    "dropout": {"num_layers": 2}, "hidden_sizes": {"hidden_size": 0},
    "init_hh": {"hidden_size": 4},
}  # fmt: skip
BASE = {"linear": {"output_size": 4}, "embedding": {"num_embeddings": 9, "embedding_dim": 3},
        "pool": {"pool": "attention"}, "activation": {"activation": "tanh"},
        "repeat": {"repeats": 2}, "dropout": {"dropout": 0.5}}  # fmt: skip
KINDS = {kind["word"]: kind for kind in elman.kinds()}
assert {f for k in KINDS.values() for f in k["fields"]} | {"name", "kind"} == set(struct("elman_layer"))


def stack(layer, **settings):
    """A model in which a layer stands where its kind may."""
    layers = [layer]
    if layer["kind"] == "repeat":
        layers = [{"kind": "last"}, layer]
    return _core.Model({"input_size": 0 if layer["kind"] == "embedding" else 3,
                        "layers": layers, **settings})  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_fields_of_every_kind_of_layer_are_returned_as_they_were_set(kind):
    plain = {"hidden_size": 4} if KINDS[kind]["family"] == 1 else BASE.get(kind, {})
    for field in ["name", *KINDS[kind]["fields"]]:
        value = SET.get(field, True)
        layer = {"kind": kind, **plain, **NEEDS.get(field, {}), field: value}
        layer = {f: v for f, v in layer.items() if f in ("kind", "name", *KINDS[kind]["fields"])}
        model = stack(layer)
        twins = model, model.copy(), _core.Model.loads(model.dumps()), _core.Model(model.config)
        for twin in twins:
            found = twin.config["layers"][-1]
            assert found[field] == value, field
            assert set(found) == {"kind", "name", *KINDS[kind]["fields"]}


def test_fields_of_models_and_states_are_returned_as_they_were_set():
    model = stack({"kind": "lstm", "hidden_size": 4}, batch_first=True, seed=2**64 - 1)
    assert model.config.items() >= {"input_size": 3, "batch_first": True, "seed": 2**64 - 1}.items()
    given = {"T": 5, "B": 3, "training": True, "keep_gradients": True, "empty": False,
             "threads": 2, "seed": 2**63, "block": 16, "passes": 4, "open_blocks": 2,
             "keep_steps": True, "budget": 0}  # fmt: skip
    assert set(given) == set(struct("elman_state_config"))
    assert _core.State(model, **given).config == given
    assert _core.State(model, T=5, training=True, budget=2**20).config["budget"] == 2**20
    assert _core.State(model, B=2, empty=True).config["empty"] is True


@pytest.mark.parametrize("name", ["elman_model_info", "elman_machine", "elman_progress",
                                  "elman_metrics"])  # fmt: skip
def test_what_is_returned_has_all_fields(name):
    model = elman.Model([elman.GRU(4), elman.Last(), elman.Linear(3)], inputs=4)
    trainer = _core.Trainer(model, elman.Dataset.of(X, [0, 1, 2] * 2, validation=0.4))
    trainer.step()
    found = {
        "elman_model_info": model.info, "elman_machine": _core.machine(),
        "elman_progress": trainer.progress, "elman_metrics": trainer.progress["last"],
    }[name]  # fmt: skip
    assert list(found) == list(struct(name))


def test_a_row_of_a_journal_is_read_as_it_was_written():
    row = {field: n + 0.5 if kind == "double" else kind == "bool" or n + 1
           for n, (field, kind) in enumerate(struct("elman_journal_row").items())}  # fmt: skip
    text = _core.journal_write(None, {"seed": "3"}, row)
    settings, rows = _core.journal_read(_core.journal_write(text, {}, {"step": 99}))
    assert np.isnan(rows[0].pop("seconds")) and row.pop("seconds")  # which no journal keeps
    assert settings["seed"] == "3" and rows[0] == row and rows[1]["step"] == 99


def test_numbers_and_words_that_do_not_fit_are_told_with_their_field():
    for field, value, said in [
        ("init_ih", ("constant", "x"), r"a layer: init_ih is \('constant', 'x'\), expected default"),
        ("activations", [("elu", "x")], r"a layer: activations is \[\('elu', 'x'\)\], expected tanh"),
        ("hidden_size", -1, "a layer: hidden_size is -1, expected a whole number of 0 or more"),
    ]:
        with pytest.raises(elman.BadValueError, match=said):
            stack({"kind": "lstm", field: value})


def test_a_class_of_any_number_may_be_left_out():
    model = elman.Model([elman.GRU(4), elman.Linear(2)], inputs=4)
    state = model.state(T=3, B=6, training=True)
    state.forward(X)
    classes = np.zeros((6, 3), int)
    classes[:, 0] = -7
    ignored = state.loss(classes, {"has_ignored": True, "ignore_index": -7})
    assert 0 < ignored < 2
    with pytest.raises(elman.Error, match="-7"):
        state.loss(classes)
