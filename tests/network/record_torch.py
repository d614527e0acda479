#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Record what PyTorch computes: record_torch.py OUT.npz MORE.npz (with Debian's python3-torch: /usr/bin/python3),
tests/data/torch_networks.npz and tests/data/torch_more.npz. What comes later goes into the second, so that the first
stays as it is.

Each case is a network of ours as a document and the module of PyTorch that it stands for; recorded are parameters,
inputs x and gradients dy of the outputs, and what PyTorch makes of them: outputs, gradients of x and of parameters.
The test bindings/python/tests/t_torch_cases.py compares."""
import json
import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

CASES = []


def case(name, shapes, nodes, module, n=3, train=True, outputs=None, indices=0):
    """nodes: (name, op, inputs, config) of ours, after inputs in0, in1 ... of these shapes; indices: inputs are below it."""
    CASES.append((name, shapes, nodes, module, n, train, outputs or [nodes[-1][0]], indices))


class Functional(nn.Module):
    def __init__(self, function, **modules):
        super().__init__()
        self.function = function
        for key, module in modules.items():
            setattr(self, key, module)

    def forward(self, *x):
        return self.function(self, *x)


def one(op, module, size, n=3, train=True, key="op", **config):
    """A network of one node."""
    case(f"{op} {json.dumps(config, sort_keys=True)} {size} {n} {train}", [size], [(key, op, ["in0"], config)],
         Functional(lambda self, x: getattr(self, key)(x), **{key: module}), n, train)


def make_cases():
    for n in (1, 4):
        one("linear", nn.Linear(5, 3), (5,), n, out_features=3)
    one("linear", nn.Linear(5, 3, bias=False), (5,), out_features=3, bias=False)
    one("linear", nn.Linear(6, 4), (7, 6), out_features=4)
    for n in (1, 3):
        one("conv2d", nn.Conv2d(3, 4, 3), (3, 7, 6), n, out_channels=4, kernel=3)
    one("conv2d", nn.Conv2d(3, 4, (3, 2), stride=(2, 1), padding=(1, 2)), (3, 7, 5), out_channels=4, kernel=[3, 2],
        stride=[2, 1], padding=[1, 2])
    one("conv2d", nn.Conv2d(2, 4, 3, dilation=2, bias=False), (2, 9, 8), out_channels=4, kernel=3, dilation=2, bias=False)
    one("conv2d", nn.Conv2d(2, 3, 3, dilation=(1, 2), stride=2, padding=2), (2, 9, 8), out_channels=3, kernel=3,
        dilation=[1, 2], stride=2, padding=2)
    one("conv2d", nn.Conv2d(4, 6, 3, groups=2, padding=1), (4, 5, 5), out_channels=6, kernel=3, groups=2, padding=1)
    one("conv2d", nn.Conv2d(4, 4, 3, groups=4, padding=1, stride=2), (4, 6, 5), out_channels=4, kernel=3, groups=4,
        padding=1, stride=2)
    one("conv2d", nn.Conv2d(4, 8, 3, groups=4), (4, 6, 5), out_channels=8, kernel=3, groups=4)
    one("conv2d", nn.Conv2d(4, 5, 1), (4, 6, 5), out_channels=5, kernel=1)
    one("conv2d", nn.Conv2d(4, 5, 1, stride=2), (4, 6, 5), out_channels=5, kernel=1, stride=2)
    one("conv2d", nn.Conv2d(3, 8, 5, padding=2), (3, 30, 29), 2, out_channels=8, kernel=5, padding=2)
    one("conv1d", nn.Conv1d(3, 4, 3), (3, 11), out_channels=4, kernel=3)
    one("conv1d", nn.Conv1d(3, 4, 4, stride=3, padding=2, dilation=2), (3, 17), out_channels=4, kernel=4, stride=3,
        padding=[2, 2], dilation=2)
    conv = nn.Conv2d(3, 4, 3, stride=2)
    case("conv2d same", [(3, 8, 7)], [("op", "conv2d", ["in0"], {"out_channels": 4, "kernel": 3, "stride": 2, "same": "UPPER"})],
         Functional(lambda self, x: self.op(F.pad(x, (1, 1, 0, 1))), op=conv))
    case("conv2d asymmetric", [(3, 6, 7)], [("op", "conv2d", ["in0"], {"out_channels": 4, "kernel": 3, "padding": [0, 2, 1, 0]})],
         Functional(lambda self, x: self.op(F.pad(x, (1, 0, 0, 2))), op=nn.Conv2d(3, 4, 3)))
    for kernel, stride, padding in ((2, None, 0), (3, 2, 1), ((2, 3), (1, 2), (0, 1))):
        config = {"kernel": kernel, "padding": padding, **({} if stride is None else {"stride": stride})}
        one("max_pool2d", nn.MaxPool2d(kernel, stride, padding), (3, 7, 8), **config)
        one("avg_pool2d", nn.AvgPool2d(kernel, stride, padding), (3, 7, 8), **config)
        one("avg_pool2d", nn.AvgPool2d(kernel, stride, padding, count_include_pad=False), (3, 7, 8),
            count_include_pad=False, **config)
    one("max_pool2d", nn.MaxPool2d(2, 1, 0, dilation=2), (3, 7, 8), kernel=2, stride=1, dilation=2)
    one("max_pool1d", nn.MaxPool1d(3, 2), (3, 11), kernel=3, stride=2)
    one("avg_pool1d", nn.AvgPool1d(3, 2, 1), (3, 11), kernel=3, stride=2, padding=1)
    one("global_avg_pool", nn.AdaptiveAvgPool2d(1), (3, 5, 4))
    one("global_max_pool", nn.AdaptiveMaxPool2d(1), (3, 5, 4))
    for train in (True, False):
        norm = nn.BatchNorm2d(4, momentum=0.3, eps=1e-3)
        norm.running_mean.uniform_(-1, 1)
        norm.running_var.uniform_(0.5, 2)
        nn.init.uniform_(norm.weight), nn.init.uniform_(norm.bias)
        one("batch_norm", norm, (4, 5, 3), 4, train, momentum=0.3, eps=1e-3)
        one("batch_norm", nn.BatchNorm1d(5), (5,), 6, train)
    one("batch_norm", nn.BatchNorm1d(5, affine=False, track_running_stats=False), (5, 3), 6, affine=False,
        track_running_stats=False)
    layer = nn.LayerNorm(6)
    nn.init.uniform_(layer.weight), nn.init.uniform_(layer.bias)
    one("layer_norm", layer, (4, 6))
    one("layer_norm", nn.LayerNorm((4, 6), elementwise_affine=False), (4, 6), n_axes=2, affine=False)
    group = nn.GroupNorm(2, 6)
    nn.init.uniform_(group.weight), nn.init.uniform_(group.bias)
    one("group_norm", group, (6, 3, 5), groups=2)
    for op, module in (("relu", nn.ReLU()), ("relu6", nn.ReLU6()), ("tanh", nn.Tanh()), ("sigmoid", nn.Sigmoid()),
                       ("hard_sigmoid", nn.Hardsigmoid()), ("hard_swish", nn.Hardswish()), ("silu", nn.SiLU()),
                       ("gelu", nn.GELU()), ("leaky_relu", nn.LeakyReLU()), ("elu", nn.ELU()),
                       ("softmax", nn.Softmax(-1)), ("log_softmax", nn.LogSoftmax(-1))):
        one(op, module, (3, 9))
    one("gelu", nn.GELU(approximate="tanh"), (9,), approximate="TANH")
    one("leaky_relu", nn.LeakyReLU(0.2), (9,), alpha=0.2)
    one("elu", nn.ELU(0.7), (9,), alpha=0.7)
    one("flatten", nn.Flatten(), (3, 4, 5))
    one("reshape", Functional(lambda _, x: x.reshape(-1, 4, 15)), (3, 4, 5), shape=[4, -1])
    one("permute", Functional(lambda _, x: x.permute(0, 3, 1, 2)), (3, 4, 5), order=[2, 0, 1])
    one("slice", Functional(lambda _, x: x[:, 1:3, :, 1:5:2]), (3, 4, 5), start=[1, 0, 1], stop=[3, 0, 5], step=[1, 1, 2])
    one("pad", Functional(lambda _, x: F.pad(x, (2, 0, 0, 1, 1, 0), value=0.5)), (3, 4, 5), before=[1, 0, 2],
        after=[0, 1, 0], value=0.5)
    one("mean", Functional(lambda _, x: x.mean((2, 3))), (3, 4, 5), axes=[1, 2])
    one("mean", Functional(lambda _, x: x.mean(2, keepdim=True)), (3, 4, 5), axes=[1], keep=True)
    case("add", [(3, 4), (3, 4)], [("op", "add", ["in0", "in1"], {})], Functional(lambda _, a, b: a + b))
    case("add itself", [(3, 4)], [("op", "add", ["in0", "in0", "in0"], {})], Functional(lambda _, a: 3 * a))
    case("mul", [(3, 4), (3, 4)], [("op", "mul", ["in0", "in1"], {})], Functional(lambda _, a, b: a * b))
    case("concat", [(3, 4), (2, 4), (1, 4)], [("op", "concat", ["in0", "in1", "in2"], {"axis": 0})],
         Functional(lambda _, *x: torch.cat(x, 1)))
    case("concat last", [(3, 4), (3, 2)], [("op", "concat", ["in0", "in1"], {"axis": -1})],
         Functional(lambda _, *x: torch.cat(x, 2)))
    transpose_cases()
    recurrent_cases()
    attention_cases()
    residual_cases()


def transpose_cases():
    one("conv_transpose2d", nn.ConvTranspose2d(3, 4, 3), (3, 5, 4), 1, out_channels=4, kernel=3)
    one("conv_transpose2d", nn.ConvTranspose2d(3, 4, (3, 2), stride=(2, 3), padding=(1, 0), output_padding=(1, 2)),
        (3, 5, 4), out_channels=4, kernel=[3, 2], stride=[2, 3], padding=[1, 0], output_padding=[1, 2])
    one("conv_transpose2d", nn.ConvTranspose2d(2, 3, 3, dilation=2, padding=1, output_padding=1, bias=False), (2, 5, 7),
        out_channels=3, kernel=3, dilation=2, padding=1, output_padding=1, bias=False)
    one("conv_transpose2d", nn.ConvTranspose2d(4, 6, 3, stride=2, groups=2), (4, 3, 5), out_channels=6, kernel=3,
        stride=2, groups=2)
    one("conv_transpose2d", nn.ConvTranspose2d(4, 4, 2, stride=2, groups=4), (4, 3, 5), out_channels=4, kernel=2,
        stride=2, groups=4)
    one("conv_transpose2d", nn.ConvTranspose2d(2, 3, 3), (2, 23, 21), 2, out_channels=3, kernel=3)


def recurrent(op, module, shape, n=3, train=True, outputs=None, **config):
    """Outputs, and the states after the last step with the samples first."""
    def forward(self, x):
        y, states = self.op(x)
        all_of_them = (y, *(h.transpose(0, 1) for h in (states if isinstance(states, tuple) else (states,))))
        return tuple(all_of_them[k] for k in chosen)
    chosen = outputs if outputs is not None else range(3 if op == "lstm" else 2)
    config = {"hidden_size": module.hidden_size, **config}
    case(f"{op} {json.dumps(config, sort_keys=True)} {shape} {n} {train} {outputs}", [shape], [("op", op, ["in0"], config)],
         Functional(forward, op=module), n, train, [f"op:{k}" if k else "op" for k in chosen])


def recurrent_cases():
    for op, kind in (("rnn", nn.RNN), ("gru", nn.GRU), ("lstm", nn.LSTM)):
        for n in (1, 4):
            recurrent(op, kind(5, 4, batch_first=True), (7, 5), n)
        recurrent(op, kind(3, 5, batch_first=True, bias=False), (1, 3), bias=False)
        recurrent(op, kind(3, 4, batch_first=True, bidirectional=True), (6, 3), bidirectional=True)
        recurrent(op, kind(3, 2, batch_first=True, num_layers=3, bidirectional=True), (5, 3), num_layers=3,
                  bidirectional=True)
        recurrent(op, kind(3, 4, batch_first=True, num_layers=2), (5, 3), outputs=[0], num_layers=2)
        recurrent(op, kind(3, 4, batch_first=True, num_layers=2), (5, 3), outputs=[1], num_layers=2)
        recurrent(op, kind(3, 4, batch_first=True, num_layers=2, dropout=0.3), (5, 3), train=False, num_layers=2,
                  dropout=0.3)
    recurrent("rnn", nn.RNN(3, 4, batch_first=True, nonlinearity="relu"), (6, 3), nonlinearity="RELU")
    recurrent("lstm", nn.LSTM(3, 4, batch_first=True), (40, 3), 2)


def attend(n_inputs, shapes, n=3, heads=2, causal=False, bias=True):
    def forward(self, *x):
        q, k, v = (x[min(i, n_inputs - 1)] for i in range(3))
        mask = torch.ones(q.shape[1], k.shape[1], dtype=torch.bool).triu(1) if causal else None
        return self.op(q, k, v, need_weights=False, attn_mask=mask)[0]
    module = nn.MultiheadAttention(shapes[0][1], heads, bias=bias, batch_first=True)
    if bias:  # they begin as 0
        nn.init.uniform_(module.in_proj_bias), nn.init.uniform_(module.out_proj.bias)
    case(f"attention {shapes} {n} {heads} {causal} {bias}", shapes,
         [("op", "attention", [f"in{i}" for i in range(n_inputs)], {"heads": heads, "causal": causal, "bias": bias})],
         Functional(forward, op=module), n)


def attention_cases():
    for n in (1, 3):
        attend(1, [(5, 6)], n)
    attend(1, [(7, 6)], causal=True)
    attend(1, [(4, 6)], heads=3, bias=False)
    attend(1, [(1, 5)], heads=1)
    attend(2, [(5, 6), (3, 6)])
    attend(3, [(3, 6), (7, 6), (7, 6)], causal=True)
    case("embedding", [(5,)], [("op", "embedding", ["in0"], {"num_embeddings": 7, "embedding_dim": 3})],
         Functional(lambda self, x: self.op(x.long()), op=nn.Embedding(7, 3)), indices=7)
    case("embedding of two axes", [(2, 3)], [("op", "embedding", ["in0"], {"num_embeddings": 4, "embedding_dim": 5})],
         Functional(lambda self, x: self.op(x.long()), op=nn.Embedding(4, 5)), 1, indices=4)


def residual_cases():
    """Layouts turn round, values have several readers, outputs are read further."""
    block = {"c1": nn.Conv2d(3, 6, 3, padding=1, bias=False), "b1": nn.BatchNorm2d(6), "c2": nn.Conv2d(6, 6, 3, padding=1),
             "fc": nn.Linear(6 * 4 * 3, 5), "side": nn.Linear(8, 5)}

    def forward(self, x, s):
        h = torch.relu(self.b1(self.c1(x)))
        h = torch.relu(h + self.c2(h))
        h = F.max_pool2d(h, 2)
        return self.fc(h.flatten(1)) + self.side(s)
    case("residual", [(3, 8, 7), (8,)],
         [("c1", "conv2d", ["in0"], {"out_channels": 6, "kernel": 3, "padding": 1, "bias": False}),
          ("b1", "batch_norm", ["c1"], {}), ("r1", "relu", ["b1"], {}),
          ("c2", "conv2d", ["r1"], {"out_channels": 6, "kernel": 3, "padding": 1}), ("a", "add", ["r1", "c2"], {}),
          ("r2", "relu", ["a"], {}), ("p", "max_pool2d", ["r2"], {"kernel": 2}), ("f", "flatten", ["p"], {}),
          ("fc", "linear", ["f"], {"out_features": 5}), ("side", "linear", ["in1"], {"out_features": 5}),
          ("sum", "add", ["fc", "side"], {})], Functional(forward, **block))


# ---- training -------------------------------------------------------------------------------------------------


def losses():
    """(loss of ours, its fields, loss of PyTorch, targets of 6 rows of 4 outputs)."""
    labels = torch.tensor([0, 3, 1, 1, 2, 0])
    numbers, bits = 2 * torch.randn(6, 4), torch.rand(6, 4)
    weights = [0.5, 2.0, 1.0, 0.25]
    tensor = torch.tensor(weights)
    yield "cross_entropy", {}, nn.CrossEntropyLoss(), labels
    yield "cross_entropy", {"label_smoothing": 0.2}, nn.CrossEntropyLoss(label_smoothing=0.2), labels
    yield "cross_entropy", {"class_weights": weights}, nn.CrossEntropyLoss(tensor), labels
    yield "cross_entropy", {"ignore_index": 1}, nn.CrossEntropyLoss(ignore_index=1), labels
    yield ("cross_entropy", {"label_smoothing": 0.1, "class_weights": weights, "ignore_index": 0},
           nn.CrossEntropyLoss(tensor, label_smoothing=0.1, ignore_index=0), labels)
    yield "nll", {}, nn.NLLLoss(), labels
    yield "nll", {"class_weights": weights, "ignore_index": 3}, nn.NLLLoss(tensor, ignore_index=3), labels
    yield "mse", {}, nn.MSELoss(), numbers
    yield "l1", {}, nn.L1Loss(), numbers
    yield "huber", {}, nn.HuberLoss(), numbers
    yield "huber", {"delta": 0.3}, nn.HuberLoss(delta=0.3), numbers
    yield "bce_with_logits", {}, nn.BCEWithLogitsLoss(), bits
    yield "bce_with_logits", {"pos_weight": weights}, nn.BCEWithLogitsLoss(pos_weight=tensor), bits


def axis_losses():
    """(loss of ours, its fields, loss of PyTorch, outputs [samples][classes][positions ...], targets)."""
    for shape in ((3, 4, 5), (2, 4, 3, 2), (1, 100, 4)):
        n, classes, *positions = shape
        labels = torch.randint(classes, (n, *positions))
        weights = torch.rand(classes) + 0.1
        bits, scale = torch.rand(shape), weights.reshape(-1, *[1] * len(positions))
        many = {"class_weights": weights.tolist()}
        yield "cross_entropy", {"axis": 0}, nn.CrossEntropyLoss(), shape, labels
        yield "cross_entropy", {"axis": 0, **many}, nn.CrossEntropyLoss(weights), shape, labels
        yield ("cross_entropy", {"axis": 0, "label_smoothing": 0.1, "ignore_index": 2, **many},
               nn.CrossEntropyLoss(weights, label_smoothing=0.1, ignore_index=2), shape, labels)
        yield "nll", {"axis": 0, "ignore_index": 1, **many}, nn.NLLLoss(weights, ignore_index=1), shape, labels
        yield ("bce_with_logits", {"axis": 0, "pos_weight": weights.tolist()}, nn.BCEWithLogitsLoss(pos_weight=scale), shape,
               bits)
        yield "bce_with_logits", {"pos_weight": [0.7]}, nn.BCEWithLogitsLoss(pos_weight=torch.tensor([0.7])), shape, bits


def record_axis_losses(arrays):
    """Value of each loss and its gradient, by one step of a batch norm without means, whose outputs are its inputs' shape."""
    done = []
    for k, (name, fields, loss, shape, targets) in enumerate(axis_losses()):
        kind = nn.BatchNorm1d if len(shape) == 3 else nn.BatchNorm2d
        net = Functional(lambda self, x: self.norm(x), norm=kind(shape[1], track_running_stats=False))
        nn.init.uniform_(net.norm.weight), nn.init.uniform_(net.norm.bias)
        value = keep_descent(arrays, f"axis/{k}", net, torch.randn(shape), targets, loss)
        done.append({"loss": name, "fields": fields, "lr": LOSS_LR, "value": value})
    arrays["axis"] = np.array(json.dumps(done))


