"""The peers' side of `elman bench --peers`: a line is a turn, the median
seconds of a run its answer, "-" what a peer cannot do."""
import collections
import os
import statistics
import sys
import time

Turn = collections.namedtuple(
    "Turn", "name family cell layers bidir I H B T dx mode threads seconds")
BLOCK = 50e-6  # seconds: shorter runs are timed together


def read_turn(line):
    words = line.split()
    numbers = [int(word) for word in words[3:10]]
    return Turn(*words[:3], *numbers, words[10], int(words[11]),
                float(words[12]))


def time_block(run, block):
    begin = time.perf_counter()
    for _ in range(block):
        run()
    return time.perf_counter() - begin


def warm_up(run):
    """Runs that are timed together, and seconds of one."""
    taken, block = time_block(run, 1), 1
    while taken < BLOCK:
        taken = time_block(run, block)
        if taken < BLOCK:
            block *= 2
    return block


def time_runs(run, block, steps, seconds):
    """The median seconds of a step, over runs of so many steps."""
    times, begin = [], time.perf_counter()
    while not times or time.perf_counter() - begin < seconds:
        times.append(time_block(run, block) / (block * steps))
    return statistics.median(times)


def serve(prepare):
    """prepare(turn) gives a function that runs the network once, and how many
    steps that are; None if the peer has no such thing."""
    key = subject = None
    # what libraries print has no business among the answers
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        turn = read_turn(line)
        try:
            if key != turn[:-1]:
                key, subject = turn[:-1], None
                made = prepare(turn)
                if made:
                    run, steps = made
                    subject = run, warm_up(run), steps
            answer = (f"{time_runs(*subject, turn.seconds):.9g}" if subject
                      else "-")
        except Exception as reason:  # the others go on
            print(f"{turn.name} {turn.mode}: {reason}", file=sys.stderr)
            subject, answer = None, "-"
        print(answer, file=answers, flush=True)
