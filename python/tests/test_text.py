"""Text and labels: what data means goes with the model."""

import os
import pathlib
import shutil
import subprocess

import numpy as np
import pytest

import elman

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEXT = "the cat sat on the mat; the dog lay on the log.\nand so on and on.\n" * 20
PROGRAM = os.environ.get("ELMAN_PROGRAM") or shutil.which("elman")


@pytest.fixture(scope="module")
def speaker(tmp_path_factory):
    """A character model, trained on a file, and the file."""
    path = tmp_path_factory.mktemp("text") / "text.txt"
    path.write_text(TEXT)
    data = elman.Dataset.open(path)
    V = data.encoding["vocabulary"]
    model = elman.Model([elman.Embedding(V, 8), elman.GRU(24), elman.Linear(V)], seed=3)
    model.fit(data, epochs=60, learning_rate=0.02)
    return model


def test_text_goes_to_tokens_and_back(speaker):
    encoding = elman.load(speaker.dumps()).encoding
    assert encoding.decode(encoding.encode(TEXT)) == TEXT
    assert len(encoding.tokens) == speaker.info["vocabulary"] == len(set(TEXT))
    with pytest.raises(elman.BadValueError, match="Q"):
        encoding.encode("Q")


def test_words_without_blanks_get_them_back():
    note = ('{"version":1,"task":"language","unit":"words","bare":true,'
            '"tokens":["<eos>","cat","sat"]}')  # fmt: skip
    assert elman.Encoding(note).decode([1, 2, 0, 1]) == "cat sat\ncat"


def test_a_sample_is_what_was_learned_and_the_seed_decides_it(speaker):
    text = speaker.sample("the ", 40, temperature=0)
    assert text.startswith("the ") and text[4:7] in TEXT and len(text) == 44

    # without randomness each token is the likeliest after all before it
    tokens = speaker.encoding.encode(text)
    assert np.array_equal(speaker(tokens)[3:-1].argmax(-1), tokens[4:])
    texts = {speaker.sample(length=60, seed=seed, temperature=1.5) for seed in (1, 1, 2)}
    assert len(texts) == 2
    assert speaker.sample("the ", 30, top_k=1, temperature=2) == text[:34]


def test_what_cannot_be_sampled_is_refused(speaker):
    with pytest.raises(elman.BadValueError, match="Q"):
        speaker.sample("Q")
    with pytest.raises(elman.BadValueError, match="not trained"):
        elman.Model([elman.GRU(3)], inputs=2).sample()
    with pytest.raises(elman.BadValueError, match="sample"):
        speaker.predict([[1, 2]])


@pytest.mark.skipif(not PROGRAM, reason="no program elman at hand")
def test_the_program_writes_the_same_text(speaker, tmp_path):
    speaker.save(tmp_path / "m.safetensors")
    found = subprocess.run(
        [PROGRAM, "sample", tmp_path / "m.safetensors", "--prompt", "on", "--length", "90",
         "--seed", "7", "--temperature", "1.1"], capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert found.stdout == speaker.sample("on", 90, seed=7, temperature=1.1) + "\n"


def test_answers_are_in_the_words_of_the_data(tmp_path):
    train, test = (ROOT / f"examples/waves_{part}.tsv" for part in ("TRAIN", "TEST"))
    if not train.exists():
        pytest.skip("not in the source tree")
    model = elman.Model([elman.GRU(32), elman.Last(), elman.Linear(3)], inputs=1, seed=1)
    model.fit(train, epochs=60, learning_rate=0.01)
    labels = model.predict(test)
    truth = [line.split("\t")[0] for line in test.read_text().splitlines()]
    share = np.mean(labels == np.array(truth))
    held = elman.Dataset.open(test, encoding=model.note("encoding"))
    assert share > 0.7 and share == pytest.approx(model.evaluate(held)["accuracy"])

    # arrays of the file's numbers are scaled as the file was
    raw = [[float(v) for v in line.split("\t")[1:]] for line in test.read_text().splitlines()]
    assert list(model.predict(raw)) == list(labels)
    x, classes = held.arrays_of()
    assert [held.encoding["labels"][c] for c in classes] == truth
    assert model(x).argmax(-1).tolist() == [held.encoding["labels"].index(v) for v in labels]


@pytest.mark.parametrize("per_step", [False, True])
def test_values_are_in_the_units_of_the_data(rng, per_step):
    X = rng.standard_normal((40, 6, 1)) * 50 + 1000
    y = X[..., 0] * 2 if per_step else X[:, -1, 0] * 2
    layers = [elman.GRU(16), elman.Linear(1)]
    model = elman.Model(layers if per_step else [layers[0], elman.Last(), layers[1]], inputs=1)
    data = elman.Dataset.of(X, y, scaling=True, validation=0)
    model.fit(data, epochs=100, learning_rate=0.02)
    found = model.predict(X)
    error = np.abs(np.squeeze(np.array(found), -1) - (y if per_step else y)).mean()
    assert error < 30  # y has a deviation of 100 around 2000


def test_classes_of_steps(rng):
    X = [rng.standard_normal((n, 1)) for n in (4, 7, 2) * 8]
    y = [(x[:, 0] > 0).astype(int) for x in X]
    model = elman.Model([elman.RNN(8), elman.Linear(2)], inputs=1)
    model.fit(X, y, epochs=80, learning_rate=0.05, validation=0)
    found = model.predict(X)
    assert [a.shape for a in found] == [a.shape for a in y]
    assert np.mean(np.concatenate(found) == np.concatenate(y)) > 0.9
