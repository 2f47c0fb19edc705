"""learning.py: what is learned with nothing said, going on with a run, and what
is right already: echoes, odd options, explosions.
"""
import math
import random

from place import check, same, table


def _hands(place):
    """Two movements of a hand, 75 steps each; one of them dips."""
    random.seed(11)

    def step(t, at, width):
        return 1 / (1 + math.exp(-(t - at) / width))

    def series(kind):
        up, down = 20 + random.gauss(0, 1.5), 54 + random.gauss(0, 1.5)
        dip = 0.12 + random.gauss(0, 0.02) if kind == 1 else 0
        values = []
        for t in range(75):
            x = step(t, up, 1.5) - step(t, down, 1.5)
            x -= dip * (math.exp(-((t - up + 6) / 2) ** 2)
                        + math.exp(-((t - down - 6) / 2) ** 2))
            values.append(x + random.gauss(0, 0.005))
        mean = sum(values) / 75
        spread = math.sqrt(sum((x - mean) ** 2 for x in values) / 75)
        return [(x - mean) / spread for x in values]

    for name, count in (("TRAIN", 50), ("TEST", 60)):
        place.write(f"hand_{name}.tsv", table(
            [(1 + i % 2, *(f"{x:.4f}" for x in series(1 + i % 2)))
             for i in range(count)], "\t"))


def a_small_set_is_learned(place):
    """Nothing said: no stop at chance, and the largest class beside it."""
    _hands(place)
    run = place.train("hand_TRAIN.tsv --test hand_TEST.tsv -t 1",
                      quick=False).well()
    run.says("baseline|largest class")
    check(place.eval("hand_TEST.tsv").well().score("accuracy") > 90,
          "more than nine of ten are right")


def a_result_at_chance_is_said(place):
    random.seed(2)
    place.write("t.tsv", table([(n % 2, *(f"{random.random():.3f}" for _ in
                                          range(12))) for n in range(60)],
                               "\t"))
    run = place.train("t.tsv --validation 0.3 -t 1 --epochs 1 -H 4 --lr 1e-9",
                      quick=False).well()
    run.says("no better|not better|does not beat|largest class")


def _days(count):
    return table([(f"d{i}", f"{100 + 10 * math.sin(i / 5):.2f}")
                  for i in range(count)], header=("day", "price"))


def going_on(place):
    place.write("days.csv", _days(120))
    place.write("more.csv", _days(121))
    learn = "days.csv -w 8 -t 1 -H 8 --epochs"
    place.train(f"{learn} 3", quick=False).well()

    def resume(line):
        return place.elman(f"train {line} -o m.safetensors --resume")

    resume(f"{learn} 6").well().says("resumed")
    resume(f"{learn} 9 --optimizer sgd").refused("--optimizer", "adam", "sgd")
    resume(f"{learn} 9 --seed 2").refused("--seed", "1", "2")
    resume("days.csv -w 8 -t 1 -H 16 --epochs 9").refused("--hidden", "8", "16")
    resume("days.csv -w 8 -t 1 -H 8 --epochs 9 --cell lstm").refused(
        "--cell", "lstm", "gru")
    resume("days.csv -w 9 -t 1 -H 8 --epochs 9").refused("--window", "8", "9")
    resume("days.csv -w 8 -t 1 -H 8 --epochs 9 --batch 5").refused(
        "--batch", "5")
    resume("more.csv -w 8 -t 1 -H 8 --epochs 9").refused("--init-from")
    for run in (resume(f"{learn} 9 --seed 2"),
                resume("more.csv -w 8 -t 1 -H 8 --epochs 9")):
        run.says_not(r'"version"', "ignore_index", r"\.\.\.")
    # nothing of that was written over: the run goes on as it would have
    resume(f"{learn} 7").well()


def beginning_from_a_model(place):
    """The way for a table that has grown."""
    place.write("days.csv", _days(120))
    place.write("more.csv", _days(121))
    place.train("days.csv -w 8 -t 1 -H 8 --epochs 3", "a", quick=False).well()
    run = place.elman("train more.csv -w 8 -t 1 --epochs 3 "
                      "--init-from a.safetensors -o b.safetensors").well()
    run.says("a.safetensors")
    same(len(place.answers("more.csv", "b")),
         len(place.answers("days.csv", "a")) + 1, "answers")


def _walk():
    random.seed(9)
    values = [100.0]
    for _ in range(400):
        values.append(values[-1] + random.gauss(0, 1))
    return table([(f"d{i}", f"{v:.3f}") for i, v in enumerate(values)],
                 header=("day", "price"))


def a_walk_can_not_be_told(place):
    """The table beside the score shows it."""
    place.write("walk.csv", _walk())
    run = place.train("walk.csv -w 16 -t 1 -H 8 --epochs 10",
                      quick=False).well().says("naive")
    place.eval("walk.csv").well().says("naive")
    check(0.6 < run.score(r"MSE +[0-9.]+") < 1.4, "naive MSE is near 1")


def an_explosion_is_not_saved(place):
    place.write("walk.csv", _walk())
    place.train("walk.csv -w 16 -t 1 -H 8 --optimizer sgd --lr 1e30 "
                "--clip-norm none --transform none", "x",
                quick=False).refused("step", "nan|inf", "--lr|rate")
    check(not (place.folder / "x.safetensors").exists(), "nothing is saved")


def a_rate_too_high_is_said(place):
    place.write("t.txt", "hello world, how are you today\n" * 200)
    run = place.train("t.txt -t 1 --epochs 2 -H 8 --lr 100", quick=False)
    run.says("worse|no better|diverge|--lr|rate")


def a_longest_window_of_a_text(place):
    """--k1 longer than the text is the text."""
    place.write("t.txt", "the rain in spain stays mainly in the plain\n" * 30)
    for k1 in ("whole", "1000000"):
        place.train(f"t.txt -t 1 --epochs 1 -H 8 --k1 {k1}",
                    quick=False).well()


def zeros_that_are_allowed(place):
    place.write("days.csv", _days(60))
    for zero in ("--beta1 0", "--epsilon 0", "--optimizer rmsprop --alpha 0"):
        place.train(f"days.csv -w 6 {zero}").well()
