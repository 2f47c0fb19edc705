"""odd_policies.py: state dicts of reinforcement learning and of small nets."""
import torch
from torch import nn
from torch.nn import functional as F

from odd_parts import Case, Parts, numbers, unroll, vector

X = numbers(5, 2, 4)
CASES = []


def case(name, module, forward, x=X, *right, **more):
    CASES.append(Case(name, module, forward, x, *right, **more))


def mlp(*sizes, function=nn.Tanh):
    layers = []
    for a, b in zip(sizes, sizes[1:]):
        layers += [nn.Linear(a, b), function()]
    return nn.Sequential(*layers[:-1])


case("a2c", Parts(lstm=nn.LSTM(4, 8), actor=nn.Linear(8, 3),
                  critic=nn.Linear(8, 1)),
     lambda m, x: m.actor(m.lstm(x)[0]), X,
     "--layers lstm,actor --ignore 'critic.*'")
case("a2c_pi_v", Parts(rnn=nn.GRU(4, 6), pi=nn.Linear(6, 3),
                       v=nn.Linear(6, 1)),
     lambda m, x: m.pi(m.rnn(x)[0]), X, "--layers rnn,pi --ignore 'v.*'")
case("ppo_log_std", Parts(gru=nn.GRU(4, 6), mean=nn.Linear(6, 2),
                          log_std=vector(2)),
     lambda m, x: m.mean(m.gru(x)[0]), X, "--ignore log_std")
case("actor_mlp", Parts(memory=nn.LSTM(4, 6), actor=mlp(6, 5, 3),
                        critic=mlp(6, 5, 1)),
     lambda m, x: m.actor(m.memory(x)[0]), X,
     "--layers memory,actor.0,tanh,actor.2 --ignore 'critic.*'")
case("body_in_front", Parts(body=mlp(4, 5, 6), rnn=nn.GRU(6, 6),
                            q=nn.Linear(6, 3)),
     lambda m, x: m.q(m.rnn(m.body(x))[0]), X,
     "--layers body.0,tanh,body.2,rnn,q")
case("dueling", Parts(lstm=nn.LSTM(4, 6), advantage=nn.Linear(6, 3),
                      value=nn.Linear(6, 1)),
     lambda m, x: m.value(m.lstm(x)[0]) + m.advantage(m.lstm(x)[0]), X)
case("drqn_target", Parts(online=Parts(rnn=nn.LSTM(4, 5), q=nn.Linear(5, 3)),
                          target=Parts(rnn=nn.LSTM(4, 5), q=nn.Linear(5, 3))),
     lambda m, x: m["online.q"](m["online.rnn"](x)[0]), X,
     "--layers online.rnn,online.q --ignore 'target.*'")
case("obs_rms", Parts(obs_rms=Parts(running_mean=torch.randn(4),
                                    running_var=torch.rand(4) + 0.5,
                                    count=torch.tensor(9.0)),
                      rnn=nn.GRU(4, 6), mu=nn.Linear(6, 2)),
     lambda m, x: m.mu(m.rnn((x - m["obs_rms.running_mean"]) / torch.sqrt(
         m["obs_rms.running_var"] + 1e-5))[0]), X,
     "--layers 'batch_norm(1e-5):obs_rms,rnn,mu' --ignore obs_rms.count")
case("mean_std", Parts(mean=torch.randn(4), std=torch.rand(4) + 0.5,
                       rnn=nn.GRU(4, 6), head=nn.Linear(6, 2)),
     lambda m, x: m.head(m.rnn((x - m.mean) / m.std)[0]))
case("action_scale", Parts(rnn=nn.GRU(4, 6), mu=nn.Linear(6, 2),
                           action_scale=torch.tensor(2.0),
                           action_bias=torch.tensor(0.5)),
     lambda m, x: torch.tanh(m.mu(m.rnn(x)[0])) * m.action_scale
     + m.action_bias, X,
     "--layers 'rnn,mu,tanh,affine(2,0.5)' --ignore 'action_*'")
case("r2d2_cell", Parts(cell=nn.LSTMCell(4, 6), out=nn.Linear(6, 2)),
     lambda m, x: m.out(unroll(m.cell, x)))
case("icm", Parts(rnn=nn.GRU(4, 6), policy=nn.Linear(6, 3),
                  value=nn.Linear(6, 1), inverse=nn.Linear(12, 3),
                  forward_model=nn.Linear(9, 6)),
     lambda m, x: m.policy(m.rnn(x)[0]), X,
     "--layers rnn,policy --ignore 'value.*,inverse.*,forward_model.*'")
case("qmix", Parts(fc1=nn.Linear(4, 6), rnn=nn.GRUCell(6, 6),
                   fc2=nn.Linear(6, 3)),
     lambda m, x: m.fc2(unroll(m.rnn, F.relu(m.fc1(x)))), X,
     "--layers fc1,relu,rnn,fc2")
case("skip_input", Parts(lstm=nn.LSTM(4, 6), skip=nn.Linear(4, 6),
                         out=nn.Linear(6, 2)),
     lambda m, x: m.out(m.lstm(x)[0] + m.skip(x)))
