"""Signals during a call that takes long: it ends soon, and nothing is left."""

import os
import signal
import threading
import time

import numpy as np
import pytest

import elman
from elman import Dataset

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
WAIT = 0.25  # seconds until the signal


def interrupted(call, *args, **kwargs):
    """Seconds from a Ctrl-C in the middle of a call to its exception."""
    sent = []

    def press():
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(WAIT, press)
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            call(*args, **kwargs)
        return time.monotonic() - sent[0]
    finally:
        timer.cancel()


def descriptors():
    return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A table that takes seconds to open."""
    path = tmp_path_factory.mktemp("large") / "large.csv"
    rows = b"".join(b"%d.5,%d,%d\n" % (n % 24, n * 7 % 11, n % 5) for n in range(1000))
    with open(path, "wb") as file:
        file.write(b"load,heat,wind\n")
        for _ in range(4000):
            file.write(rows)
    return path


@pytest.mark.parametrize("memory", [0, 1 << 24])
def test_a_large_file_is_left_within_a_second(large, memory):
    before = descriptors()
    late = interrupted(Dataset.open, large, target="load", window=8, memory=memory)
    assert late < 1, late
    assert descriptors() == before  # its lists in files are gone


def test_so_are_bytes_in_memory(large):
    data = large.read_bytes()
    assert interrupted(Dataset.open, data, name="large.csv", target="load", window=8) < 1


def test_a_pipe_that_says_no_more_is_left(tmp_path):
    path = tmp_path / "pipe.csv"
    os.mkfifo(path)
    assert interrupted(Dataset.open, path) < 1  # nobody has opened it

    # nobody writes to it any more
    pipe = os.open(path, os.O_RDWR)
    os.write(pipe, b"load,heat\n1,2\n")
    try:
        assert interrupted(Dataset.open, path) < 1
    finally:
        os.close(pipe)


def test_an_evaluation_is_left_and_the_model_works():
    rng = np.random.default_rng(1)
    x = rng.standard_normal((20000, 200, 2), dtype=np.float32)
    y = (x[:, -1, 0] > 0).astype(np.int32)
    model = elman.Model([elman.LSTM(96), elman.Last(), elman.Linear(2)], inputs=2)
    assert interrupted(model.evaluate, x, y, threads=1) < 1
    score = model.evaluate(x[:64], y[:64])["loss"]
    assert score == model.copy().evaluate(x[:64], y[:64])["loss"]


def test_a_handler_runs_meanwhile_and_may_open_data(large, tmp_path):
    other = tmp_path / "other.csv"
    other.write_text("load,heat\n" + "".join(f"{n % 7},{n % 5}\n" for n in range(300)))
    opened, begin = [], time.monotonic()

    def handle(*_):
        opened.append((time.monotonic(), Dataset.open(other, window=8).longest))

    before = signal.signal(signal.SIGALRM, handle)
    signal.setitimer(signal.ITIMER_REAL, WAIT)
    try:
        data = Dataset.open(large, target="load", window=8)
    finally:
        signal.signal(signal.SIGALRM, before)
    end = time.monotonic()
    assert sum(data.sizes.values()) > 3_000_000
    assert opened and opened[0][1] == 8
    assert opened[0][0] - begin < WAIT + 1 < end - begin + 1


def test_other_threads_run_while_data_is_opened(large):
    turns, done = 0, threading.Event()

    def open_it():
        Dataset.open(large, target="load", window=8)
        done.set()

    thread = threading.Thread(target=open_it)
    thread.start()
    while not done.wait(0.01):
        turns += 1
    thread.join()
    assert turns > 20