def keep_state(arrays, prefix, module):
    for key, value in module.state_dict().items():
        arrays[f"{prefix}/{key}"] = value.numpy().copy()


LOSS_LR = 0.5


def keep_descent(arrays, prefix, net, x, targets, loss):
    """Value of a loss, with the state before and after one step of plain descent."""
    keep_state(arrays, f"{prefix}/before", net)
    value = loss(net(x), targets)
    value.backward()
    torch.optim.SGD(net.parameters(), LOSS_LR).step()
    keep_state(arrays, f"{prefix}/after", net)
    arrays[f"{prefix}/x"], arrays[f"{prefix}/targets"] = x.numpy(), targets.numpy()
    return value.item()


def record_losses(arrays):
    """Value of each loss and its gradient, by one step of plain descent."""
    done = []
    for k, (name, fields, loss, targets) in enumerate(losses()):
        net = Functional(lambda self, x: self.fc(x), fc=nn.Linear(5, 4))
        logits = loss if name != "nll" else lambda y, t, nll=loss: nll(torch.log_softmax(y, -1), t)
        value = keep_descent(arrays, f"loss/{k}", net, torch.randn(6, 5), targets, logits)
        done.append({"loss": name, "fields": fields, "lr": LOSS_LR, "value": value})
    arrays["losses"] = np.array(json.dumps(done))


