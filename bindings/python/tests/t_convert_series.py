# SPDX-License-Identifier: MIT
"""aimc.convert of series: recurrent layers and attention of PyTorch, ONNX and Keras, beside what PyTorch computes."""
from common import main, np
from convert_cases import RNG, KerasCase, OnnxCase, TorchCase, normal, package

from aimc import convert


class Torch(TorchCase):
    def test_recurrent_layers(self):
        torch = package("torch")
        nn = torch.nn
        x = normal(3, 7, 5)
        for kind in (nn.RNN, nn.GRU, nn.LSTM):
            for options in ({}, {"num_layers": 2, "bidirectional": True}, {"bias": False}):
                rnn = kind(5, 4, batch_first=True, **options)
                width = 8 if "num_layers" in options else 4
                self.compare(self.traced(lambda s, x: s.fc(s.rnn(x)[0][:, 2:]), rnn=rnn, fc=nn.Linear(width, 2)), x)
                self.compare(self.traced(self.last_state, rnn=rnn, fc=nn.Linear(4, 2)), x)
        self.compare(self.traced(lambda s, x: s.rnn(x)[0], rnn=nn.RNN(5, 4, batch_first=True, nonlinearity="relu")), x)

    @staticmethod
    def last_state(s, x):
        _, h = s.rnn(x)
        h = h[0] if hasattr(s.rnn, "proj_size") and type(s.rnn).__name__ == "LSTM" else h
        return s.fc(h[-1])

    def test_states_of_recurrent_layers(self):
        torch = package("torch")
        nn = torch.nn

        def passed_on(s, x):
            y, (h, c) = s.a(x, (torch.zeros(1, x.size(0), 4), torch.zeros(1, x.size(0), 4).to(x.device)))
            z, (h, _) = s.b(y, (h, c))
            return torch.cat((z[:, 0], h.squeeze(0), c[0], h.transpose(0, 1).flatten(1)), 1)
        lstm = nn.LSTM
        self.compare(self.traced(passed_on, a=lstm(5, 4, batch_first=True), b=lstm(4, 4, batch_first=True)), normal(3, 7, 5))

        class Started(nn.Module):
            def __init__(self):
                super().__init__()
                self.gru = nn.GRU(5, 4, batch_first=True)

            def forward(self, x, h):
                return self.gru(x, h)[0]
        module, x, h = Started(), normal(3, 7, 5), normal(1, 3, 4)
        net = convert.from_torch(module, [(7, 5), (1, 4)])
        with torch.no_grad():
            expected = module(torch.from_numpy(x), torch.from_numpy(h)).numpy()
        self.near(net, expected, x, h.transpose(1, 0, 2))
        for words, function in ((["h[-1]"], lambda s, x: s.fc(s.a(x)[1][0])), (["tuple"], lambda s, x: s.fc(s.a(x)[1])),
                                (["batch_first=True"], lambda s, x: s.c(x)[0]), (["proj_size"], lambda s, x: s.p(x)[0])):
            module = self.traced(function, a=lstm(5, 4, batch_first=True), c=lstm(5, 4), fc=nn.Linear(4, 2),
                                 p=lstm(5, 4, batch_first=True, proj_size=2))
            self.refused(words, convert.from_torch, module, (7, 5))

    def test_attention(self):
        torch = package("torch")
        nn = torch.nn
        heads = nn.MultiheadAttention(6, 2, batch_first=True)
        nn.init.uniform_(heads.in_proj_bias), nn.init.uniform_(heads.out_proj.bias)
        self.compare(self.traced(lambda s, x: s.a(x, x, x, need_weights=False)[0], a=heads), normal(3, 5, 6))
        self.compare(self.traced(lambda s, x: s.a(x, x[:, 1:], x[:, 1:])[0], a=heads), normal(3, 5, 6))
        self.refused(["weights of attention"], convert.from_torch, self.traced(lambda s, x: s.a(x, x, x)[1], a=heads), (5, 6))

        class Hidden(nn.Module):
            def __init__(self):
                super().__init__()
                self.heads = heads
                self.register_buffer("later", torch.ones(5, 5, dtype=torch.bool).triu(1))
                self.register_buffer("other", torch.rand(5, 5))

            def forward(self, x):
                return self.heads(x, x, x, attn_mask=self.later)[0]
        self.compare(Hidden().eval(), normal(2, 5, 6))

        class Other(Hidden):
            def forward(self, x):
                return self.heads(x, x, x, attn_mask=self.other)[0]
        self.refused(["attn_mask hides more, or less"], convert.from_torch, Other(), (5, 6))

    def test_encoders(self):
        torch = package("torch")
        nn = torch.nn
        for options in ({}, {"norm_first": True, "activation": "gelu"}, {"dropout": 0.0, "activation": nn.functional.gelu}):
            layer = nn.TransformerEncoderLayer(6, 2, 9, batch_first=True, **options).eval()
            for tensor in layer.parameters():
                nn.init.uniform_(tensor, -0.5, 0.5)
            net = self.compare(nn.Sequential(layer, nn.Linear(6, 3)).eval(), normal(3, 5, 6))
            self.assertIn("0.self_attn.in_proj_weight", net.tensors)
        encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(6, 3, 4, batch_first=True), 2, nn.LayerNorm(6)).eval()
        net = self.compare(self.traced(lambda s, x: s.e(x), e=encoder), normal(3, 5, 6))
        self.assertEqual(set(net.tensors), {f"e.{name}" for name in encoder.state_dict()})

        class Padded(nn.Module):
            def __init__(self):
                super().__init__()
                self.e = encoder

            def forward(self, x, mask):
                return self.e(x, src_key_padding_mask=mask)[:, 0]
        x, mask = normal(3, 5, 6), np.array([[0, 0, 1, 1, 1], [0, 0, 0, 0, 0], [0, 1, 0, 0, 1]], np.float32)
        with torch.no_grad():
            expected = Padded().eval()(torch.from_numpy(x), torch.from_numpy(mask) > 0).numpy()
        self.near(convert.from_torch(Padded().eval(), [(5, 6), (5,)]), expected, x, mask)

    def test_embedding(self):
        nn = package("torch").nn
        words = nn.Embedding(9, 4, padding_idx=0)
        module = self.traced(lambda s, x: s.fc(s.words(x.long()).mean(1)), words=words, fc=nn.Linear(4, 2))
        self.compare(module, RNG.integers(0, 9, (3, 5)).astype(np.float32))
        self.refused(["only embeddings"], convert.from_torch, self.traced(lambda s, x: s.fc(x.long()), fc=nn.Linear(4, 2)), (4,))


