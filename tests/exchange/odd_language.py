"""odd_language.py: state dicts of language models, taggers and translation."""
import collections

import torch
from torch import nn
from torch.nn import functional as F

from odd_parts import Case, Parts, numbers, tokens, unroll, vector

X = tokens(5, 2)
CASES = []


def case(name, module, forward, x=X, *right, **more):
    CASES.append(Case(name, module, forward, x, *right, **more))


def tied(module, a, b):
    module[b].weight = module[a].weight
    return module


case("lm", Parts(encoder=nn.Embedding(9, 6), rnn=nn.LSTM(6, 5, 2),
                 decoder=nn.Linear(5, 9)),
     lambda m, x: m.decoder(m.rnn(m.encoder(x))[0]))
case("lm_tied", tied(Parts(encoder=nn.Embedding(9, 5), rnn=nn.LSTM(5, 5, 2),
                           decoder=nn.Linear(5, 9)), "encoder", "decoder"),
     lambda m, x: m.decoder(m.rnn(m.encoder(x))[0]))
case("lm_tied_no_bias", tied(Parts(
    wte=nn.Embedding(9, 5), rnn=nn.GRU(5, 5),
    lm_head=nn.Linear(5, 9, bias=False)), "wte", "lm_head"),
     lambda m, x: m.lm_head(m.rnn(m.wte(x))[0]), X,
     "--layers embedding:wte,rnn,lm_head")
case("square_embedding", Parts(embedding=nn.Embedding(6, 6),
                               rnn=nn.LSTM(6, 5), fc=nn.Linear(5, 6)),
     lambda m, x: m.fc(m.rnn(m.embedding(x))[0]), tokens(5, 2, most=6))
case("square_encoder", Parts(encoder=nn.Linear(6, 6, bias=False),
                             rnn=nn.LSTM(6, 5), fc=nn.Linear(5, 6)),
     lambda m, x: m.fc(m.rnn(m.encoder(x))[0]), numbers(5, 2, 6),
     "--layers linear:encoder,rnn,fc")
case("square_emb_proj", Parts(emb_proj=nn.Linear(6, 6, bias=False),
                              rnn=nn.LSTM(6, 5), fc=nn.Linear(5, 6)),
     lambda m, x: m.fc(m.rnn(m.emb_proj(x))[0]), numbers(5, 2, 6),
     "--layers linear:emb_proj,rnn,fc")
case("head_no_bias", Parts(rnn=nn.LSTM(6, 6), out=nn.Linear(6, 9, bias=False)),
     lambda m, x: m.out(m.rnn(x)[0]), numbers(5, 2, 6),
     "--layers rnn,linear:out")
case("awd_lstm", nn.Sequential(collections.OrderedDict([
    ("0", Parts(encoder=nn.Embedding(9, 6), rnns=nn.ModuleList(
        [Parts(module=nn.LSTM(6, 5)), Parts(module=nn.LSTM(5, 6))]))),
    ("1", Parts(decoder=nn.Linear(6, 9)))])),
     lambda m, x: m[1].decoder(m[0]["rnns.1.module"](m[0]["rnns.0.module"](
         m[0].encoder(x))[0])[0]), X,
     "--layers 0.encoder,0.rnns.0.module,0.rnns.1.module,1.decoder")
case("elmo", Parts(char_embedding=nn.Embedding(9, 4), convolutions=nn.Conv1d(
    4, 6, 1), highway=nn.ModuleList([nn.Linear(6, 12)]),
    projection=nn.Linear(6, 6), forward_layer_0=Parts(
        input_linearity=nn.Linear(6, 24, bias=False),
        state_linearity=nn.Linear(6, 24)), gamma=vector(1)),
     lambda m, x: m.projection(m.char_embedding(x).repeat(1, 1, 2)[..., :6]))
case("elmo_mix", Parts(emb=nn.Embedding(9, 6), rnn=nn.LSTM(6, 6),
                       scalar_parameters=vector(2), gamma=vector(1)),
     lambda m, x: m.gamma * (torch.softmax(m.scalar_parameters, 0)[0]
                             * m.emb(x) + torch.softmax(
                                 m.scalar_parameters, 0)[1]
                             * m.rnn(m.emb(x))[0]))
case("mogrifier", Parts(emb=nn.Embedding(9, 6), lstm=nn.LSTMCell(6, 5),
                        Q=nn.Linear(5, 6), R=nn.Linear(6, 5)),
     lambda m, x: unroll(lambda s, h: m.lstm(2 * torch.sigmoid(m.Q(
         (h or (torch.zeros(2, 5),))[0])) * s, h), m.emb(x)))