def optimizers():
    """(optimizer of ours, its fields, optimizer of PyTorch); clipping is done by hand."""
    sgd, adam, adamw = torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW
    yield "digital_sgd", {}, sgd, {}
    yield "digital_sgd", {"momentum": 0.9}, sgd, {"momentum": 0.9}
    yield "digital_sgd", {"momentum": 0.9, "dampening": 0.4}, sgd, {"momentum": 0.9, "dampening": 0.4}
    yield "digital_sgd", {"momentum": 0.8, "nesterov": True}, sgd, {"momentum": 0.8, "nesterov": True}
    yield "digital_sgd", {"weight_decay": 0.3}, sgd, {"weight_decay": 0.3}
    yield ("digital_sgd", {"momentum": 0.9, "weight_decay": 0.3, "nesterov": True}, sgd,
           {"momentum": 0.9, "weight_decay": 0.3, "nesterov": True})
    yield "adam", {}, adam, {}
    yield "adam", {"beta1": 0.5, "beta2": 0.9, "eps": 1e-3}, adam, {"betas": (0.5, 0.9), "eps": 1e-3}
    yield "adam", {"weight_decay": 0.3}, adam, {"weight_decay": 0.3}
    yield "adamw", {}, adamw, {}
    yield "adamw", {"weight_decay": 0.3, "beta1": 0.8}, adamw, {"weight_decay": 0.3, "betas": (0.8, 0.999)}
    for clip in ({"clip_norm": 0.1}, {"clip_value": 0.02}, {"clip_value": 0.05, "clip_norm": 0.1}, {"clip_norm": 1e6}):
        yield "digital_sgd", clip, sgd, {}
        yield "adamw", clip, adamw, {}


