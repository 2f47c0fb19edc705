"""network.py: trains a network, inspects it, and lists what is to be tried."""
import json
import subprocess

elman = None  # the program's path

CASES = []  # (name, kind, names, build): kind is fault, healthy or more


def _add(kind, names):
    def add(build):
        CASES.append((build.__name__, kind, names, build))
        return build
    return add


def fault(*names):
    """One of the twelve; names: what its first sentence may be called."""
    return _add("fault", names)


def variant(*names):
    return _add("more", names)


def healthy(build):
    return _add("healthy", ())(build)


def also_healthy(build):
    return _add("more", ())(build)


def train(folder, data, *options, model="m"):
    data = data if isinstance(data, list) else [data]
    done = subprocess.run(
        [elman, "train", *data, "-o", model, "--quiet", "--threads", "1",
         *map(str, options)],
        cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)


def inspect(folder, *arguments):
    done = subprocess.run(
        [elman, "inspect", *arguments, "--json", "--threads", "1"],
        cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)["findings"]
