#!/usr/bin/env python3
"""Records state dicts that hold weights in parts, batch norms and initial states
as PyTorch saves them: tests/golden/parts, each case as in make_torch_models.py.

    venv/bin/python tests/golden/make_torch_parts.py

PyTorch 2.15 made the committed files.
"""
import collections
import pathlib
import shutil
import warnings

import torch
from torch import nn
from torch.nn.utils import parametrizations, prune, spectral_norm, weight_norm

import make_torch_models as models
from make_torch_models import Net, draw, plain

warnings.simplefilter("ignore")
models.FOLDER = pathlib.Path(__file__).resolve().parent / "parts"


class Norm(nn.BatchNorm1d):
    """Of the features of each step, or of one vector per sequence."""

    def forward(self, x):
        flat = x.reshape(-1, x.shape[-1])
        return super().forward(flat).reshape(x.shape)


class Last(nn.Module):
    def forward(self, x):
        return x[-1]


def evaluate(model, x):
    return plain(model.eval(), x)


def record(name, model, layers, x=draw(5, 3, 4), state=None, **more):
    def trained(model):
        """Its statistics and singular vectors are of some steps."""
        for step in range(15):
            plain(model.train(), torch.randn(5, 3, 4) + 0.3)
        tensors = model.eval().state_dict()
        return state(tensors) if state else tensors
    models.record(name, model, layers, evaluate, x, formats=["safetensors"],
                  inferable=None, state=trained, **more)


def weight_norms():
    for name, norm in [("old", weight_norm),
                       ("new", parametrizations.weight_norm)]:
        record(f"weight_norm_{name}",
               Net(lstm=norm(norm(nn.LSTM(4, 5), "weight_hh_l0"),
                             "weight_ih_l0"), fc=norm(nn.Linear(5, 2))),
               "lstm,fc")
        for dim in [1, None]:
            record(f"weight_norm_{name}_{dim}".lower(),
                   Net(gru=nn.GRU(4, 5), fc=norm(nn.Linear(5, 2), dim=dim)),
                   "gru,fc")


def spectral_norms():
    record("spectral_norm_old",
           Net(gru=nn.GRU(4, 5), fc=spectral_norm(nn.Linear(5, 3))), "gru,fc")
    record("spectral_norm_new",
           Net(gru=nn.GRU(4, 5),
               fc=parametrizations.spectral_norm(nn.Linear(5, 3))), "gru,fc")


def dropped(tensors, of):
    """As who drops recurrent weights in training keeps them."""
    kept = collections.OrderedDict()
    for name, tensor in tensors.items():
        if name == "rnn.weight_hh_l0":
            kept["rnn.weight_hh_l0_raw"] = tensor
            tensor = tensor * (torch.rand(tensor.shape) < 0.5)
        kept[name.replace("rnn.", of)] = tensor
    return kept


def others():
    net = Net(lstm=nn.LSTM(4, 5), fc=nn.Linear(5, 2))
    prune.l1_unstructured(net.fc, "weight", 0.4)
    prune.random_unstructured(net.lstm, "weight_hh_l0", 0.3)
    record("pruned", net, "lstm,fc")
    for name, of in [("raw", "rnn."), ("raw_module", "rnn.module.")]:
        record(name, Net(rnn=nn.LSTM(4, 5), fc=nn.Linear(5, 2)),
               f"{of[:-1]},fc", state=lambda tensors: dropped(tensors, of))


def batch_norms():
    record("norm_between",
           Net(gru=nn.GRU(4, 5), bn=Norm(5), fc=nn.Linear(5, 2)), "gru,bn,fc")
    record("norm_eps",
           Net(gru=nn.GRU(4, 5), bn=Norm(5, eps=0.1), fc=nn.Linear(5, 2)),
           "gru,batch_norm(0.1):bn,fc")
    record("norm_not_affine",
           Net(gru=nn.GRU(4, 5), bn=Norm(5, affine=False),
               fc=nn.Linear(5, 2)), "gru,batch_norm:bn,fc")
    record("norm_front",
           Net(bn=Norm(4), lstm=nn.LSTM(4, 5, bidirectional=True),
               fc=nn.Linear(10, 2)), "bn,lstm,fc")
    record("norm_last",
           Net(gru=nn.GRU(4, 5), last=Last(), bn=Norm(5), fc=nn.Linear(5, 2)),
           "gru,last,bn,fc")
    record("norm_relu",
           Net(gru=nn.GRU(4, 5), bn=Norm(5), relu=nn.ReLU(),
               fc=nn.Linear(5, 2)), "gru,bn,relu,fc")
    record("norm_behind",
           Net(gru=nn.GRU(4, 5), fc1=nn.Linear(5, 6), bn1=Norm(6),
               relu=nn.ReLU(), fc2=nn.Linear(6, 3), bn2=Norm(3)),
           "gru,fc1,bn1,relu,fc2,bn2")


class Started(nn.Module):
    """Begins from states that were learned."""

    def __init__(self, rnn, fc, **states):
        super().__init__()
        self.rnn, self.fc = rnn, fc
        for name, state in states.items():
            self.register_parameter(name, nn.Parameter(state))

    def forward(self, x):
        names = [name for name, _ in self.named_parameters(recurse=False)]
        states = tuple(getattr(self, name).expand(-1, x.shape[1], -1)
                       .contiguous() for name in names)
        y, _ = self.rnn(x, states if len(states) > 1 else states[0])
        return self.fc(y)


def initial_states():
    record("initial_lstm",
           Started(nn.LSTM(4, 5, 2, bidirectional=True, proj_size=3),
                   nn.Linear(6, 2), h0=torch.zeros(4, 1, 3),
                   c0=torch.zeros(4, 1, 5)), "initial(h0,c0):rnn,fc")
    record("initial_gru",
           Started(nn.GRU(4, 5, 2), nn.Linear(5, 2),
                   init_hidden=torch.zeros(2, 1, 5)),
           "initial(init_hidden):rnn,fc")


class Added(nn.Module):
    """Both directions of what it reads, added."""

    def forward(self, x):
        return x.unflatten(-1, (2, -1)).sum(-2)


def what_a_word_says():
    record("directions_added",
           Net(rnn=nn.LSTM(4, 5, bidirectional=True), add=Added(),
               fc=nn.Linear(5, 2)), "sum:rnn,fc")
    record("norm_no_bias",
           Net(gru=nn.GRU(4, 5), norm=nn.LayerNorm(5, bias=False),
               fc=nn.Linear(5, 2)), "gru,layer_norm:norm,fc")


if __name__ == "__main__":
    shutil.rmtree(models.FOLDER, ignore_errors=True)
    models.FOLDER.mkdir()
    torch.manual_seed(1)
    weight_norms()
    spectral_norms()
    others()
    batch_norms()
    initial_states()
    what_a_word_says()