def record_optimizers(arrays):
    """Parameters after three steps."""
    done = []
    for k, (name, fields, kind, theirs) in enumerate(optimizers()):
        net = Functional(lambda self, x: self.fc2(torch.tanh(self.fc1(x))), fc1=nn.Linear(5, 4), fc2=nn.Linear(4, 2))
        x, targets, lr = torch.randn(3, 6, 5), torch.randn(3, 6, 2), 0.05
        keep_state(arrays, f"optimizer/{k}/before", net)
        optimizer = kind(net.parameters(), lr, **theirs)
        for i in range(3):
            optimizer.zero_grad()
            nn.functional.mse_loss(net(x[i]), targets[i]).backward()
            if "clip_value" in fields:
                nn.utils.clip_grad_value_(net.parameters(), fields["clip_value"])
            if "clip_norm" in fields:
                nn.utils.clip_grad_norm_(net.parameters(), fields["clip_norm"])
            optimizer.step()
        keep_state(arrays, f"optimizer/{k}/after", net)
        arrays[f"optimizer/{k}/x"], arrays[f"optimizer/{k}/targets"] = x.numpy(), targets.numpy()
        done.append({"optimizer": name, "fields": fields, "lr": lr})
    arrays["optimizers"] = np.array(json.dumps(done))