case("crf", Parts(word_embeds=nn.Embedding(9, 6), lstm=nn.LSTM(
    6, 5, bidirectional=True), hidden2tag=nn.Linear(10, 4),
    transitions=vector(4, 4)),
     lambda m, x: m.hidden2tag(m.lstm(m.word_embeds(x))[0]), X,
     "--ignore transitions")
case("torchcrf", Parts(embed=nn.Embedding(9, 6), lstm=nn.LSTM(6, 5),
                       fc=nn.Linear(5, 4), crf=Parts(
                           start_transitions=vector(4),
                           end_transitions=vector(4),
                           transitions=vector(4, 4))),
     lambda m, x: m.fc(m.lstm(m.embed(x))[0]), X, "--ignore 'crf.*'")
case("char_cnn_ner", Parts(char_embeds=nn.Embedding(20, 4), char_cnn=nn.Conv1d(
    4, 5, 3), word_embeds=nn.Embedding(9, 6), lstm=nn.LSTM(11, 5),
    tag=nn.Linear(5, 4)), lambda m, x: m.word_embeds(x))
case("features_beside", Parts(word_emb=nn.Embedding(9, 4),
                              pos_emb=nn.Embedding(7, 2), lstm=nn.LSTM(6, 5),
                              fc=nn.Linear(5, 3)),
     lambda m, x: m.fc(m.lstm(torch.cat([m.word_emb(x), m.pos_emb(x % 7)],
                                        -1))[0]))
case("positions_added", Parts(tok=nn.Embedding(9, 6), pos=nn.Embedding(20, 6),
                              lstm=nn.LSTM(6, 5), fc=nn.Linear(5, 9)),
     lambda m, x: m.fc(m.lstm(m.tok(x) + m.pos(
         torch.arange(x.shape[0]))[:, None])[0]))
case("bahdanau", Parts(encoder=Parts(embedding=nn.Embedding(9, 6),
                                     gru=nn.GRU(6, 6)),
                       decoder=Parts(embedding=nn.Embedding(9, 6),
                                     attention=Parts(Wa=nn.Linear(6, 6),
                                                     Ua=nn.Linear(6, 6),
                                                     Va=nn.Linear(6, 1)),
                                     gru=nn.GRU(12, 6), out=nn.Linear(6, 9))),
     lambda m, x: m["encoder.gru"](m["encoder.embedding"](x))[0], X,
     "--layers encoder.embedding,encoder.gru --ignore 'decoder.*'")
case("bahdanau_flat", Parts(gru=nn.GRU(6, 6), W_a=nn.Linear(6, 6),
                            U_a=nn.Linear(6, 6), v_a=nn.Linear(6, 1)),
     lambda m, x: (torch.softmax(m.v_a(torch.tanh(m.W_a(m.gru(x)[0]) + m.U_a(
         x))), 0) * m.gru(x)[0]).sum(0), numbers(5, 2, 6))
case("luong", Parts(embedding=nn.Embedding(9, 6), gru=nn.GRU(6, 6),
                    attn=Parts(attn=nn.Linear(6, 6)), concat=nn.Linear(12, 6),
                    out=nn.Linear(6, 9)),
     lambda m, x: m.out(m.gru(m.embedding(x))[0]))
case("self_attention", Parts(embedding=nn.Embedding(9, 6), lstm=nn.LSTM(6, 5),
                             query=nn.Linear(5, 5), key=nn.Linear(5, 5),
                             value=nn.Linear(5, 5), out=nn.Linear(5, 2)),
     lambda m, x: m.out(m.value(m.lstm(m.embedding(x))[0])))
case("qkv", Parts(lstm=nn.LSTM(6, 5), q_proj=nn.Linear(5, 5),
                  k_proj=nn.Linear(5, 5), v_proj=nn.Linear(5, 5)),
     lambda m, x: m.v_proj(m.lstm(x)[0]), numbers(5, 2, 6))
case("multihead", Parts(lstm=nn.LSTM(6, 4), attn=nn.MultiheadAttention(4, 2),
                        fc=nn.Linear(4, 2)),
     lambda m, x: m.fc(m.attn(*[m.lstm(x)[0]] * 3)[0]), numbers(5, 2, 6))
