"""odd_parts.py: what the cases of odd_dicts.py are made of."""
import torch
from torch import nn

torch.manual_seed(11)


class Parts(nn.Module):
    """Modules, parameters and buffers by name."""

    def __init__(self, **parts):
        super().__init__()
        for name, part in parts.items():
            if isinstance(part, nn.Parameter):
                self.register_parameter(name, part)
            elif torch.is_tensor(part):
                self.register_buffer(name, part)
            else:
                self.add_module(name, part)

    def __getitem__(self, name):
        """A part by its path, "encoder.rnn"."""
        part = self
        for word in name.split("."):
            part = getattr(part, word)
        return part


def vector(*shape):
    return nn.Parameter(torch.randn(*shape) * 0.5)


def settle(module):
    """Weights that nothing is near 0 with, and statistics that matter."""
    for parameter in module.parameters():
        nn.init.uniform_(parameter, -0.6, 0.6)
    for name, buffer in module.named_buffers():
        if "running_mean" in name:
            buffer.uniform_(-0.5, 0.5)
        if "running_var" in name:
            buffer.uniform_(0.3, 1.5)
    return module.eval()


class Case:
    def __init__(self, name, module, forward, x, right=None, first=False,
                 unknowable=False, wrap=None, file="net.pt", tensors=None):
        self.name, self.module = name, settle(module)
        self.forward, self.x, self.right = forward, x, right
        self.first, self.unknowable, self.file = first, unknowable, file
        self.wrap, self.made = wrap, tensors

    def tensors(self):
        made = (self.made(self.module) if self.made
                else self.module.state_dict())
        return self.wrap(made) if self.wrap else made


def numbers(*shape):
    return torch.randn(*shape)


def tokens(*shape, most=9):
    return torch.randint(most, shape)


def unroll(cell, x, state=None):
    """What a cell gives, step by step."""
    outputs = []
    for step in x:
        state = cell(step, state)
        outputs.append(state[0] if isinstance(state, tuple) else state)
    return torch.stack(outputs)


def attend(scores, values):
    """A weighted mean over the steps."""
    return (torch.softmax(scores, 0) * values).sum(0)
