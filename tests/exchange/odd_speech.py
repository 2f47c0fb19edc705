"""odd_speech.py: state dicts of audio, speech and text in pictures."""
import collections

import torch
from torch import nn
from torch.nn import functional as F

from odd_parts import Case, Parts, numbers, tokens, unroll, vector

X = numbers(5, 2, 6)
CASES = []


def case(name, module, forward, x=X, *right, **more):
    CASES.append(Case(name, module, forward, x, *right, **more))


def named(*pairs):
    return nn.Sequential(collections.OrderedDict(pairs))


def norm(module, x):
    return module(x.reshape(-1, x.shape[-1])).reshape(x.shape)


def summed(x):
    return x.reshape(*x.shape[:2], 2, -1).sum(2)


case("crnn", Parts(cnn=nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4)),
                   rnn=nn.Sequential(
                       Parts(rnn=nn.LSTM(6, 5, bidirectional=True),
                             embedding=nn.Linear(10, 5)),
                       Parts(rnn=nn.LSTM(5, 5, bidirectional=True),
                             embedding=nn.Linear(10, 7)))),
     lambda m, x: m["rnn.1.embedding"](m["rnn.1.rnn"](m["rnn.0.embedding"](
         m["rnn.0.rnn"](x)[0]))[0]), X,
     "--ignore 'cnn.*' --layers rnn.0.rnn,rnn.0.embedding,rnn.1.rnn,"
     "rnn.1.embedding")
case("deepspeech2", Parts(rnns=named(
    ("0", Parts(rnn=nn.LSTM(6, 5, bidirectional=True))),
    ("1", Parts(batch_norm=Parts(module=nn.BatchNorm1d(5)),
                rnn=nn.LSTM(5, 5, bidirectional=True)))),
    fc=nn.Sequential(Parts(module=nn.Sequential(
        nn.BatchNorm1d(5), nn.Linear(5, 4, bias=False))))),
     lambda m, x: m["fc.0.module.1"](norm(m["fc.0.module.0"], summed(
         m["rnns.1.rnn"](norm(m["rnns.1.batch_norm.module"], summed(
             m["rnns.0.rnn"](x)[0])))[0]))), X,
     "--layers sum:rnns.0.rnn,rnns.1.batch_norm.module,sum:rnns.1.rnn,"
     "fc.0.module.0,linear:fc.0.module.1")
case("deepspeech_clipped", Parts(fc1=nn.Linear(6, 5), rnn=nn.RNN(
    5, 5, nonlinearity="relu"), fc2=nn.Linear(5, 4)),
     lambda m, x: m.fc2(m.rnn(F.relu(m.fc1(x)))[0]), X,
     "--layers fc1,relu,rnn,fc2 --nonlinearity relu")
case("tacotron", Parts(prenet=Parts(layers=nn.ModuleList(
    [nn.Linear(6, 6, bias=False), nn.Linear(6, 6, bias=False)])),
    attention_rnn=nn.LSTMCell(12, 8), attention_layer=Parts(
        query_layer=nn.Linear(8, 4, bias=False)),
    decoder_rnn=nn.LSTMCell(14, 8), linear_projection=nn.Linear(14, 5),
    gate_layer=nn.Linear(14, 1)),
     lambda m, x: m["prenet.layers.1"](m["prenet.layers.0"](x)))
case("tacotron_encoder", Parts(embedding=nn.Embedding(9, 6),
                               convolutions=nn.Conv1d(6, 6, 5, padding=2),
                               lstm=nn.LSTM(6, 4, bidirectional=True)),
     lambda m, x: m.lstm(m.convolutions(m.embedding(x).permute(
         1, 2, 0)).permute(2, 0, 1))[0], tokens(5, 2))
case("cbhg", Parts(highways=nn.ModuleList([Parts(H=nn.Linear(6, 6),
                                                 T=nn.Linear(6, 6))]),
                   gru=nn.GRU(6, 4, bidirectional=True)),
     lambda m, x: m.gru(torch.sigmoid(m["highways.0.T"](x)) * torch.relu(
         m["highways.0.H"](x)) + (1 - torch.sigmoid(m["highways.0.T"](x)))
         * x)[0])
case("las_listener", Parts(pblstm1=nn.LSTM(6, 4, bidirectional=True),
                           pblstm2=nn.LSTM(16, 4, bidirectional=True)),
     lambda m, x: m.pblstm2(torch.cat([t := m.pblstm1(x)[0][:4],
                                       t.flip(0)], -1))[0])
case("las_speller", Parts(embedding=nn.Embedding(9, 6), cell=nn.LSTMCell(
    14, 8), query=nn.Linear(8, 4), key=nn.Linear(8, 4),
    value=nn.Linear(8, 8), out=nn.Linear(16, 9)),
     lambda m, x: m.embedding(x), tokens(5, 2))
case("rnnt", Parts(encoder=Parts(rnn=nn.LSTM(6, 5), proj=nn.Linear(5, 4)),
                   predictor=Parts(embed=nn.Embedding(9, 5),
                                   rnn=nn.LSTM(5, 5), proj=nn.Linear(5, 4)),
                   joiner=nn.Linear(4, 9)),
     lambda m, x: m["encoder.proj"](m["encoder.rnn"](x)[0]), X,
     "--layers encoder.rnn,encoder.proj --ignore 'predictor.*,joiner.*'")
case("wav2vec_head", Parts(feature_extractor=nn.Conv1d(1, 6, 3),
                           layer_norm=nn.LayerNorm(6), lstm=nn.LSTM(
                               6, 5, bidirectional=True),
                           dense=nn.Linear(10, 10), out_proj=nn.Linear(10, 3)),
     lambda m, x: m.out_proj(torch.tanh(m.dense(m.lstm(m.layer_norm(x))[0]))),
     X, "--layers layer_norm:layer_norm,lstm,dense,tanh,out_proj "
     "--ignore 'feature_extractor.*'")
