#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Networks of PyTorch on tiles: LeNet-5 trained by chopped TTv2, a pretrained ResNet-20 as it is, an LSTM of two layers both ways, a small vision
transformer and a small Swin trained hardware-aware and programmed. Makes a table of docs/torch.md; sizes are what minutes of a core allow. Settings
of LeNet-5 were chosen on images held out of those to train with (--part settings); nothing else was chosen. Rows that docs/studies/pytorch.csv
holds are not run again. Needs PyTorch, and the data sets and models that $AIMC_DATA names.

    ./dev study pytorch --seeds 1 2 3
"""
import argparse
import gzip
import os
import pathlib
import time
import warnings

import numpy as np

import aimc
from common import SOURCE, TABLES, markdown, mnist, rows_of

try:
    import torch
    from torch import nn
    from torch.nn import functional as F
    import aimc.torch as at
    from swin import Swin
except ImportError:
    raise SystemExit("pytorch: skipped, this Python has no PyTorch: apt-get install python3-torch, or pip install torch") from None

FIELDS = ["network", "seed", "quantity", "value", "seconds"]
DAY = 86400.0
AWARE = {"device": "ideal", "hwa.modifier.type": "ADD_NORMAL", "hwa.modifier.std_dev": 0.05, "hwa.clip_type": "LAYER_GAUSSIAN", "hwa.clip_sigma": 2.5,
         "mapping.weight_scaling_omega": 1.0, "mapping.weight_scaling_columnwise": True}
PCM = {"noise_model": "pcm_like", "compensation.method": "GLOBAL"}
# what LeNet-5 was tried with: fields of c_ttv2_reram_sb that are changed, and whether the optimizer is the one that suits reram_sb
SETTINGS = {"as it is": ({}, False), "omega 0.3": ({"mapping.weight_scaling_omega": 0.3}, False), "suggested": ({}, True),
            "suggested, omega 0.3": ({"mapping.weight_scaling_omega": 0.3}, True), "suggested, in_chop_prob 0.1": ({"optimizer.in_chop_prob": 0.1}, True)}


def file_of(*parts):
    """A file of $AIMC_DATA."""
    return pathlib.Path(os.environ.get("AIMC_DATA", SOURCE.parent / "shared" / "data")).joinpath(*parts)


def cifar(name, n):
    """n images [n, 3, 32, 32] of 0 ... 1 and their labels."""
    with gzip.open(file_of("cifar10", f"{name}.bin.gz")) as stream:
        records = np.frombuffer(stream.read(), np.uint8).reshape(-1, 3073)[:n]
    return torch.from_numpy(records[:, 1:].reshape(-1, 3, 32, 32).astype(np.float32) / 255), torch.from_numpy(records[:, 0].astype(np.int64))


def digits(n, first=0):
    """n images [n, 1, 28, 28] of those to train with, and 2000 to test with."""
    (x, labels), (test, test_labels) = mnist()
    test, test_labels = test[:2000], test_labels[:2000]
    return [(torch.from_numpy(a).reshape(-1, 1, 28, 28), torch.from_numpy(b.astype(np.int64)))
            for a, b in ((x[first:first + n], labels[first:first + n]), (test, test_labels))]


def train(model, opt, data, epochs, batch, seed):
    """Cross-entropy over shuffled mini-batches."""
    generator = torch.Generator().manual_seed(seed)
    model.train()
    for _ in range(epochs):
        for pick in torch.randperm(len(data[0]), generator=generator).split(batch):
            opt.zero_grad()
            F.cross_entropy(model(data[0][pick]), data[1][pick]).backward()
            opt.step()


def told(model, x):
    """Classes of images, in evaluation mode."""
    model.eval()
    with torch.no_grad():
        return torch.cat([model(part).argmax(1) for part in x.split(200)])


def accuracy(model, data):
    """Per cent of what is told right."""
    return round(100 * float((told(model, data[0]) == data[1]).float().mean()), 2)


def programmed(model, test, seed):
    """Accuracies on phase-change memory after a day, without and with compensation."""
    at.to_analog(model, ctx=aimc.Context(seed=seed, threads=1))
    at.program(model, PCM)
    at.drift_to(model, DAY)
    found = {"PCM, a day": accuracy(model, test)}
    at.compensate(model)
    return {**found, "PCM, a day, compensated": accuracy(model, test)}


def aware(model, data, test, seed, rate, epochs, batch):
    """Train ordinary parameters hardware-aware, then program them."""
    at.aware(model, AWARE)
    opt = torch.optim.AdamW(model.parameters(), lr=rate)
    at.constrain(model, opt)
    train(model, opt, data, epochs, batch, seed)
    return {"trained": accuracy(model, test), **programmed(model, test, seed)}


# ---- networks ------------------------------------------------------------------------------------

def lenet_model():
    """LeNet-5 as the peer has it."""
    return nn.Sequential(nn.Conv2d(1, 16, 5), nn.Tanh(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 5), nn.Tanh(), nn.MaxPool2d(2), nn.Flatten(),
                         nn.Linear(512, 128), nn.Tanh(), nn.Linear(128, 10))


def chopped(setting, data, test, seed):
    """LeNet-5 trained by pulses of c_ttv2_reram_sb; one epoch, batches of 8, rate 0.05."""
    torch.manual_seed(seed)
    model, config, (fields, suggested) = lenet_model(), aimc.Config("c_ttv2_reram_sb"), SETTINGS[setting]
    if suggested:
        config["optimizer"] = aimc.Optimizer.suggest_config(aimc.Device("reram_sb"), "c_ttv2")
    config.update(fields)
    at.convert(model, config, ctx=aimc.Context(seed=seed, threads=1))
    train(model, at.AnalogSGD(model.parameters(), lr=0.05), data, 1, 8, seed)
    return accuracy(model, test)


def lenet(seed):
    """4,000 images of MNIST, once."""
    data, test = digits(4000)
    return {"trained": chopped("suggested, omega 0.3", data, test, seed)}


class Basic(nn.Module):
    """A block of ResNet-20 with shortcuts of option A: every other position, zeros for new channels."""

    def __init__(self, n_in, n_out, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(n_in, n_out, 3, stride, 1, bias=False), nn.BatchNorm2d(n_out)
        self.conv2, self.bn2 = nn.Conv2d(n_out, n_out, 3, 1, 1, bias=False), nn.BatchNorm2d(n_out)
        self.stride, self.more = stride, (n_out - n_in) // 2

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + F.pad(x[:, :, ::self.stride, ::self.stride], (0, 0, 0, 0, self.more, self.more)))


class ResNet20(nn.Module):
    """The names of the checkpoint."""

    def __init__(self):
        super().__init__()
        self.conv1, self.bn1, n_in = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), 16
        for stage, n_out in enumerate((16, 32, 64)):
            self.add_module(f"layer{stage + 1}", nn.Sequential(*(Basic(n_out if k else n_in, n_out, 1 if k or not stage else 2) for k in range(3))))
            n_in = n_out
        self.linear = nn.Linear(64, 10)

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(F.relu(self.bn1(self.conv1(x))))))
        return self.linear(x.mean((2, 3)))


def resnet(seed):
    """The pretrained network, converted: on ideal tiles all 10,000 test images; with the default read-out, and on PCM, 500 of them."""
    model, (x, labels) = ResNet20(), cifar("test_batch", 10000)
    x = (x - torch.tensor([0.485, 0.456, 0.406]).reshape(3, 1, 1)) / torch.tensor([0.229, 0.224, 0.225]).reshape(3, 1, 1)
    weights = np.load(file_of("models", "resnet20_cifar10_akamaster.npz"))
    model.load_state_dict({name: torch.from_numpy(weights[name]) for name in weights.files}, strict=False)
    few, found = (x[:500], labels[:500]), {}
    if seed == 1:
        digital = told(model, x)
        at.convert(model, {"device": "ideal", "forward.is_perfect": True})
        ideal = told(model, x)
        at.to_digital(model)
        found = {"digital": round(100 * float((digital == labels).float().mean()), 2), "trained": round(100 * float((ideal == labels).float().mean()), 2),
                 "images told otherwise on ideal tiles": int((ideal != digital).sum())}
    at.convert(model, {"device": "ideal", "mapping.weight_scaling_omega": 1.0, "mapping.weight_scaling_columnwise": True},
               ctx=aimc.Context(seed=seed, threads=1))
    found["default read-out"] = accuracy(model, few)
    at.program(model, PCM)
    at.drift_to(model, DAY)
    found["PCM, a day"] = accuracy(model, few)
    at.compensate(model)
    return {**found, "PCM, a day, compensated": accuracy(model, few)}


class Beats(nn.Module):
    """Two layers of LSTM over a heart beat of 35 values, and a layer that tells its class."""

    def __init__(self):
        super().__init__()
        self.lstm, self.tell = nn.LSTM(1, 16, num_layers=2, batch_first=True), nn.Linear(16, 5)

    def forward(self, x):
        return self.tell(self.lstm(x)[0][:, -1])


def beats():
    """ECG5000's 500 series, every fourth value; a split of our own: of five, three to train with."""
    table = np.loadtxt(file_of("ecg", "ECG5000_TRAIN.tsv"))
    x, labels = torch.tensor(table[:, 1::4, None], dtype=torch.float32), torch.tensor(table[:, 0].astype(np.int64) - 1)
    kept = torch.arange(len(x)) % 5 >= 3
    return (x[~kept], labels[~kept]), (x[kept], labels[kept])


