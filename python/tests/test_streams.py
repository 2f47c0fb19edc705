"""Streams by ids: whoever comes and goes, each gives the bits it gives alone."""

import copy
import json
import sys
import threading

import numpy as np
import pytest

import elman

MODELS = [
    lambda: elman.Model([elman.LSTM(5, num_layers=2), elman.Linear(3)], inputs=2),
    lambda: elman.Model([elman.GRU(4, learned_state=True)], inputs=2, batch_first=False),
    lambda: elman.Model([elman.Embedding(9, 3), elman.MinGRU(4), elman.Linear(9)]),
    lambda: elman.Model([elman.RNN(4), elman.Pool("mean"), elman.Linear(2)], inputs=2),
    lambda: elman.Model([elman.Linear(2)], inputs=2),
]


def input_of(model, rng):
    if model.info["vocabulary"]:
        return int(rng.integers(9))
    return rng.standard_normal(2).astype(np.float32)


@pytest.mark.parametrize("make", MODELS)
def test_each_gives_the_bits_that_it_gives_alone(make, rng):
    model = make()
    streams, alone = model.streams(2), {}
    for turn in range(60):
        what = rng.random()
        known = sorted(alone)
        if what < 0.1 and known:
            gone = known[rng.integers(len(known))]
            streams.leave(gone)
            del alone[gone]
        elif what < 0.2 and known:
            again = known[rng.integers(len(known))]
            streams[again].reset()
            alone[again].reset()
        elif what < 0.25:
            streams.loads(streams.dumps())
        elif what < 0.3:
            streams = copy.deepcopy(streams)
        some = rng.choice(12, rng.integers(1, 9), replace=False).tolist()
        some = sorted({*some, *(alone if turn % 7 == 0 else [])})
        x = {id: input_of(model, rng) for id in some}
        y = streams.step(x)
        assert list(y) == some
        for id in some:
            alone.setdefault(id, model.stream())
            assert y[id].tobytes() == alone[id](x[id]).tobytes()
        assert set(streams) == set(alone) and len(streams) == len(alone)
    assert streams.room >= 8


def test_a_file_goes_on_with_all_of_them(tmp_path, rng):
    model = MODELS[0]()
    streams = model.streams()
    x = rng.standard_normal((6, 2))
    for n in range(3):
        streams[f"client {n}"](x[n])
    streams.save(tmp_path / "streams")
    other = elman.Streams(model, 1)
    other.load(tmp_path / "streams")
    for n in range(3):
        a, b = streams[f"client {n}"](x[n + 3]), other[f"client {n}"](x[n + 3])
        assert a.tobytes() == b.tobytes()
    assert other.room == streams.room and [p.name for p in tmp_path.iterdir()] == ["streams"]


def test_what_cannot_be_is_refused_and_nobody_takes_a_step(rng, tmp_path):
    model = MODELS[0]()
    streams = model.streams(4)
    streams.step({"ann": [0, 1], "bob": [1, 0]})
    before = streams.dumps()
    for call, words in [
        (lambda: streams.step({"ann": [0, 1], "bob": [1]}), "x of stream 'bob' has the shape (1,)"),
        (lambda: streams.step({"ann": [0, 1], "eve": "no"}), "x of stream 'eve' has the type"),
        (lambda: streams.step([1, 2]), "inputs is [1, 2], expected a dict"),
        (lambda: streams.leave("eve"), "id is 'eve', expected one of the 2 streams"),
        (lambda: streams.reset("eve"), "id is 'eve'"),
        (lambda: streams["eve"].leave(), "id is 'eve'"),
        (lambda: streams.join("ann"), "this stream is there"),
        (lambda: streams[[1]], "expected something hashable"),
        (lambda: streams.loads(b"nothing"), "no file of streams"),
        (lambda: streams.loads(model.stream().dumps()), "no file of streams"),
        (lambda: streams.load(tmp_path / "nothing"), "No such file"),
        (lambda: streams.save(tmp_path / "no" / "where"), "cannot write"),
        (lambda: model.streams(0), "room is 0"),
        (lambda: model.streams(threads=-1), "threads is -1"),
    ]:
        with pytest.raises(elman.Error) as found:
            call()
        assert words in str(found.value)
    assert streams.dumps() == before
    streams.leave("ann")
    with pytest.raises(elman.BadValueError, match="id is 'ann'"):
        streams.leave("ann")
    streams[(1, 2)]([0, 0])
    with pytest.raises(elman.BadValueError, match="a str or an int"):
        streams.dumps()
    assert json.loads(elman.streams._parse(before)[0]["ids"]) == [["ann", 0], ["bob", 1]]


def test_a_slot_is_left_once():
    stream = MODELS[0]().stream(3, empty=True)
    b = stream.join()
    stream.leave(b)
    for slot in (b, 2, 3, -1):
        with pytest.raises(elman.BadValueError, match="b is"):
            stream.leave(slot)
    stream.forward(np.zeros((3, 1, 2)), lengths=[0, 1, 0])
    stream.leave(1)
    assert stream.join() == 0


def test_the_answer_of_a_slot_without_a_stream_is_zeros(rng):
    model = MODELS[0]()
    stream = model.stream(3, empty=True)
    x = rng.standard_normal((3, 2)).astype("f4")
    for _ in range(20):
        junk = [np.full((3, stream(x).shape[1]), 7, "f4") for _ in range(8)]
        del junk  # memory for the next answer
        assert not stream(x).any()
    stream.join()
    y = stream(x)
    assert y[0].any() and not y[1:].any()

    # an array of the caller's keeps them, as in C
    mine = np.full_like(y, 7)
    stream(x, mine)
    assert (mine[0] != 7).all() and (mine[1:] == 7).all()


def test_threads_share_streams(rng):
    model = MODELS[0]()
    x = rng.standard_normal((8, 30, 2)).astype("f4")
    want, found = model(x), np.zeros((8, 30, model(x).shape[2]), "f4")
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(3):
            streams = model.streams(1)

            def client(n):
                for t in range(30):
                    found[n, t] = streams[f"client {n}"](x[n, t])
                    if n == 0 and t % 10 == 5:
                        copy.copy(streams).loads(streams.dumps())

            threads = [threading.Thread(target=client, args=(n,)) for n in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert found.tobytes() == want.tobytes()
            assert len(streams) == 8
            found[:] = 0
    finally:
        sys.setswitchinterval(interval)
