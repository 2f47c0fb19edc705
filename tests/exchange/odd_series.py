"""odd_series.py: state dicts of forecasts, and cells that torch.nn has not."""
import torch
from torch import nn
from torch.nn import functional as F

from odd_parts import Case, Parts, numbers, tokens, unroll, vector

X = numbers(5, 2, 4)
CASES = []


def case(name, module, forward, x=X, *right, **more):
    CASES.append(Case(name, module, forward, x, *right, **more))


case("deepar", Parts(embedding=nn.Embedding(7, 3), lstm=nn.LSTM(7, 5, 2),
                     distribution_mu=nn.Linear(10, 1),
                     distribution_presigma=nn.Linear(10, 1)),
     lambda m, x: m.embedding(x), tokens(5, 2, most=7))
case("gaussian_heads", Parts(rnn=nn.GRU(4, 5), mu=nn.Linear(5, 1),
                             sigma=nn.Linear(5, 1)),
     lambda m, x: m.mu(m.rnn(x)[0]), X, "--layers rnn,mu --ignore 'sigma.*'")
case("quantile_heads", Parts(rnn=nn.LSTM(4, 5), heads=nn.ModuleList(
    [nn.Linear(5, 1) for _ in range(3)])),
     lambda m, x: m["heads.1"](m.rnn(x)[0]), X,
     "--layers rnn,heads.1 --ignore 'heads.0.*,heads.2.*'")
case("autoencoder", Parts(encoder=nn.LSTM(4, 6), decoder=nn.LSTM(6, 6),
                          out=nn.Linear(6, 4)),
     lambda m, x: m.out(m.decoder(m.encoder(x)[0][-1:].expand(
         5, -1, -1).contiguous())[0]), X,
     "--layers 'encoder,last,repeat(5),decoder,out'")
case("autoencoder_flipped", Parts(encoder=nn.LSTM(4, 6),
                                  decoder=nn.LSTM(6, 4)),
     lambda m, x: m.decoder(m.encoder(x)[0].flip(0))[0])
case("encoder_decoder_cells", Parts(encoder=nn.LSTMCell(4, 6),
                                    decoder=nn.LSTMCell(4, 6),
                                    out=nn.Linear(6, 4)),
     lambda m, x: m.out(unroll(m.encoder, x)), X,
     "--layers encoder,out --ignore 'decoder.*'")
case("da_rnn", Parts(encoder=Parts(lstm=nn.LSTM(1, 5), attn_linear=nn.Linear(
    14, 1)), decoder=Parts(attn_layer=nn.Sequential(nn.Linear(10, 5),
                                                    nn.Tanh(),
                                                    nn.Linear(5, 1)),
                           lstm=nn.LSTM(1, 5), fc=nn.Linear(6, 1))),
     lambda m, x: m["encoder.lstm"](x[..., :1])[0])
case("lstnet", Parts(conv1=nn.Conv2d(1, 4, (3, 4)), GRU1=nn.GRU(4, 5),
                     GRUskip=nn.GRU(4, 3), linear1=nn.Linear(11, 4),
                     highway=nn.Linear(3, 1)),
     lambda m, x: m.GRU1(x)[0], X,
     "--layers GRU1 --ignore 'conv1.*,GRUskip.*,linear1.*,highway.*'")
case("tft", Parts(lstm=nn.LSTM(4, 4), gated=Parts(gate=nn.Linear(4, 8)),
                  norm=nn.LayerNorm(4), out=nn.Linear(4, 1)),
     lambda m, x: m.out(m.norm(F.glu(m["gated.gate"](m.lstm(x)[0])) + x)))
case("nbeats_rnn", Parts(rnn=nn.GRU(4, 5), backcast=nn.Linear(5, 4),
                         forecast=nn.Linear(5, 2)),
     lambda m, x: m.forecast(m.rnn(x)[0]), X,
     "--layers rnn,forecast --ignore 'backcast.*'")
case("es_rnn", Parts(rnn=nn.LSTM(4, 5), fc=nn.Linear(5, 2),
                     init_lev=vector(3), init_seas=vector(3, 4)),
     lambda m, x: m.fc(m.rnn(x)[0]))
case("revin", Parts(affine_weight=vector(4), affine_bias=vector(4),
                    rnn=nn.LSTM(4, 5), fc=nn.Linear(5, 2)),
     lambda m, x: m.fc(m.rnn(x * m.affine_weight + m.affine_bias)[0]))
case("learned_state", Parts(h0=vector(1, 1, 5), c0=vector(1, 1, 5),
                            lstm=nn.LSTM(4, 5), fc=nn.Linear(5, 2)),
     lambda m, x: m.fc(m.lstm(x, tuple(s.expand(1, 2, 5).contiguous()
                                       for s in (m.h0, m.c0)))[0]), X,
     "--layers 'initial(h0,c0):lstm,fc'")
case("scale", Parts(rnn=nn.GRU(4, 5), scale=vector(1), fc=nn.Linear(5, 2)),
     lambda m, x: m.fc(m.rnn(x)[0] * m.scale))