def schedules():
    """(schedule of ours, its fields, scheduler of PyTorch of an optimizer, steps)."""
    from torch.optim import lr_scheduler as s
    yield "step_rate", {"step_size": 1}, lambda o: s.StepLR(o, 1), 7
    yield "step_rate", {"step_size": 3, "gamma": 0.5}, lambda o: s.StepLR(o, 3, 0.5), 11
    yield "cosine_rate", {"T_max": 10}, lambda o: s.CosineAnnealingLR(o, 10), 11
    yield "cosine_rate", {"T_max": 7, "eta_min": 0.05}, lambda o: s.CosineAnnealingLR(o, 7, 0.05), 15
    yield "warm_up", {}, s.LinearLR, 9
    yield "warm_up", {"total_iters": 4, "start_factor": 0.01}, lambda o: s.LinearLR(o, 0.01, total_iters=4), 9
    yield "one_cycle", {"total_steps": 20}, lambda o: s.OneCycleLR(o, 0.3, 20), 20
    yield ("one_cycle", {"total_steps": 33, "pct_start": 0.2, "anneal": "LINEAR", "div_factor": 4, "final_div_factor": 50},
           lambda o: s.OneCycleLR(o, 0.3, 33, pct_start=0.2, anneal_strategy="linear", div_factor=4, final_div_factor=50), 33)
    yield ("one_cycle", {"total_steps": 30, "three_phase": True, "pct_start": 0.4},
           lambda o: s.OneCycleLR(o, 0.3, 30, three_phase=True, pct_start=0.4), 30)