class Onnx(OnnxCase):
    def test_recurrent_layers_that_torch_exports(self):
        nn = package("torch").nn

        class Net(nn.Module):
            def __init__(self, rnn, states):
                super().__init__()
                self.rnn, self.states = rnn, states
                self.fc = nn.Linear(4 if states else (8 if rnn.bidirectional else 4), 3)

            def forward(self, x):
                y, h = self.rnn(x)
                h = h[0] if isinstance(h, tuple) else h
                return self.fc(h[-1] if self.states else y)
        for kind in (nn.RNN, nn.GRU, nn.LSTM):
            for options in ({}, {"num_layers": 2, "bidirectional": True}, {"num_layers": 2}, {"bias": False}):
                for states in (False, True):
                    with self.subTest(f"{kind.__name__} {options} {states}"):
                        self.exported(Net(kind(5, 4, batch_first=True, **options), states).eval(), normal(3, 7, 5))

        class Started(nn.Module):
            def __init__(self, rnn):
                super().__init__()
                self.rnn = rnn

            def forward(self, x, h, *c):
                h, *c = (each.transpose(0, 1) for each in (h, *c))
                return self.rnn(x, (h, *c) if c else h)[0]
        for layers in (1, 2):
            for kind in (nn.RNN, nn.GRU, nn.LSTM):
                with self.subTest(f"{kind.__name__} {layers} with states"):
                    self.exported(Started(kind(5, 4, batch_first=True, num_layers=layers)).eval(), normal(3, 7, 5),
                                  *[normal(3, layers, 4)] * (2 if kind is nn.LSTM else 1))

    def test_recurrent_layers_of_both_layouts(self):
        torch = package("torch")
        x, w, r, b = normal(3, 7, 5), normal(1, 16, 5), normal(1, 16, 4), normal(1, 32)
        lstm = torch.nn.LSTM(5, 4, batch_first=True)
        order = np.concatenate([np.arange(4 * g, 4 * g + 4) for g in (0, 2, 3, 1)])  # i o f c to i f g o
        lstm.load_state_dict({"weight_ih_l0": torch.from_numpy(w[0][order]), "weight_hh_l0": torch.from_numpy(r[0][order]),
                              "bias_ih_l0": torch.from_numpy(b[0][:16][order]), "bias_hh_l0": torch.from_numpy(b[0][16:][order])})
        for way in ("forward", "reverse"):
            t = torch.from_numpy(x)
            with torch.no_grad():
                y, (h, c) = lstm(t if way == "forward" else t.flip(1))
            y = y if way == "forward" else y.flip(1)
            path = self.model([("LSTM", ["x", "w", "r", "b"], ["y", "h", "c"],
                                {"hidden_size": 4, "layout": 1, "direction": way}), ("Concat", ["h", "c"], ["z"], {"axis": 2})],
                              {"x": ["n", 7, 5]}, ["z"], {"w": w, "r": r, "b": b}, opset=14)
            self.near(convert.from_onnx(path), torch.cat((h, c), 2).transpose(0, 1).numpy(), x)
            path = self.model([("Transpose", ["x"], ["t"], {"perm": [1, 0, 2]}),
                               ("LSTM", ["t", "w", "r", "b"], ["y"], {"hidden_size": 4, "direction": way}),
                               ("Squeeze", ["y", "one"], ["s"]), ("Transpose", ["s"], ["z"], {"perm": [1, 0, 2]})],
                              {"x": ["n", 7, 5]}, ["z"], {"w": w, "r": r, "b": b, "one": np.array([1])}, opset=14)
            self.near(convert.from_onnx(path), y.numpy(), x)
        gru = {"w": w[:, :12], "r": r[:, :12]}
        path = self.model([("GRU", ["x", "w", "r"], ["", "h"], {"hidden_size": 4, "layout": 1})], {"x": ["n", 7, 5]}, ["h"], gru,
                          opset=14)
        self.near(convert.from_onnx(path), gru_before(x, w[0, :12].T, r[0, :12].T)[:, None], x)
        for words, fields in ((["clip 1.0"], {"linear_before_reset": 1, "clip": 1.0}),
                              (["activations"], {"linear_before_reset": 1, "activations": ["Tanh", "Tanh"]}),
                              (["layout 0 reads"], {"linear_before_reset": 1, "layout": 0})):
            path = self.model([("GRU", ["x", "w", "r"], ["", "h"], {"hidden_size": 4, "layout": 1, **fields})],
                              {"x": ["n", 7, 5]}, ["h"], gru, opset=14)
            self.refused(["'n0' (GRU)", *words], convert.from_onnx, path)


