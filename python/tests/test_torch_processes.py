"""elman.torch in several processes: DistributedDataParallel, workers that fork.

Each runs in processes of its own, since what they leave behind at their end, a
thread or a lock, is what is looked for.
"""

import os
import subprocess
import sys
import textwrap

import pytest

pytest.importorskip("torch")

STEPS = 3

ONE = f"""
    import faulthandler, sys, time
    faulthandler.enable()
    faulthandler.dump_traceback_later(100, exit=True)
    import torch
    import elman.torch as et


    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            torch.manual_seed(0)
            self.rnn = et.LSTM(5, 16, 2, batch_first=True)
            self.fc = torch.nn.Linear(16, 2)

        def forward(self, x):
            return self.fc(self.rnn(x)[0][:, -1])

    def train(net, rows):
        generator = torch.Generator().manual_seed(1)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        for _ in range({STEPS}):
            x = torch.randn(8, 12, 5, generator=generator)
            y = torch.randn(8, 2, generator=generator)
            optimizer.zero_grad()
            torch.nn.functional.mse_loss(net(x[rows]), y[rows]).backward()
            optimizer.step()
"""

RANK = ONE + """
    import torch.distributed as dist
    rank, meeting = int(sys.argv[1]), sys.argv[2]
    torch.set_num_threads(2)
    dist.init_process_group("gloo", init_method="file://" + meeting, rank=rank, world_size=2)
    net = Net()
    train(torch.nn.parallel.DistributedDataParallel(net), slice(4 * rank, 4 * rank + 4))
    alone = Net()
    train(alone, slice(None))
    off = max(float((a - b).detach().abs().max()) for a, b in zip(net.parameters(), alone.parameters()))
    assert et.stats() == {("elman", "lstm"): 6}, et.stats()
    assert 0 <= off < 1e-6, off

    # torch keeps gloo's threads once there was a DDP; one that lets go of its last
    # work while Python ends asks for the GIL, and torch then aborts the process
    dist.destroy_process_group()
    time.sleep(0.3)
    print("lived")
"""

WORKERS = ONE + """
    from torch.utils.data import DataLoader, Dataset

    net = Net().eval()
    torch.set_num_threads(2)
    whole = torch.randn(64, 40, 5)

    class Features(Dataset):
        "Computed in a worker, by a model of the parent's."

        def __len__(self):
            return 16

        def __getitem__(self, i):
            with torch.no_grad():
                return net.rnn(whole[i : i + 1])[0][0]

    with torch.no_grad():
        wanted = net.rnn(whole)[0]  # by several threads, which the children lack
        loader = DataLoader(Features(), batch_size=4, num_workers=2, timeout=60)
        for turn in range(2):
            found = torch.cat([batch for batch in loader])
            assert torch.equal(found, wanted[:16])
    train(net.train(), slice(None))
    print("lived")
"""


def started(script, *args):
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script), *args],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))},
    )  # fmt: skip


def assert_lived(*processes):
    """Waits for all, which end by themselves and have said so."""
    try:
        said = [process.communicate(timeout=120) for process in processes]
    finally:
        for process in processes:
            process.kill()
    for process, (out, errors) in zip(processes, said):
        assert process.returncode == 0 and out == "lived\n", (process.returncode, errors[-3000:])


def test_two_processes_train_as_one_with_the_whole_batch(tmp_path):
    torch = pytest.importorskip("torch.distributed")
    if not torch.is_available() or not torch.is_gloo_available():
        pytest.skip("this torch has no gloo")
    assert_lived(*(started(RANK, str(rank), str(tmp_path / "meeting")) for rank in range(2)))


def test_workers_that_fork_compute_what_their_parent_does():
    assert_lived(started(WORKERS))
