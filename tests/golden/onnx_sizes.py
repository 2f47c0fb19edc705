"""How large the graphs made here are.

The recorded ones have the sizes below. tests/exchange/random_graphs.py sets
others before it imports the files that make graphs, so a graph has to say its
sizes by these names wherever others would do as well.
"""

T, B, I, H, C = 5, 2, 3, 4, 2
SEED = 0  # mixed into every draw
LENGTHS = None  # other T and B, as a list of pairs


def others(*pairs):
    """(T, B) of the sets of inputs: these, or the random ones."""
    return tuple(LENGTHS or pairs)
