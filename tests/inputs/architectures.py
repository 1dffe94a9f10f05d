"""Networks as other people build them, by the name of their architecture, each with what its recurrent layers' roles
are: a role that is left out has no tensor of its own, or none that a chain of linear layers could stand for."""

from torch import nn

from tests.inputs.saved_networks import Model


def _embedding_behind():
    """The frozen table is made last, and the output layer is as wide as its vectors."""
    return Model(gru=nn.GRU(6, 9), output=nn.Linear(9, 6), vectors_embedding=nn.Embedding(20, 6))


ARCHITECTURES = {
    "classifier of texts": (
        lambda: Model(embedding=nn.Embedding(20, 4), lstm=nn.LSTM(4, 6), fc=nn.Linear(6, 2)),
        {"lstm": {"embedding": "embedding", "readout": "fc"}},
    ),
    "LSTM autoencoder": (
        lambda: Model(encoder=nn.LSTM(1, 6), decoder=nn.LSTM(6, 10), output=nn.Linear(10, 1)),
        {"encoder": {"decoder": "decoder+output"}, "decoder": {"readout": "output"}},
    ),
    "LSTM autoencoder of one width": (
        lambda: Model(
            encoder=Model(lstm=nn.LSTM(1, 6)), decoder=Model(lstm=nn.LSTM(6, 6), output_layer=nn.Linear(6, 1))
        ),
        {
            "encoder.lstm": {"decoder": "decoder.lstm+decoder.output_layer"},
            "decoder.lstm": {"readout": "decoder.output_layer"},
        },
    ),
    "heartbeat autoencoder of four LSTMs": (
        lambda: Model(
            encoder=Model(rnn1=nn.LSTM(1, 8), rnn2=nn.LSTM(8, 4)),
            decoder=Model(rnn1=nn.LSTM(4, 4), rnn2=nn.LSTM(4, 8), output_layer=nn.Linear(8, 1)),
        ),
        {
            "encoder.rnn1": {},
            "encoder.rnn2": {},
            "decoder.rnn1": {},
            "decoder.rnn2": {"readout": "decoder.output_layer"},
        },
    ),
    "hourglass of four LSTMs": (
        lambda: Model(
            lstm1=nn.LSTM(1, 8), lstm2=nn.LSTM(8, 4), lstm3=nn.LSTM(4, 4), lstm4=nn.LSTM(4, 8), out=nn.Linear(8, 1)
        ),
        {"lstm1": {}, "lstm2": {}, "lstm3": {}, "lstm4": {"readout": "out"}},
    ),
    "autoencoder with a bottleneck": (
        lambda: Model(
            encoder=Model(lstm=nn.LSTM(1, 8), fc=nn.Linear(8, 3)),
            decoder=Model(fc=nn.Linear(3, 8), lstm=nn.LSTM(8, 8), out=nn.Linear(8, 1)),
        ),
        {"encoder.lstm": {}, "decoder.lstm": {"readout": "decoder.out"}},
    ),
    "variational autoencoder": (
        lambda: Model(
            encoder=Model(lstm=nn.LSTM(1, 8), fc_mu=nn.Linear(8, 3), fc_var=nn.Linear(8, 3)),
            latent_to_hidden=nn.Linear(3, 8),
            decoder=Model(lstm=nn.LSTM(8, 8), out=nn.Linear(8, 1)),
        ),
        {"encoder.lstm": {}, "decoder.lstm": {"readout": "decoder.out"}},
    ),
    "composite autoencoder": (
        lambda: Model(
            encoder=nn.LSTM(2, 6),
            reconstruct=Model(lstm=nn.LSTM(6, 6), out=nn.Linear(6, 2)),
            predict=Model(lstm=nn.LSTM(6, 6), out=nn.Linear(6, 2)),
        ),
        {"encoder": {}, "reconstruct.lstm": {"readout": "reconstruct.out"}, "predict.lstm": {"readout": "predict.out"}},
    ),
    "encoder and forecaster": (
        lambda: Model(encoder=nn.LSTM(1, 6), decoder=nn.LSTM(1, 6), linear=nn.Linear(6, 1)),
        {"encoder": {}, "decoder": {"readout": "linear"}},
    ),
    "frozen embedding behind a regression on word vectors": (
        _embedding_behind,
        {"gru": {"embedding": "vectors_embedding", "readout": "output"}},
    ),
    "frozen embedding that reads its own projection back": (
        _embedding_behind,
        {"gru": {"embedding": "vectors_embedding", "readout": "output+vectors_embedding"}},
    ),
    "language model with tied weights": (
        lambda: Model(encoder=nn.Embedding(20, 6), rnn=nn.LSTM(6, 6), decoder=nn.Linear(6, 20)),
        {"rnn": {"embedding": "encoder", "readout": "decoder"}},
    ),
    "language model whose head is named for its words": (
        lambda: Model(word_embeddings=nn.Embedding(20, 4), lstm=nn.LSTM(4, 6), hidden2vocab=nn.Linear(6, 20)),
        {"lstm": {"embedding": "word_embeddings", "readout": "hidden2vocab"}},
    ),
    "forecaster of sine waves": (
        lambda: Model(lstm1=nn.LSTMCell(1, 6), lstm2=nn.LSTMCell(6, 6), linear=nn.Linear(6, 1)),
        {"lstm1": {}, "lstm2": {"readout": "linear"}},
    ),
    "two LSTMs of one width": (
        lambda: Model(embedding=nn.Embedding(20, 6), lstm1=nn.LSTM(6, 6), lstm2=nn.LSTM(6, 6), fc=nn.Linear(6, 2)),
        {"lstm1": {"embedding": "embedding"}, "lstm2": {"readout": "fc"}},
    ),
    "two LSTMs of falling width": (
        lambda: Model(lstm1=nn.LSTM(1, 8), lstm2=nn.LSTM(8, 4), fc=nn.Linear(4, 2)),
        {"lstm1": {}, "lstm2": {"readout": "fc"}},
    ),
    "translator with attention": (
        lambda: Model(
            encoder=Model(embedding=nn.Embedding(20, 6), gru=nn.GRU(6, 6)),
            decoder=Model(
                embedding=nn.Embedding(30, 6),
                attention=Model(Wa=nn.Linear(6, 6), Ua=nn.Linear(6, 6), Va=nn.Linear(6, 1)),
                gru=nn.GRU(12, 6),
                out=nn.Linear(6, 30),
            ),
        ),
        {"encoder.gru": {"embedding": "encoder.embedding"}, "decoder.gru": {"readout": "decoder.out"}},
    ),
    "translator of Luong": (
        lambda: Model(
            encoder=Model(embedding=nn.Embedding(20, 6), gru=nn.GRU(6, 6)),
            decoder=Model(
                embedding=nn.Embedding(30, 6), gru=nn.GRU(6, 6), concat=nn.Linear(12, 6), out=nn.Linear(6, 30)
            ),
        ),
        {"encoder.gru": {"embedding": "encoder.embedding"}, "decoder.gru": {"embedding": "decoder.embedding"}},
    ),
    "translator with one embedding": (
        lambda: Model(embedding=nn.Embedding(20, 6), encoder=nn.GRU(6, 6), decoder=nn.GRU(6, 6), out=nn.Linear(6, 20)),
        {"encoder": {"embedding": "embedding"}, "decoder": {"embedding": "embedding", "readout": "out"}},
    ),
    "classifier and regressor": (
        lambda: Model(lstm=nn.LSTM(3, 6), classify=nn.Linear(6, 4), regress=nn.Linear(6, 1)),
        {"lstm": {}},
    ),
    "classifier of as many classes as units, and regressor": (
        lambda: Model(lstm=nn.LSTM(3, 6), classify=nn.Linear(6, 6), regress=nn.Linear(6, 1)),
        {"lstm": {}},
    ),
    "actor and critic": (
        lambda: Model(gru=nn.GRUCell(5, 6), actor=nn.Linear(6, 3), critic=nn.Linear(6, 1)),
        {"gru": {}},
    ),
    "duel of value and advantage": (
        lambda: Model(fc=nn.Linear(5, 6), gru=nn.GRUCell(6, 6), value=nn.Linear(6, 1), advantage=nn.Linear(6, 3)),
        {"gru": {}},
    ),
    "agent between two linear layers": (
        lambda: Model(fc1=nn.Linear(5, 6), rnn=nn.GRUCell(6, 6), fc2=nn.Linear(6, 3)),
        {"rnn": {"readout": "fc2"}},
    ),
    "head of two layers with dropout": (
        lambda: Model(
            lstm=nn.LSTM(3, 6), head=nn.Sequential(nn.Linear(6, 6), nn.ReLU(), nn.Dropout(), nn.Linear(6, 2))
        ),
        {"lstm": {"readout": "head.0+head.3"}},
    ),
    "head of three layers": (
        lambda: Model(gru=nn.GRU(3, 6), fc1=nn.Linear(6, 5), fc2=nn.Linear(5, 4), fc3=nn.Linear(4, 2)),
        {"gru": {"readout": "fc1+fc2+fc3"}},
    ),
    "two towers with heads of their own": (
        lambda: Model(
            left=Model(rnn=nn.GRU(3, 6), fc=nn.Linear(6, 2)), right=Model(rnn=nn.GRU(3, 6), fc=nn.Linear(6, 2))
        ),
        {"left.rnn": {"readout": "left.fc"}, "right.rnn": {"readout": "right.fc"}},
    ),
    "two towers, joined": (
        lambda: Model(one=nn.GRU(3, 6), other=nn.GRU(4, 6), joint=nn.Linear(12, 6), out=nn.Linear(6, 2)),
        {"one": {}, "other": {}},
    ),
    "tagger that reads both ways": (
        lambda: Model(
            word_embeds=nn.Embedding(20, 4), lstm=nn.LSTM(4, 6, bidirectional=True), hidden2tag=nn.Linear(12, 5)
        ),
        {"lstm": {"embedding": "word_embeds"}},
    ),
    "forecaster of mean and spread": (
        lambda: Model(
            embedding=nn.Embedding(20, 4),
            lstm=nn.LSTM(7, 6),
            relu=nn.ReLU(),
            distribution_mu=nn.Linear(6, 1),
            distribution_presigma=nn.Linear(6, 1),
        ),
        {"lstm": {}},
    ),
    "normalised before its head": (
        lambda: Model(lstm=nn.LSTM(3, 6), norm=nn.LayerNorm(6), fc=nn.Linear(6, 2)),
        {"lstm": {}},
    ),
    "Tacotron decoder": (
        lambda: Model(
            prenet=Model(fc1=nn.Linear(8, 5, bias=False), fc2=nn.Linear(5, 5, bias=False)),
            attention_rnn=nn.LSTMCell(12, 6),
            attention_layer=Model(
                query_layer=nn.Linear(6, 4, bias=False),
                memory_layer=nn.Linear(7, 4, bias=False),
                v=nn.Linear(4, 1, bias=False),
            ),
            decoder_rnn=nn.LSTMCell(13, 6),
            linear_projection=nn.Linear(13, 8),
            gate_layer=nn.Linear(13, 1),
        ),
        {"attention_rnn": {}, "decoder_rnn": {}},
    ),
    "world model": (
        lambda: Model(lstm=nn.LSTM(35, 16), gmm_linear=nn.Linear(16, 40)),
        {"lstm": {"readout": "gmm_linear"}},
    ),
    "sentence VAE": (
        lambda: Model(
            embedding=nn.Embedding(30, 4),
            encoder_rnn=nn.GRU(4, 6),
            decoder_rnn=nn.GRU(4, 6),
            hidden2mean=nn.Linear(6, 3),
            hidden2logv=nn.Linear(6, 3),
            latent2hidden=nn.Linear(3, 6),
            outputs2vocab=nn.Linear(6, 30),
        ),
        {
            "encoder_rnn": {"embedding": "embedding"},
            "decoder_rnn": {"embedding": "embedding", "readout": "outputs2vocab"},
        },
    ),
    "sentence VAE E=H": (
        lambda: Model(
            embedding=nn.Embedding(30, 6),
            encoder_rnn=nn.GRU(6, 6),
            decoder_rnn=nn.GRU(6, 6),
            hidden2mean=nn.Linear(6, 3),
            hidden2logv=nn.Linear(6, 3),
            latent2hidden=nn.Linear(3, 6),
            outputs2vocab=nn.Linear(6, 30),
        ),
        {
            "encoder_rnn": {"embedding": "embedding"},
            "decoder_rnn": {"embedding": "embedding", "readout": "outputs2vocab"},
        },
    ),
    "knowledge tracing": (
        lambda: Model(interaction_emb=nn.Embedding(30, 6), lstm_layer=nn.LSTM(6, 6), out_layer=nn.Linear(6, 15)),
        {"lstm_layer": {"embedding": "interaction_emb", "readout": "out_layer"}},
    ),
    "annotated encoder-decoder": (
        lambda: Model(
            encoder=Model(rnn=nn.GRU(4, 6, bidirectional=True)),
            decoder=Model(
                rnn=nn.GRU(16, 6),
                attention=Model(
                    key_layer=nn.Linear(12, 6, bias=False),
                    query_layer=nn.Linear(6, 6, bias=False),
                    energy_layer=nn.Linear(6, 1, bias=False),
                ),
                bridge=nn.Linear(12, 6),
                pre_output_layer=nn.Linear(22, 6, bias=False),
            ),
            src_embed=nn.Embedding(20, 4),
            trg_embed=nn.Embedding(30, 4),
            generator=Model(proj=nn.Linear(6, 30, bias=False)),
        ),
        {"encoder.rnn": {"embedding": "src_embed"}, "decoder.rnn": {}},
    ),
    "characters and words": (
        lambda: Model(
            char_embedding=nn.Embedding(9, 3),
            char_lstm=nn.LSTM(3, 4, bidirectional=True),
            word_embedding=nn.Embedding(20, 5),
            lstm=nn.LSTM(13, 6),
            fc=nn.Linear(6, 7),
        ),
        {"char_lstm": {"embedding": "char_embedding"}, "lstm": {"readout": "fc"}},
    ),
    "regressor of two linear layers": (
        lambda: Model(lstm=nn.LSTM(2, 6), linear_1=nn.Linear(6, 4), linear_2=nn.Linear(4, 1)),
        {"lstm": {"readout": "linear_1+linear_2"}},
    ),
    "linear bridge": (
        lambda: Model(lstm1=nn.LSTM(1, 8), fc1=nn.Linear(8, 4), lstm2=nn.LSTM(4, 4), fc2=nn.Linear(4, 2)),
        {"lstm1": {}, "lstm2": {"readout": "fc2"}},
    ),
    "linear bridge to another width": (
        lambda: Model(lstm1=nn.LSTM(1, 8), fc1=nn.Linear(8, 4), lstm2=nn.LSTM(4, 6), fc2=nn.Linear(6, 2)),
        {"lstm1": {}, "lstm2": {"readout": "fc2"}},
    ),
    "speaker verification": (
        lambda: Model(lstm=nn.LSTM(40, 16, num_layers=3), linear=nn.Linear(16, 16)),
        {"lstm": {"readout": "linear"}},
    ),
    "deep speech": (
        lambda: Model(
            rnns=nn.Sequential(Model(rnn=nn.GRU(9, 6)), Model(bn=nn.BatchNorm1d(6), rnn=nn.GRU(6, 6))),
            fc=nn.Sequential(nn.BatchNorm1d(6), nn.Linear(6, 29, bias=False)),
        ),
        {"rnns.0.rnn": {}, "rnns.1.rnn": {}},
    ),
    "flat autoencoder, suffixed": (
        lambda: Model(lstm_encoder=nn.LSTM(1, 6), lstm_decoder=nn.LSTM(6, 6), fc=nn.Linear(6, 1)),
        {"lstm_encoder": {"decoder": "lstm_decoder+fc"}, "lstm_decoder": {"readout": "fc"}},
    ),
    "flat autoencoder, prefixed": (
        lambda: Model(enc_lstm=nn.LSTM(1, 6), dec_lstm=nn.LSTM(6, 6), dec_linear=nn.Linear(6, 1)),
        {"enc_lstm": {"decoder": "dec_lstm+dec_linear"}, "dec_lstm": {"readout": "dec_linear"}},
    ),
    "two taggers": (
        lambda: Model(
            rnn=nn.GRU(4, 6),
            ner_head=nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 9)),
            pos_head=nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 12)),
        ),
        {"rnn": {}},
    ),
    "TimeGAN": (
        lambda: Model(
            embedder=Model(rnn=nn.GRU(3, 6), fc=nn.Linear(6, 6)),
            recovery=Model(rnn=nn.GRU(6, 6), fc=nn.Linear(6, 3)),
            generator=Model(rnn=nn.GRU(3, 6), fc=nn.Linear(6, 6)),
            discriminator=Model(rnn=nn.GRU(6, 6), fc=nn.Linear(6, 1)),
        ),
        {
            "embedder.rnn": {"readout": "embedder.fc"},
            "recovery.rnn": {"readout": "recovery.fc"},
            "generator.rnn": {"readout": "generator.fc"},
            "discriminator.rnn": {"readout": "discriminator.fc"},
        },
    ),
    "IMPALA": (
        lambda: Model(fc=nn.Linear(20, 6), core=nn.LSTM(10, 6), policy=nn.Linear(6, 4), baseline=nn.Linear(6, 1)),
        {"core": {}},
    ),
    "matching of sentences": (
        lambda: Model(embedding=nn.Embedding(20, 5), lstm=nn.LSTM(5, 6), fc1=nn.Linear(24, 6), fc2=nn.Linear(6, 2)),
        {"lstm": {"embedding": "embedding"}},
    ),
    "skip connection": (
        lambda: Model(lstm=nn.LSTM(3, 6), skip=nn.Linear(3, 6), out=nn.Linear(6, 2)),
        {"lstm": {"readout": "out"}},
    ),
    "auxiliary reconstruction": (
        lambda: Model(lstm=nn.LSTM(3, 6), classifier=nn.Linear(6, 2), reconstructor=nn.Linear(2, 3)),
        {"lstm": {"readout": "classifier"}},
    ),
    "music of many voices": (
        lambda: Model(embed=nn.Embedding(20, 4), lstm=nn.LSTM(4, 6), soprano=nn.Linear(6, 9), alto=nn.Linear(6, 9)),
        {"lstm": {"embedding": "embed"}},
    ),
    "three stacked GRU cells": (
        lambda: Model(
            gru=nn.ModuleList([nn.GRUCell(2, 6), nn.GRUCell(6, 6), nn.GRUCell(6, 6)]), readout=nn.Linear(6, 2)
        ),
        {"gru.0": {}, "gru.1": {}, "gru.2": {"readout": "readout"}},
    ),
    "pointer generator": (
        lambda: Model(
            encoder=Model(embedding=nn.Embedding(20, 4), lstm=nn.LSTM(4, 6, bidirectional=True)),
            decoder=Model(
                embedding=nn.Embedding(20, 4),
                x_context=nn.Linear(16, 4),
                lstm=nn.LSTM(4, 6),
                out1=nn.Linear(18, 6),
                out2=nn.Linear(6, 20),
            ),
        ),
        {"encoder.lstm": {"embedding": "encoder.embedding"}, "decoder.lstm": {}},
    ),
}