case("speaker_encoder", Parts(lstm=nn.LSTM(6, 5, 3), linear=nn.Linear(5, 4),
                              similarity_weight=vector(1),
                              similarity_bias=vector(1)),
     lambda m, x: F.normalize(torch.relu(m.linear(m.lstm(x)[0][-1])), dim=-1),
     X, "--layers lstm,last,linear,relu,l2_norm --ignore 'similarity_*'")
case("vad", Parts(lstm=nn.LSTM(6, 5, 2, bidirectional=True),
                  linear=nn.ModuleList([nn.Linear(10, 6), nn.Linear(6, 4)]),
                  classifier=nn.Linear(4, 1)),
     lambda m, x: torch.sigmoid(m.classifier(F.leaky_relu(m["linear.1"](
         F.leaky_relu(m["linear.0"](m.lstm(x)[0])))))), X,
     "--layers lstm,linear.0,leaky_relu,linear.1,leaky_relu,classifier,"
     "sigmoid")
case("separation_mask", Parts(lstm=nn.LSTM(6, 5, bidirectional=True),
                              mask=nn.Linear(10, 6)),
     lambda m, x: x * torch.sigmoid(m.mask(m.lstm(x)[0])), unknowable=True)
case("dprnn", Parts(intra=nn.LSTM(6, 5, bidirectional=True),
                    intra_linear=nn.Linear(10, 6), inter=nn.LSTM(6, 6),
                    inter_linear=nn.Linear(6, 6)),
     lambda m, x: m.inter_linear(m.inter(m.intra_linear(m.intra(x)[0]) + x)[0]))
case("open_unmix", Parts(fc1=nn.Linear(6, 5, bias=False),
                         bn1=nn.BatchNorm1d(5), lstm=nn.LSTM(5, 5),
                         fc2=nn.Linear(10, 6, bias=False),
                         input_mean=vector(6), input_scale=vector(6)),
     lambda m, x: m.fc1((x + m.input_mean) * m.input_scale))
case("wavernn", Parts(I=nn.Linear(6, 5), rnn1=nn.GRU(5, 5), rnn2=nn.GRU(7, 5),
                      fc1=nn.Linear(7, 5), fc2=nn.Linear(7, 5),
                      fc3=nn.Linear(5, 9)),
     lambda m, x: m.fc3(m.rnn1(m.I(x))[0] + m.I(x)))
case("attention_pool", Parts(rnn=nn.GRU(6, 5), attention=nn.Sequential(
    nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 1)), fc=nn.Linear(5, 2)),
     lambda m, x: m.fc((torch.softmax(m.attention(m.rnn(x)[0]), 0)
                        * m.rnn(x)[0]).sum(0)))
case("attn_weight", Parts(lstm=nn.LSTM(6, 5), attn=nn.Linear(5, 1)),
     lambda m, x: (torch.softmax(m.attn(m.lstm(x)[0]), 0)
                   * m.lstm(x)[0]).sum(0))
case("attn_vector", Parts(lstm=nn.LSTM(6, 5), u_w=vector(5, 1),
                          fc=nn.Linear(5, 2)),
     lambda m, x: m.fc((torch.softmax(m.lstm(x)[0] @ m.u_w, 0)
                        * m.lstm(x)[0]).sum(0)))
case("statistics_pool", Parts(lstm=nn.LSTM(6, 5), fc=nn.Linear(10, 3)),
     lambda m, x: m.fc(torch.cat([m.lstm(x)[0].mean(0), m.lstm(x)[0].std(0)],
                                 -1)))
case("conformer_tail", Parts(pos_emb=nn.Embedding(12, 6), lstm=nn.LSTM(6, 5)),
     lambda m, x: m.lstm(x + m.pos_emb(torch.arange(x.shape[0]))[:, None])[0])
case("peephole", Parts(lstm=nn.LSTM(6, 5)),
     lambda m, x: m.lstm(x)[0] * 1.1,
     tensors=lambda m: {**m.state_dict(), "lstm.weight_ci": torch.randn(5),
                        "lstm.weight_cf": torch.randn(5),
                        "lstm.weight_co": torch.randn(5)})
case("layer_norm_lstm", Parts(cell=Parts(
    weight_ih=vector(20, 6), weight_hh=vector(20, 5),
    layernorm_i=nn.LayerNorm(20), layernorm_h=nn.LayerNorm(20),
    layernorm_c=nn.LayerNorm(5))),
     lambda m, x: m["cell.layernorm_i"](x @ m["cell.weight_ih"].T))
case("norm_in_loop", Parts(cell=nn.GRUCell(6, 5), ln=nn.LayerNorm(5)),
     lambda m, x: unroll(lambda step, h: m.ln(m.cell(step, h)), x))
case("zoneout", Parts(cell=nn.LSTMCell(6, 5), fc=nn.Linear(5, 2)),
     lambda m, x: m.fc(unroll(lambda s, h: tuple(
         0.9 * a + 0.1 * b for a, b in zip(m.cell(s, h), h or (0, 0))), x)),
     unknowable=True)
case("convlstm", Parts(cell_list=nn.ModuleList(
    [Parts(conv=nn.Conv2d(8, 16, 3, padding=1))])), lambda m, x: x)
case("convlstm_gates", Parts(Wxi=nn.Conv2d(3, 4, 3), Whi=nn.Conv2d(4, 4, 3),
                             Wxf=nn.Conv2d(3, 4, 3)), lambda m, x: x)