def lstm(seed):
    """Hardware-aware."""
    torch.manual_seed(seed)
    return aware(Beats(), *beats(), seed, 0.01, 10, 20)


def lstm_pulses(seed):
    """By pulses of idealized devices."""
    torch.manual_seed(seed)
    model, (data, test) = Beats(), beats()
    at.convert(model, {"device": "idealized", "optimizer": "sgd", "mapping.weight_scaling_omega": 0.6}, exclude=["tell"],
               ctx=aimc.Context(seed=seed, threads=1))
    train(model, at.AnalogSGD(model.parameters(), lr=0.1, momentum=0.9), data, 10, 10, seed)
    return {"trained": accuracy(model, test)}


class ViT(nn.Module):
    """A vision transformer for digits: 16 patches of 7 x 7, width 32, 2 blocks of 4 heads."""

    def __init__(self):
        super().__init__()
        self.patches, self.place = nn.Conv2d(1, 32, 7, 7), nn.Parameter(torch.randn(16, 32) * 0.1)
        self.blocks = nn.ModuleList(nn.TransformerEncoderLayer(32, 4, 64, dropout=0.0, batch_first=True, norm_first=True) for _ in range(2))
        self.norm, self.head = nn.LayerNorm(32), nn.Linear(32, 10)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2) + self.place
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x.mean(1)))