case("batch_norm_mlp", Parts(gru=nn.GRU(4, 5), fc1=nn.Linear(5, 6),
                             bn1=nn.BatchNorm1d(6), fc2=nn.Linear(6, 3)),
     lambda m, x: m.fc2(F.relu(m.bn1(m.fc1(m.gru(x)[0][-1])))), X,
     "--layers gru,last,fc1,bn1,relu,fc2")
case("ema", Parts(model=Parts(lstm=nn.LSTM(4, 5), fc=nn.Linear(5, 2)),
                  ema_model=Parts(lstm=nn.LSTM(4, 5), fc=nn.Linear(5, 2))),
     lambda m, x: m["model.fc"](m["model.lstm"](x)[0]), X,
     "--layers model.lstm,model.fc --ignore 'ema_model.*'")
case("rnn_relu", Parts(rnn=nn.RNN(4, 5, nonlinearity="relu"),
                       fc=nn.Linear(5, 2)),
     lambda m, x: m.fc(m.rnn(x)[0]), X, "--nonlinearity relu", unknowable=True)
case("two_front", Parts(proj=nn.Linear(4, 6, bias=False), lstm=nn.LSTM(6, 5)),
     lambda m, x: m.lstm(torch.relu(m.proj(x)))[0], X,
     "--layers linear:proj,relu,lstm")
case("clockwork", Parts(slow=nn.GRU(4, 5), fast=nn.GRU(9, 5),
                        out=nn.Linear(5, 2)),
     lambda m, x: m.out(m.fast(torch.cat([x, m.slow(x)[0]], -1))[0]))
case("sru", Parts(rnn_lst=nn.ModuleList([Parts(
    weight=vector(4, 15), weight_c=vector(10), bias=vector(10))])),
     lambda m, x: x @ m["rnn_lst.0.weight"])
case("qrnn", Parts(layers=nn.ModuleList([Parts(linear=nn.Linear(4, 15))]),
                   out=nn.Linear(5, 2)),
     lambda m, x: m.out(torch.tanh(m["layers.0.linear"](x)[..., :5])))
case("min_gru", Parts(linear_z=nn.Linear(4, 5), linear_h=nn.Linear(4, 5)),
     lambda m, x: unroll(lambda s, h: torch.lerp(
         torch.zeros(2, 5) if h is None else h, m.linear_h(s),
         torch.sigmoid(m.linear_z(s))), x))
case("min_gru_joint", Parts(to_hidden_and_gate=nn.Linear(4, 10, bias=False),
                            to_out=nn.Linear(5, 4, bias=False)),
     lambda m, x: m.to_out(m.to_hidden_and_gate(x)[..., :5]))
case("xlstm", Parts(slstm_cell=Parts(recurrent_kernel=vector(2, 5, 4, 5),
                                     bias=vector(2, 4, 5)),
                    fgate=nn.Linear(4, 4), igate=nn.Linear(4, 4)),
     lambda m, x: m.fgate(x))
case("own_lstm", Parts(W_f=nn.Linear(9, 5), W_i=nn.Linear(9, 5),
                       W_c=nn.Linear(9, 5), W_o=nn.Linear(9, 5)),
     lambda m, x: unroll(lambda s, h: (torch.tanh(m.W_c(torch.cat(
         [s, h[0] if h else torch.zeros(2, 5)], -1))),), x))
case("own_lstm_cell", Parts(x2h=nn.Linear(4, 20), h2h=nn.Linear(5, 20)),
     lambda m, x: m.x2h(x))
case("own_rnn", Parts(i2h=nn.Linear(9, 5), i2o=nn.Linear(9, 3)),
     lambda m, x: m.i2o(torch.cat([x, torch.zeros(5, 2, 5)], -1)))
case("own_rnn_two", Parts(in2hidden=nn.Linear(4, 5), hidden2hidden=nn.Linear(
    5, 5), hidden2out=nn.Linear(5, 2)),
     lambda m, x: m.hidden2out(unroll(lambda s, h: torch.tanh(m.in2hidden(
         s) + m.hidden2hidden(torch.zeros(2, 5) if h is None else h)), x)))
case("gru_d", Parts(gru=nn.GRUCell(4, 5), gamma_x=nn.Linear(4, 4),
                    gamma_h=nn.Linear(4, 5), fc=nn.Linear(5, 1)),
     lambda m, x: m.fc(unroll(lambda s, h: m.gru(s, torch.exp(-F.relu(
         m.gamma_h(s))) * (torch.zeros(2, 5) if h is None else h)), x)))
case("ode_rnn", Parts(cell=nn.GRUCell(4, 5), net=nn.Sequential(
    nn.Linear(5, 6), nn.Tanh(), nn.Linear(6, 5)), out=nn.Linear(5, 2)),
     lambda m, x: m.out(unroll(lambda s, h: m.cell(s, (0 if h is None else h)
                                                   + m.net(torch.zeros(
                                                       2, 5) if h is None
                                                       else h)), x)))
case("graph_conv_rnn", Parts(adj=torch.rand(4, 4), rnn=nn.GRU(4, 5),
                             fc=nn.Linear(5, 4)),
     lambda m, x: m.fc(m.rnn(x @ m.adj)[0]))