case("residual_proj", Parts(lstm=nn.LSTM(6, 6), res_proj=nn.Linear(6, 6)),
     lambda m, x: m.lstm(x)[0] + m.res_proj(x), numbers(5, 2, 6))
case("gate", Parts(lstm=nn.LSTM(4, 6), gate=nn.Linear(6, 6)),
     lambda m, x: torch.sigmoid(m.gate(m.lstm(x)[0])) * m.lstm(x)[0])
case("gate_fc", Parts(lstm=nn.LSTM(4, 6), gate=nn.Linear(6, 6),
                      fc=nn.Linear(6, 2)),
     lambda m, x: m.fc(torch.sigmoid(m.gate(m.lstm(x)[0])) * m.lstm(x)[0]))
case("grn", Parts(rnn=nn.GRU(4, 6), glu=nn.Linear(6, 12)),
     lambda m, x: F.glu(m.glu(m.rnn(x)[0])))
case("gated_name", Parts(gate_model=Parts(lstm=nn.LSTM(4, 5),
                                          fc=nn.Linear(5, 2))),
     lambda m, x: m["gate_model.fc"](m["gate_model.lstm"](x)[0]))
case("popart", Parts(lstm=nn.LSTM(4, 6), value=Parts(
    weight=vector(1, 6), bias=vector(1), mu=torch.randn(1),
    sigma=torch.rand(1))),
     lambda m, x: F.linear(m.lstm(x)[0], m["value.weight"], m["value.bias"])
     * m["value.sigma"] + m["value.mu"])
case("world_model", Parts(rnn=nn.LSTM(4, 6), fc_pi=nn.Linear(6, 3),
                          fc_mu=nn.Linear(6, 3), fc_sigma=nn.Linear(6, 3)),
     lambda m, x: m.fc_pi(m.rnn(x)[0]), X,
     "--layers rnn,fc_pi --ignore 'fc_mu.*,fc_sigma.*'")
case("two_bodies", Parts(actor=Parts(rnn=nn.GRU(4, 5), fc=nn.Linear(5, 2)),
                         critic=Parts(rnn=nn.GRU(4, 5), fc=nn.Linear(5, 1))),
     lambda m, x: m["actor.fc"](m["actor.rnn"](x)[0]), X,
     "--layers actor.rnn,actor.fc --ignore 'critic.*'")
case("siamese", Parts(left=Parts(rnn=nn.GRU(4, 5)),
                      right=Parts(rnn=nn.GRU(4, 5)), fc=nn.Linear(10, 1)),
     lambda m, x: m["left.rnn"](x)[0], X,
     "--layers left.rnn --ignore 'right.*,fc.*'")
case("siamese_shared", Parts(encoder=nn.LSTM(4, 5), fc=nn.Linear(5, 1)),
     lambda m, x: m.fc(torch.abs(m.encoder(x)[0][-1]
                                 - m.encoder(x.flip(0))[0][-1])),
     unknowable=True)
case("odd file name", Parts(lstm=nn.LSTM(4, 8), actor=nn.Linear(8, 3),
                            critic=nn.Linear(8, 1)),
     lambda m, x: m.actor(m.lstm(x)[0]), file="it's a model (1).pt")
case("dollar_names", Parts(lstm=nn.LSTM(4, 8), **{
    "act or$x": nn.Linear(8, 3), "cri'tic": nn.Linear(8, 1)}),
     lambda m, x: getattr(m, "act or$x")(m.lstm(x)[0]))
case("many_heads", Parts(lstm=nn.LSTM(4, 5), **{
    f"head{k}": nn.Linear(5, 2) for k in range(11)}),
     lambda m, x: m.head3(m.lstm(x)[0]))
case("long_names", Parts(lstm=nn.LSTM(4, 5), heads=Parts(**{
    "a_rather_long_name_of_a_head_" * 3 + str(k): nn.Linear(5, 2)
    for k in range(20)})),
     lambda m, x: getattr(m.heads, "a_rather_long_name_of_a_head_" * 3 + "0")(
         m.lstm(x)[0]))
case("checkpoint", Parts(lstm=nn.LSTM(4, 5), fc1=nn.Linear(5, 4),
                         fc2=nn.Linear(4, 2)),
     lambda m, x: m.fc2(torch.relu(m.fc1(m.lstm(x)[0]))), X,
     "--layers lstm,fc1,relu,fc2",
     wrap=lambda d: {"epoch": 3, "state_dict": d, "loss": torch.tensor(0.5)})
case("two_dicts", Parts(lstm=nn.LSTM(4, 5), fc=nn.Linear(5, 2)),
     lambda m, x: m.fc(m.lstm(x)[0]), X, "--key net",
     wrap=lambda d: {"net": d, "ema": {k: v * 0.9 for k, v in d.items()}})
case("gan", Parts(generator=Parts(rnn=nn.LSTM(4, 5), out=nn.Linear(5, 3)),
                  discriminator=Parts(rnn=nn.LSTM(3, 5),
                                      out=nn.Linear(5, 1))),
     lambda m, x: m["generator.out"](m["generator.rnn"](x)[0]), X,
     "--layers generator.rnn,generator.out --ignore 'discriminator.*'")