def record_schedules(arrays):
    """Rates of the first steps of a rate of 0.3."""
    done = []
    for name, fields, make, n in schedules():
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], 0.3)
        scheduler, rates = make(optimizer), []
        for _ in range(n):
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            if len(rates) < n:
                scheduler.step()
        done.append({"schedule": name, "fields": fields, "lr": 0.3, "rates": rates})
    arrays["schedules"] = np.array(json.dumps(done))


def record_cases(arrays):
    documents = []
    for k, (name, shapes, nodes, module, n, train, outputs, indices) in enumerate(CASES):
        module.train(train)
        state = {key: value.numpy().copy() for key, value in module.state_dict().items()
                 if not key.endswith("num_batches_tracked")}
        xs = [(torch.randint(indices, (n, *shape)).float() if indices else torch.randn(n, *shape)).requires_grad_()
              for shape in shapes]
        ys = module(*xs)
        ys = ys if isinstance(ys, tuple) else (ys,)
        dys = [torch.randn_like(y) for y in ys]
        sum((y * dy).sum() for y, dy in zip(ys, dys)).backward()
        document = {"format": "aimc-network", "version": 1,
                    "inputs": [{"name": f"in{i}", "shape": list(shape)} for i, shape in enumerate(shapes)],
                    "nodes": [{"name": key, "op": op, "inputs": inputs, "config": config} for key, op, inputs, config in nodes],
                    "outputs": outputs}
        documents.append({"name": name, "document": document, "train": train, "n_inputs": len(shapes)})
        for i, x in enumerate(xs):
            gradient = torch.zeros_like(x) if x.grad is None else x.grad
            arrays[f"{k}/x{i}"], arrays[f"{k}/dx{i}"] = x.detach().numpy(), gradient.numpy()
        for i, (y, dy) in enumerate(zip(ys, dys)):
            arrays[f"{k}/y{i}"], arrays[f"{k}/dy{i}"] = y.detach().numpy(), dy.numpy()
        for key, value in state.items():
            arrays[f"{k}/state/{key}"] = value
        for key, value in module.named_parameters():
            arrays[f"{k}/gradient/{key}"] = value.grad.numpy()
        if train:
            for key, value in module.named_buffers():
                if not key.endswith("num_batches_tracked"):
                    arrays[f"{k}/after/{key}"] = value.numpy()
    arrays["cases"] = np.array(json.dumps(documents))


def record(out, make, *parts):
    torch.manual_seed(1)
    arrays = {}
    CASES.clear()
    make()
    for part in (record_cases, *parts):
        part(arrays)
    np.savez_compressed(out, **{key: value.astype(np.float32) if value.dtype.kind == "f" else value
                                for key, value in arrays.items()})
    print(out, len(CASES), "cases, torch", torch.__version__)