def gru_before(x, kernel, state, bias=0):
    """Last state of a GRU as Keras has it without reset_after, gates z r h: the state is scaled before its product."""
    n, h = len(state), np.zeros((len(x), len(state)))
    for t in range(x.shape[1]):
        a = x[:, t] @ kernel + bias
        z, r = (1 / (1 + np.exp(-a[:, k:k + n] - h @ state[:, k:k + n])) for k in (0, n))
        h = (1 - z) * np.tanh(a[:, 2 * n:] + (r * h) @ state[:, 2 * n:]) + z * h
    return h


class Keras(KerasCase):
    def recurrent(self, kind, n_in, units, bias=True):
        """Arrays as Keras has them, and the layer of PyTorch that computes the same."""
        torch = package("torch")
        gates = {"LSTM": (0, 1, 2, 3), "GRU": (1, 0, 2), "SimpleRNN": (0,)}[kind]  # z r h of Keras is r z n
        width = len(gates) * units
        kernel, state = normal(n_in, width), normal(units, width)
        b = normal(2, width) if kind == "GRU" else normal(width)
        order = np.concatenate([np.arange(units * g, units * g + units) for g in gates])
        theirs = [kernel.T[order], state.T[order], *([(b[0] if kind == "GRU" else b)[order], b[1][order] if kind == "GRU" else 0 * b]
                                                     if bias else [])]
        made = {"LSTM": torch.nn.LSTM, "GRU": torch.nn.GRU, "SimpleRNN": torch.nn.RNN}[kind](n_in, units, bias=bias, batch_first=True)
        for tensor, array in zip(made.parameters(), theirs):
            tensor.data[:] = torch.from_numpy(array)
        return {"kernel": kernel, "recurrent_kernel": state, **({"bias": b} if bias else {})}, made

    def test_recurrent_layers(self):
        torch = package("torch")
        layer, x = self.layer, normal(3, 7, 5)
        for kind in ("LSTM", "GRU", "SimpleRNN"):
            for bias in (True, False):
                first, a = self.recurrent(kind, 5, 4, bias)
                second, b = self.recurrent(kind, 4, 3, bias)
                dense = {"kernel": normal(4, 4), "bias": normal(4)}
                fields = {"activation": "tanh", "use_bias": bias, **({"reset_after": True} if kind == "GRU" else {})}
                layers = [layer("InputLayer", "in", batch_input_shape=[None, 7, 5]),
                          layer(kind, "a", "in", units=4, return_sequences=True, **fields),
                          layer("Dense", "d", "a", activation="relu"), layer("Add", "add", "a", "d"),
                          layer(kind, "b", "add", units=3, go_backwards=kind == "GRU", **fields)]
                path = self.file(layers, {"a": {f"cell/{name}": array for name, array in first.items()}, "b": second, "d": dense},
                                 outputs=["b", 0, 0])
                with torch.no_grad():
                    y = a(torch.from_numpy(x))[0]
                    y = y + torch.relu(y @ torch.from_numpy(dense["kernel"]) + torch.from_numpy(dense["bias"]))
                    y = b(y.flip(1) if kind == "GRU" else y)[0][:, -1]
                self.near(convert.from_keras(path), y.numpy(), x)

    def test_reset_before_the_product(self):
        x, kernel, state, bias = normal(3, 7, 5), normal(5, 12), normal(4, 12), normal(12)
        path = self.file([self.layer("InputLayer", "in", batch_input_shape=[None, 7, 5]),
                          self.layer("GRU", "g", "in", units=4, reset_after=False)],
                         {"g": {"kernel": kernel, "recurrent_kernel": state, "bias": bias}}, outputs=["g", 0, 0])
        self.near(convert.from_keras(path), gru_before(x, kernel, state, bias), x)

    def test_bidirectional(self):
        torch = package("torch")
        layer, x = self.layer, normal(3, 7, 5)
        forward, a = self.recurrent("LSTM", 5, 4)
        backward, b = self.recurrent("LSTM", 5, 4)
        for series in (False, True):
            inner = {"class_name": "LSTM", "config": {"name": "lstm", "units": 4, "return_sequences": series}}
            layers = [layer("InputLayer", "in", batch_input_shape=[None, 7, 5]), layer("Bidirectional", "both", "in", layer=inner),
                      *([layer("Flatten", "flat", "both")] if series else [])]
            arrays = {f"{way}_lstm/lstm_cell/{name}": array for way, own in (("forward", forward), ("backward", backward))
                      for name, array in own.items()}
            path = self.file(layers, {"both": arrays}, outputs=[layers[-1]["name"], 0, 0])
            with torch.no_grad():
                t = torch.from_numpy(x)
                one, other = a(t)[0], b(t.flip(1))[0]
                y = torch.cat((one, other.flip(1)), 2).flatten(1) if series else torch.cat((one[:, -1], other[:, -1]), 1)
            self.near(convert.from_keras(path), y.numpy(), x)

    def test_attention(self):
        torch = package("torch")
        layer = self.layer
        names = ("query", "key", "value")
        arrays = {f"{name}/kernel": normal(6, 2, 3) for name in names}
        arrays.update({f"{name}/bias": normal(2, 3) for name in names})
        arrays.update({"attention_output/kernel": normal(2, 3, 6), "attention_output/bias": normal(6)})
        heads = torch.nn.MultiheadAttention(6, 2, batch_first=True)
        heads.in_proj_weight.data[:] = torch.from_numpy(np.concatenate([arrays[f"{name}/kernel"].reshape(6, 6).T for name in names]))
        heads.in_proj_bias.data[:] = torch.from_numpy(np.concatenate([arrays[f"{name}/bias"].reshape(6) for name in names]))
        heads.out_proj.weight.data[:] = torch.from_numpy(arrays["attention_output/kernel"].reshape(6, 6).T.copy())
        heads.out_proj.bias.data[:] = torch.from_numpy(arrays["attention_output/bias"])
        norm, table, dense = {"gamma": normal(6), "beta": normal(6)}, normal(9, 6), {"kernel": normal(6, 2)}
        layers = [layer("InputLayer", "in", batch_input_shape=[None, 5]), layer("Embedding", "words", "in"),
                  layer("InputLayer", "other", batch_input_shape=[None, 4, 6]),
                  {**layer("MultiHeadAttention", "own", num_heads=2, key_dim=3),
                   "inbound_nodes": [[["words", 0, 0, {"value": ["words", 0, 0]}]]]},
                  layer("Add", "sum", "own", "words"), layer("LayerNormalization", "norm", "sum", epsilon=1e-3, axis=[2]),
                  {**layer("MultiHeadAttention", "cross", num_heads=2, key_dim=3),
                   "inbound_nodes": [[["norm", 0, 0, {"value": ["other", 0, 0]}]]]},
                  layer("GlobalAveragePooling1D", "pool", "cross"), layer("Dense", "fc", "pool", activation="softmax")]
        path = self.file(layers, {"words": {"embeddings": table}, "own": arrays, "cross": arrays, "norm": norm, "fc": dense},
                         outputs=["fc", 0, 0])
        x, other = RNG.integers(0, 9, (3, 5)).astype(np.float32), normal(3, 4, 6)
        with torch.no_grad():
            w, o = torch.from_numpy(table[x.astype(int)]), torch.from_numpy(other)
            y = torch.nn.functional.layer_norm(heads(w, w, w)[0] + w, (6,), *map(torch.from_numpy, norm.values()), eps=1e-3)
            y = torch.softmax(heads(y, o, o)[0].mean(1) @ torch.from_numpy(dense["kernel"]), 1).numpy()
        self.near(convert.from_keras(path), y, x, other)
        layers[3]["inbound_nodes"] = [[["words", 0, 0, {"value": ["words", 0, 0], "attention_mask": ["other", 0, 0]}]]]
        path = self.file(layers, {"words": {"embeddings": table}, "own": arrays, "cross": arrays, "norm": norm, "fc": dense},
                         outputs=["fc", 0, 0])
        self.refused(["'own' (MultiHeadAttention)", "attention_mask"], convert.from_keras, path)

    def test_series_that_are_not_known(self):
        layer = self.layer
        arrays, _ = self.recurrent("GRU", 5, 4)
        for words, config in (("activation 'relu'", {"activation": "relu", "reset_after": True}),
                              ("recurrent_activation 'hard_sigmoid'", {"recurrent_activation": "hard_sigmoid", "reset_after": True}),
                              ("stateful True", {"stateful": True, "reset_after": True}),
                              ("go_backwards", {"go_backwards": True, "return_sequences": True, "reset_after": True})):
            path = self.file([layer("InputLayer", "in", batch_input_shape=[None, 7, 5]), layer("GRU", "g", "in", units=4, **config)],
                             {"g": arrays}, outputs=["g", 0, 0])
            self.refused(["layer 1 'g' (GRU)", words], convert.from_keras, path)


if __name__ == "__main__":
    main()
