#!/usr/bin/env python3
"""torch_modules.py: whole modules from Python, torch beside elman.torch, in one
run. Each row is the least of repeats that take turns, of processor time with one
thread; the ratio is torch's time by ours, so above 1 elman is faster.

    PYTHONPATH=python bench/python/torch_modules.py --hidden 16 64 --markdown
"""

import argparse
import time

import torch

import elman.torch

KINDS = ("LSTM", "GRU", "RNN")
DOES = ("step", "inference", "training")


def work(module, does, x, seconds):
    """A function that does it once."""
    if does != "training":
        module.eval()

        def run():
            with torch.no_grad():
                module(x)
    else:
        x = x.clone().requires_grad_()
        slope = torch.ones(1)

        def run():
            y = module(x)[0]
            y.backward(slope.expand_as(y))
            module.zero_grad()
            x.grad = None

    run()
    began = time.thread_time()
    run()
    once = max(time.thread_time() - began, 1e-6)
    times = max(1, min(2000, int(seconds / once)))

    def several():
        began = time.thread_time()
        for _ in range(times):
            run()
        return (time.thread_time() - began) / times

    return several


def compare(kind, does, H, B, T, seconds, repeats):
    """Microseconds of torch, of our class, and of torch's under the switch."""
    theirs = getattr(torch.nn, kind)(H, H)
    ours = getattr(elman.torch, kind)(H, H)
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(1 if does == "step" else T, B, H)
    runs = [work(theirs, does, x, seconds), work(ours, does, x, seconds)]
    with elman.torch.use():
        switched = work(theirs, does, x, seconds)
    least = [float("inf")] * 3
    for _ in range(repeats):
        for i, run in enumerate(runs):
            least[i] = min(least[i], run())
        with elman.torch.use():
            least[2] = min(least[2], switched())
    return [1e6 * t for t in least]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--hidden", nargs="+", type=int, default=[16, 64, 256, 1024])
    parser.add_argument("--batch", nargs="+", type=int, default=[1, 8, 32, 128])
    parser.add_argument("--kinds", nargs="+", default=KINDS, choices=KINDS)
    parser.add_argument("--does", nargs="+", default=DOES, choices=DOES)
    parser.add_argument("--steps", type=int, default=32)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.02)
    parser.add_argument("--markdown", action="store_true")
    options = parser.parse_args()

    torch.set_num_threads(1)
    torch.manual_seed(0)
    print(f"torch {torch.__version__}, one thread, T {options.steps}, I = H")
    if options.markdown:
        head = " | ".join(f"B {B}" for B in options.batch)
        print(f"| | | H | {head} |\n|---|---|---|{'---|' * len(options.batch)}")
    for does in options.does:
        for kind in options.kinds:
            for H in options.hidden:
                row = []
                for B in options.batch:
                    torchs, ours, switched = compare(
                        kind, does, H, B, options.steps, options.seconds,
                        options.repeats,
                    )  # fmt: skip
                    row.append(f"{torchs / ours:.1f} ({torchs / switched:.1f})")
                    if not options.markdown:
                        print(
                            f"{does:9} {kind:4} H {H:4} B {B:3}: torch "
                            f"{torchs:10.1f} us, elman {ours:10.1f}, switch "
                            f"{switched:10.1f}, {torchs / ours:5.2f} times, "
                            f"{torchs / switched:5.2f}",
                            flush=True,
                        )
                if options.markdown:
                    print(f"| {does} | {kind} | {H} | {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