def started(op, module, shape, n=3, **config):
    """Recurrent layers that begin with states of the caller, samples first."""
    def forward(self, x, *states):
        first = [h.transpose(0, 1).contiguous() for h in states]
        y, last = self.op(x, tuple(first) if op == "lstm" else first[0])
        return (y, *(h.transpose(0, 1) for h in (last if op == "lstm" else (last,))))
    cells = module.num_layers * (2 if module.bidirectional else 1)
    shapes = [shape] + [(cells, module.hidden_size)] * (2 if op == "lstm" else 1)
    config = {"hidden_size": module.hidden_size, **config}
    case(f"{op} started {json.dumps(config, sort_keys=True)} {n}", shapes,
         [("op", op, [f"in{k}" for k in range(len(shapes))], config)], Functional(forward, op=module), n,
         outputs=["op", "op:1", *(["op:2"] if op == "lstm" else [])])


def masked(n_inputs, shapes, heads=2, causal=False):
    """Keys are not looked at where the last input is above 0."""
    def forward(self, *x):
        q, k, v = (x[min(i, n_inputs - 1)] for i in range(3))
        mask = torch.ones(q.shape[1], k.shape[1], dtype=torch.bool).triu(1) if causal else None
        return self.op(q, k, v, need_weights=False, attn_mask=mask, key_padding_mask=x[-1] > 0)[0]
    module = nn.MultiheadAttention(shapes[0][1], heads, batch_first=True)
    nn.init.uniform_(module.in_proj_bias), nn.init.uniform_(module.out_proj.bias)
    case(f"attention masked {shapes} {heads} {causal}", shapes,
         [("mask", "relu", [f"in{n_inputs}"], {}),
          ("op", "attention", [*(f"in{i}" for i in range(n_inputs)), "mask"], {"heads": heads, "causal": causal, "masked": True})],
         Functional(forward, op=module))


def volumes():
    """Convolutions and pools of three dimensions, transposed ones of one and three."""
    one("conv3d", nn.Conv3d(2, 3, 3), (2, 5, 4, 6), 1, out_channels=3, kernel=3)
    one("conv3d", nn.Conv3d(3, 4, (2, 3, 1), stride=(1, 2, 3), padding=(1, 0, 2), dilation=(2, 1, 1)), (3, 4, 5, 6),
        out_channels=4, kernel=[2, 3, 1], stride=[1, 2, 3], padding=[1, 1, 0, 0, 2, 2], dilation=[2, 1, 1])
    one("conv3d", nn.Conv3d(4, 6, 2, groups=2, bias=False), (4, 3, 4, 3), out_channels=6, kernel=2, groups=2, bias=False)
    one("conv3d", nn.Conv3d(3, 3, 3, groups=3, padding=1, stride=2), (3, 4, 5, 3), out_channels=3, kernel=3, groups=3,
        padding=1, stride=2)
    one("conv3d", nn.Conv3d(3, 4, 1), (3, 2, 4, 3), out_channels=4, kernel=1)
    one("max_pool3d", nn.MaxPool3d(2), (3, 4, 5, 6), kernel=2)
    one("max_pool3d", nn.MaxPool3d((3, 2, 2), stride=(1, 2, 2), padding=(1, 0, 1), dilation=(1, 2, 1)), (2, 4, 6, 5),
        kernel=[3, 2, 2], stride=[1, 2, 2], padding=[1, 1, 0, 0, 1, 1], dilation=[1, 2, 1])
    one("avg_pool3d", nn.AvgPool3d((2, 3, 1), padding=(1, 1, 0), count_include_pad=False), (2, 4, 6, 3), kernel=[2, 3, 1],
        padding=[1, 1, 1, 1, 0, 0], count_include_pad=False)
    one("avg_pool3d", nn.AvgPool3d(2, stride=1, padding=1), (2, 3, 3, 4), kernel=2, stride=1, padding=1)
    one("global_avg_pool", nn.AdaptiveAvgPool3d(1), (3, 2, 3, 4))
    one("batch_norm", nn.BatchNorm3d(3), (3, 2, 3, 2))
    one("conv_transpose1d", nn.ConvTranspose1d(3, 4, 3, stride=2, padding=1, output_padding=1), (3, 7), out_channels=4,
        kernel=3, stride=2, padding=1, output_padding=1)
    one("conv_transpose1d", nn.ConvTranspose1d(4, 6, 4, groups=2, dilation=2, bias=False), (4, 5), out_channels=6, kernel=4,
        groups=2, dilation=2, bias=False)
    one("conv_transpose3d", nn.ConvTranspose3d(2, 3, (2, 3, 1), stride=(2, 1, 3), padding=(1, 0, 0), output_padding=(1, 0, 2)),
        (2, 3, 2, 4), out_channels=3, kernel=[2, 3, 1], stride=[2, 1, 3], padding=[1, 0, 0], output_padding=[1, 0, 2])


