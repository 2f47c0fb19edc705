#!/usr/bin/env python3
"""faults_planted.py ELMAN [--more] [NAME...]: twelve networks with planted
faults, each trained in seconds; the first sentence of `elman inspect` must name
the fault in eleven of them, and six healthy networks must get no alarm. --more
tries further variants, other cells, sizes and tasks, of which nine in ten must
be named and none of the healthy ones alarmed about.
"""
import concurrent.futures
import pathlib
import random
import sys
import tempfile

from planted import network
import planted.faults
import planted.more_answers
import planted.more_healthy
import planted.more_memory


def run(case):
    name, _, _, build = case
    with tempfile.TemporaryDirectory() as folder:
        try:
            return build(pathlib.Path(folder), random.Random(name))
        except RuntimeError as error:
            return [{"name": "", "severity": "failed",
                     "text": str(error).strip()}]


def tell(case, found, good, whole):
    first = found[0] if found else {"severity": "", "text": "nothing"}
    print(f"{'ok  ' if good else 'MISS'} {case[0]}: {first['severity']} "
          f"{first['text'] if whole else first['text'][:120]}")
    for one in found[1:] if whole or not good else []:
        print(f"         {one['severity']} {one['text']}")
    sys.stdout.flush()


def main():
    words = [word for word in sys.argv[1:] if word != "--more"]
    network.elman = str(pathlib.Path(words[0]).resolve())
    more = "--more" in sys.argv
    cases = [c for c in network.CASES if (c[1] == "more") == more]
    if words[1:]:
        cases = [c for c in network.CASES if c[0] in words[1:]]

    named = planted = alarmed = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for case, found in zip(cases, pool.map(run, cases)):
            names, alarms = case[2], [f for f in found if f["severity"]
                                      in ("alarm", "failed")]
            good = found[0]["name"] in names if names else not alarms
            planted += bool(names)
            named += bool(names) and good
            alarmed += not names and not good
            tell(case, found, good, bool(words[1:]))

    print(f"{named} of {planted} faults named first; {alarmed} healthy "
          f"networks with an alarm")
    wanted = 0.9 * planted if more else planted - 1
    sys.exit(not (named >= wanted and alarmed == 0))


if __name__ == "__main__":
    main()