case("han", Parts(word=Parts(emb=nn.Embedding(9, 6), gru=nn.GRU(
    6, 5, bidirectional=True), attention=nn.Linear(10, 10),
    context_vector=nn.Linear(10, 1, bias=False)), sent=Parts(
        gru=nn.GRU(10, 5, bidirectional=True), fc=nn.Linear(10, 3))),
     lambda m, x: m["word.gru"](m["word.emb"](x))[0])
case("seq2seq", Parts(encoder=Parts(embedding=nn.Embedding(9, 8),
                                    rnn=nn.GRU(8, 8)),
                      decoder=Parts(embedding=nn.Embedding(9, 8),
                                    rnn=nn.GRU(8, 8),
                                    fc_out=nn.Linear(8, 9))),
     lambda m, x: m["encoder.rnn"](m["encoder.embedding"](x))[0], X,
     "--layers encoder.embedding,encoder.rnn --ignore 'decoder.*'")
case("vae", Parts(embedding=nn.Embedding(9, 6), encoder_rnn=nn.GRU(6, 5),
                  hidden2mean=nn.Linear(5, 3), hidden2logv=nn.Linear(5, 3),
                  latent2hidden=nn.Linear(3, 5), decoder_rnn=nn.GRU(6, 5),
                  outputs2vocab=nn.Linear(5, 9)),
     lambda m, x: m.hidden2mean(m.encoder_rnn(m.embedding(x))[0][-1]), X,
     "--layers embedding:embedding,encoder_rnn,last,hidden2mean --ignore "
     "'hidden2logv.*,latent2hidden.*,decoder_rnn.*,outputs2vocab.*'")
case("classifier_last", Parts(embedding=nn.Embedding(9, 6), rnn=nn.LSTM(6, 5),
                              fc=nn.Linear(5, 2)),
     lambda m, x: m.fc(m.rnn(m.embedding(x))[0][-1]), X,
     "--layers embedding,rnn,last,fc", unknowable=True)
case("classifier_hidden", Parts(embedding=nn.Embedding(9, 6), rnn=nn.LSTM(
    6, 5, 2, bidirectional=True), fc=nn.Linear(10, 2)),
     lambda m, x: m.fc(m.rnn(m.embedding(x))[1][0][-2:].permute(
         1, 0, 2).reshape(x.shape[1], -1)), X,
     "--layers embedding,rnn,final,fc", unknowable=True)
case("nli", Parts(embed=nn.Embedding(9, 6), projection=nn.Linear(6, 6),
                  encoder=Parts(rnn=nn.LSTM(6, 5)), out=nn.Sequential(
                      nn.Linear(10, 5), nn.ReLU(), nn.Linear(5, 3))),
     lambda m, x: m["encoder.rnn"](torch.relu(m.projection(m.embed(x))))[0])
case("word_dropout_residual", Parts(embed=nn.Embedding(9, 6), lstm1=nn.LSTM(
    6, 6), lstm2=nn.LSTM(6, 6), fc=nn.Linear(6, 9)),
     lambda m, x: m.fc(m.lstm2(m.lstm1(m.embed(x))[0] + m.embed(x))[0]))
case("speaker_beside", Parts(embed=nn.Embedding(9, 6), speaker_embed=nn.Embedding(
    4, 6), lstm=nn.LSTM(6, 5)),
     lambda m, x: m.lstm(m.embed(x) + m.speaker_embed.weight[1])[0])
case("adaptive_softmax", Parts(encoder=nn.Embedding(9, 6), rnn=nn.LSTM(6, 5),
                               head=nn.Linear(5, 5, bias=False),
                               tail=nn.ModuleList([nn.Sequential(
                                   nn.Linear(5, 2, bias=False),
                                   nn.Linear(2, 4, bias=False))])),
     lambda m, x: m.head(m.rnn(m.encoder(x))[0]))
case("classes_cosine", Parts(lstm=nn.LSTM(6, 5), weight=vector(4, 5)),
     lambda m, x: F.linear(F.normalize(m.lstm(x)[0], dim=-1),
                           F.normalize(m.weight, dim=-1)), numbers(5, 2, 6))
case("encoder_flipped", Parts(embed=nn.Embedding(9, 6), fwd=nn.LSTM(6, 5),
                              bwd=nn.LSTM(6, 5), fc=nn.Linear(10, 3)),
     lambda m, x: m.fc(torch.cat([m.fwd(m.embed(x))[0], m.bwd(m.embed(
         x.flip(0)))[0].flip(0)], -1)))