class GruBefore(nn.Module):
    """One way of torch.nn.GRU(num_layers=1) whose reset gate scales the state: K. Cho et al., arXiv:1406.1078, eq. (8)."""

    def __init__(self, n_in, n_hidden, ways=("",), bias=True):
        super().__init__()
        self.n, self.ways, self.bias = n_hidden, ways, bias
        for way in ways:
            for name, shape in (("weight_ih", (3 * n_hidden, n_in)), ("weight_hh", (3 * n_hidden, n_hidden)),
                                ("bias_ih", (3 * n_hidden,)), ("bias_hh", (3 * n_hidden,)))[:4 if bias else 2]:
                setattr(self, f"{name}_l0{way}", nn.Parameter(torch.empty(shape).uniform_(-0.5, 0.5)))

    def run(self, x, h, way):
        w, u = getattr(self, f"weight_ih_l0{way}"), getattr(self, f"weight_hh_l0{way}")
        b, c = (getattr(self, f"{name}_l0{way}") if self.bias else 0 * w[:, 0] for name in ("bias_ih", "bias_hh"))
        n, made = self.n, []
        for t in range(x.shape[1]):
            a = x[:, t] @ w.T + b + c
            r, z = torch.sigmoid(a[:, :2 * n] + h @ u[:2 * n].T).chunk(2, 1)
            h = (1 - z) * torch.tanh(a[:, 2 * n:] + (r * h) @ u[2 * n:].T) + z * h
            made.append(h)
        return torch.stack(made, 1)

    def forward(self, x, first=None):
        first = torch.zeros(len(x), len(self.ways), self.n) if first is None else first
        ys = [self.run(x.flip(1) if k else x, first[:, k], way) for k, way in enumerate(self.ways)]
        y = torch.cat([y.flip(1) if k else y for k, y in enumerate(ys)], 2)
        return y, torch.stack([y[:, -1] for y in ys], 1)


def reset_before():
    for name, shapes, module, config in (
            ("plain", [(6, 3)], GruBefore(3, 4), {}), ("started", [(5, 3), (1, 4)], GruBefore(3, 4), {}),
            ("bare", [(4, 3)], GruBefore(3, 2, bias=False), {"bias": False}),
            ("both ways", [(5, 3), (2, 4)], GruBefore(3, 4, ("", "_reverse")), {"bidirectional": True})):
        case(f"gru reset before {name}", shapes,
             [("op", "gru", [f"in{k}" for k in range(len(shapes))],
               {"hidden_size": module.n, "reset_after": False, **config})],
             Functional(lambda self, *x: self.op(*x), op=module), outputs=["op", "op:1"])


class Affine(nn.Module):
    """weight x + bias of arrays that PyTorch broadcasts; names of parameters are those of ours."""

    def __init__(self, shape, weight=True, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(shape)) if weight else None
        self.bias = nn.Parameter(torch.randn(shape)) if bias else None

    def forward(self, x):
        x = x if self.weight is None else self.weight * x
        return x if self.bias is None else x + self.bias


def affine():
    for shape, given in (((4, 5), None), ((3, 1, 2), [3, 1, 2]), ((5,), [5]), ((1,), [1])):
        size = (3, 4, 2) if shape == (3, 1, 2) else (4, 5)
        one("affine", Affine(shape), size, **({"shape": given} if given else {}))
    one("affine", Affine((4, 1), weight=False), (4, 5), shape=[4, 1], weight=False)
    one("affine", Affine((5,), bias=False), (4, 5), shape=[5], bias=False)


def more_cases():
    """What came later."""
    for op, kind in (("rnn", nn.RNN), ("gru", nn.GRU), ("lstm", nn.LSTM)):
        started(op, kind(3, 4, batch_first=True), (5, 3), 1)
        started(op, kind(3, 2, batch_first=True, num_layers=2, bidirectional=True), (4, 3), num_layers=2, bidirectional=True)

        def backwards(self, x, op=op):
            y, last = self.op(x.flip(1))
            return (y.flip(1), *(h.transpose(0, 1) for h in (last if op == "lstm" else (last,))))
        case(f"{op} reverse", [(5, 3)], [("op", op, ["in0"], {"hidden_size": 4, "reverse": True})],
             Functional(backwards, op=kind(3, 4, batch_first=True)), outputs=["op", "op:1"] + ["op:2"] * (op == "lstm"))
    masked(1, [(5, 6), (5,)])
    masked(2, [(3, 6), (7, 6), (7,)], 3)
    masked(3, [(5, 4), (6, 4), (6, 4), (6,)], 1)
    case("embedding padding_idx", [(5,)],
         [("op", "embedding", ["in0"], {"num_embeddings": 4, "embedding_dim": 3, "padding_idx": 2})],
         Functional(lambda self, x: self.op(x.long()), op=nn.Embedding(4, 3, padding_idx=2)), indices=4)
    volumes()
    reset_before()
    affine()


if __name__ == "__main__":
    record(sys.argv[1], make_cases, record_losses, record_optimizers, record_schedules)
    record(sys.argv[2], more_cases, record_axis_losses)