def vit(seed):
    """4,000 images of MNIST, four times."""
    torch.manual_seed(seed)
    data, test = digits(4000)
    return aware(ViT(), data, test, seed, 0.003, 4, 32)


def swin(seed):
    """1,000 images of CIFAR-10, four times; the first stage is 6 wide, where the paper has 96."""
    torch.manual_seed(seed)
    return aware(Swin(10, 6), cifar("data_batch_1", 1000), cifar("test_batch", 500), seed, 0.001, 4, 16)


NETWORKS = {"LeNet-5, c-TTv2": lenet, "ResNet-20, converted": resnet, "LSTM of 2 layers, aware": lstm, "LSTM of 2 layers, pulses": lstm_pulses,
            "ViT, aware": vit, "Swin, aware": swin}


def run(rows, network, seed, made):
    """Quantities of one run, that the table does not hold."""
    if rows.where(network=network, seed=seed):
        return
    started = time.process_time()
    for quantity, value in made().items():
        rows.add({"network": network, "seed": seed, "quantity": quantity, "value": value, "seconds": f"{time.process_time() - started:.0f}"})


def table(rows):
    """A line for each network, seeds side by side."""
    columns = ["trained", "default read-out", "PCM, a day", "PCM, a day, compensated"]
    lines = []
    for network in {row["network"]: None for row in rows.where()}:
        mine = rows.where(network=network)
        values = [" ".join(row["value"] for row in mine if row["quantity"] == quantity) for quantity in columns]
        lines.append([network, *values, max(float(row["seconds"]) for row in mine)])
        lines += [[f"... {row['quantity']}", row["value"], "", "", "", ""] for row in mine if row["quantity"] not in columns]
    markdown(["network", *columns, "seconds of a run"], lines)


def main():
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", nargs="*", default=list(NETWORKS), choices=list(NETWORKS))
    parser.add_argument("--seeds", type=int, nargs="*", default=[1, 2, 3])
    parser.add_argument("--part", choices=["networks", "settings"], default="networks",
                        help="settings: those of LeNet-5 on the first 2400 images, tested with 1000 held out, seed 1")
    parser.add_argument("--results", type=pathlib.Path, default=TABLES / "pytorch.csv", help="rows; another file for a trial")
    args = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore", aimc.AimcWarning)  # trains that are full, and weights at the bounds, are what the study is about
    rows = rows_of(args.results, FIELDS, FIELDS[:3])
    if args.part == "settings":
        data, held_out = digits(2400)[0], digits(1000, 59000)[0]
        for name in SETTINGS:
            run(rows, f"LeNet-5, 300 steps: {name}", 1, lambda name=name: {"trained": chopped(name, data, held_out, 1)})
    for network in args.networks if args.part == "networks" else ():
        for seed in args.seeds:
            run(rows, network, seed, lambda network=network, seed=seed: NETWORKS[network](seed))
    table(rows)


if __name__ == "__main__":
    main()
