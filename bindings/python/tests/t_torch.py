# SPDX-License-Identifier: MIT
"""aimc.torch: layers on tiles are those of PyTorch where tiles are ideal, train, resume, and answer mistakes by a sentence."""
import copy
import io
import pickle
import re
import sys
import warnings

from common import SOURCE, aimc, main, np, unittest

try:
    import torch
except ImportError:
    print("skipped: there is no torch for this Python")
    sys.exit(77)

from torch import nn
import aimc.torch as at
from aimc.datasets import read_idx

IDEAL = {"device": "ideal", "forward.is_perfect": True, "backward.is_perfect": True}
NOISY = "c_ttv2_reram_sb"


def same(ours, theirs, bound=1e-5):
    assert ours.shape == theirs.shape, (ours.shape, theirs.shape)
    worst = float((ours - theirs).abs().max()) if ours.numel() else 0.0
    assert worst <= bound * max(1.0, float(theirs.abs().max()) if theirs.numel() else 0), worst


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1, self.c2 = nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 8, 3, stride=2)
        self.fc, self.head = nn.Linear(8 * 3 * 3, 16), nn.Linear(16, 3)

    def forward(self, x):
        x = torch.relu(self.c2(torch.relu(self.c1(x))))
        return self.head(torch.relu(self.fc(x.flatten(1))))


def digits(n=40):
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(n, 1, 8, 8, generator=generator)
    return x, (x[:, 0, :, :3].sum((1, 2)) > 0).long() + (x[:, 0, :, 5:].sum((1, 2)) > 0).long()


class Layers(unittest.TestCase):
    """With ideal tiles, outputs and all gradients are those of the digital layer."""

    def check(self, digital, *shape, call=lambda module, x: module(x)):
        torch.manual_seed(3)
        digital.zero_grad()
        model = nn.Sequential(copy.deepcopy(digital))
        at.convert(model, IDEAL)
        x = torch.randn(*shape)
        ours, theirs = x.clone().requires_grad_(), x.clone().requires_grad_()
        y, z = call(model[0], ours), call(digital, theirs)
        y, z = (v if isinstance(v, (tuple, list)) else (v,) for v in (y, z))
        for a, b in zip(y, z):
            if isinstance(b, torch.Tensor):
                same(a, b)
        weights = [torch.randn_like(b) for b in z if isinstance(b, torch.Tensor)]
        sum((a * w).sum() for a, w in zip(y, weights)).backward()
        sum((b * w).sum() for b, w in zip(z, weights)).backward()
        same(ours.grad, theirs.grad)
        opt = at.AnalogSGD(model, lr=0.1)
        opt.step()
        torch.optim.SGD(digital.parameters(), lr=0.1).step()
        back = at.to_digital(model)[0]
        for (name, a), b in zip(back.state_dict().items(), digital.state_dict().values()):
            with self.subTest(name):
                same(a, b)

    def test_linear(self):
        self.check(nn.Linear(5, 3), 4, 5)
        self.check(nn.Linear(5, 3, bias=False), 5)
        self.check(nn.Linear(5, 3), 2, 7, 5)
        self.check(nn.Linear(5, 3), 0, 5)

    def test_convolutions(self):
        self.check(nn.Conv1d(3, 4, 3, stride=2, padding=1), 2, 3, 11)
        self.check(nn.Conv2d(3, 4, (3, 2), stride=(1, 2), padding=(2, 1), dilation=(1, 2)), 2, 3, 9, 8)
        self.check(nn.Conv2d(4, 6, 3, groups=2, bias=False), 2, 4, 6, 5)
        self.check(nn.Conv2d(4, 4, 3, groups=4, padding=1), 1, 4, 6, 5)
        self.check(nn.Conv2d(2, 3, 4, padding="same"), 2, 2, 6, 7)
        self.check(nn.Conv2d(2, 3, 3, padding=1, padding_mode="reflect"), 2, 2, 6, 7)
        self.check(nn.Conv3d(2, 3, 2), 2, 2, 4, 5, 3)
        self.check(nn.Conv2d(2, 3, 3), 2, 6, 7)
        self.check(nn.Conv2d(2, 3, 3), 2, 2, 6, 7, call=lambda m, x: m(x.to(memory_format=torch.channels_last)))

    def test_recurrent(self):
        for digital in (nn.RNN(3, 4), nn.RNN(3, 4, nonlinearity="relu", batch_first=True), nn.GRU(3, 4, num_layers=2),
                        nn.LSTM(3, 4, bidirectional=True, batch_first=True), nn.LSTM(3, 4, num_layers=2, bias=False)):
            self.check(digital, 5, 2, 3, call=lambda m, x: [m(x)[0]] + list(torch.atleast_1d(*[m(x)[1]])
                                                                              if isinstance(m(x)[1], torch.Tensor) else m(x)[1]))

    def test_attention(self):
        mask = torch.triu(torch.ones(5, 5, dtype=torch.bool), 1)
        for digital in (nn.MultiheadAttention(8, 2, batch_first=True), nn.MultiheadAttention(8, 4, bias=False)):
            self.check(digital, 5, 5, 8, call=lambda m, x: m(x, x, x, attn_mask=mask)[0])
            self.check(digital, 5, 5, 8, call=lambda m, x: m(x, x + 1, x * 2)[0])


class Training(unittest.TestCase):
    @staticmethod
    def train(model, opt, steps, seed=0):
        x, t = digits()
        generator = torch.Generator().manual_seed(seed)
        for _ in range(steps):
            pick = torch.randperm(len(x), generator=generator)[:10]
            opt.zero_grad()
            loss = nn.functional.cross_entropy(model(x[pick]), t[pick])
            loss.backward()
            opt.step()
        return float(loss)

    def make(self, config=NOISY, **options):
        torch.manual_seed(5)
        model = LeNet()
        report = at.convert(model, config, ctx=aimc.Context(seed=7), **options)
        return model, report

    def test_learns_on_noisy_devices(self):
        model, report = self.make({"device": "idealized", "optimizer": "sgd"}, exclude=["head"])
        self.assertEqual([layer.name for layer in report], ["c1", "c2", "fc"])
        opt = at.AnalogSGD(model.parameters(), lr=0.1, momentum=0.9)
        schedule = torch.optim.lr_scheduler.StepLR(opt, 40, 0.5)
        first = self.train(model, opt, 1)
        last = self.train(model, opt, 80)
        schedule.step()
        self.assertLess(last, 0.7 * first)
        self.assertIn("c1.weight", at.summary(model))
        self.assertGreater(next(at.analog_weights(model))[1].matrix.counters.pulses_up, 0)

    def test_stop_and_resume_is_the_same_run(self):
        model, _ = self.make(exclude=["head"])
        opt = at.AnalogSGD(model.parameters(), lr=0.1, momentum=0.9)
        self.train(model, opt, 3)
        file = io.BytesIO()
        torch.save({"model": model.state_dict(), "opt": opt.state_dict()}, file)
        file.seek(0)
        other, _ = self.make(exclude=["head"])
        again = at.AnalogSGD(other.parameters(), lr=0.1, momentum=0.9)
        kept = torch.load(file)
        other.load_state_dict(kept["model"])
        again.load_state_dict(kept["opt"])
        a, b = self.train(model, opt, 4, 9), self.train(other, again, 4, 9)
        self.assertEqual(a, b)
        for (name, ours), theirs in zip(model.state_dict().items(), other.state_dict().values()):
            self.assertTrue(torch.equal(ours, theirs), name)

    def test_groups_have_one_weight_and_many_states(self):
        model = nn.Sequential(nn.Conv2d(4, 4, 3, groups=2))
        at.convert(model, NOISY)
        state = model.state_dict()
        self.assertEqual(list(state), ["0.bias", "0.weight", "0.weight.devices", "0.weight.devices1"])
        self.assertEqual(tuple(state["0.weight"].shape), (4, 2, 3, 3))
        other = nn.Sequential(nn.Conv2d(4, 4, 3, groups=2))
        at.convert(other, NOISY)
        other.load_state_dict(state)
        x = torch.randn(2, 4, 6, 6)
        self.assertTrue(torch.equal(model(x), other(x)))
        bad = {**state, "0.weight.devices1": state["0.weight.devices1"][:100]}
        with self.assertRaisesRegex(RuntimeError, "devices"):
            other.load_state_dict(bad)

    def test_copies_and_pickles_live_alone(self):
        model, _ = self.make()
        x, _ = digits(4)
        others = [copy.deepcopy(model), pickle.loads(pickle.dumps(model))]
        want = model.eval()(x)
        for other in others:
            self.assertTrue(torch.equal(other.eval()(x), want))
        others[0].fc.weight = torch.zeros(16, 72)
        self.assertGreater(float(model.fc.weight.abs().max()), 0)

    def test_gradients_of_several_passes_add_up(self):
        torch.manual_seed(2)
        digital = nn.Linear(4, 2)
        model = nn.Sequential(copy.deepcopy(digital))
        at.convert(model, IDEAL)
        opt, ref = at.AnalogSGD(model, lr=0.5), torch.optim.SGD(digital.parameters(), lr=0.5)
        for module in (model, digital):
            for k in range(3):
                (module(torch.full((2, 4), 0.1 * (k + 1))) ** 2).sum().backward()
        opt.step(), ref.step()
        same(model[0].weight, digital.weight)
        opt.zero_grad()
        model(torch.ones(2, 4)).sum().backward()
        opt.zero_grad()
        before = model[0].weight
        opt.step()
        self.assertTrue(torch.equal(model[0].weight, before))

    def test_shared_and_frozen_layers(self):
        layer = nn.Linear(3, 3)
        model = nn.Sequential(layer, nn.Tanh(), layer)
        self.assertEqual(len(at.convert(model, IDEAL)), 1)
        self.assertIs(model[0], model[2])
        model[0].weight_of().requires_grad_(False)
        opt, before = at.AnalogSGD(model, lr=1.0), model[0].weight
        model(torch.ones(2, 3)).sum().backward()
        opt.step()
        self.assertTrue(torch.equal(model[0].weight, before))
        self.assertFalse(torch.equal(model[0].bias, torch.zeros(3)))

    def test_other_optimizers(self):
        model, _ = self.make(exclude=["head"])
        opt = at.analog_optimizer(torch.optim.AdamW)(model, lr=0.01)
        first = self.train(model, opt, 1)
        self.assertLess(self.train(model, opt, 60), first)

    def test_life_on_a_chip(self):
        model, _ = self.make(IDEAL)
        x, _ = digits(64)
        want = model(x).detach()
        report = at.program(model, {"noise_model": "pcm_like", "compensation.method": "GLOBAL"})
        self.assertEqual(set(report), {"c1.weight", "c2.weight", "fc.weight", "head.weight"})
        off = []
        for act in (lambda: None, lambda: at.drift_to(model, 3e7), lambda: at.compensate(model), lambda: at.unprogram(model)):
            act()
            off.append(float((model(x) - want).abs().mean()))
        self.assertTrue(0 < off[0] < off[1] and off[2] < off[1] and off[3] < 1e-6, off)
        with self.assertRaises(aimc.StateError):
            at.drift_to(model, 1.0)
        ranges = at.calibrate(model, [(x, None)], {"method": "MAX"})
        self.assertAlmostEqual(ranges["c1.weight"], float(x.abs().max()), places=4)

    def test_digital_checkpoints_load(self):
        digital = LeNet()
        model, _ = self.make(IDEAL)
        model.load_state_dict(digital.state_dict())
        x, _ = digits(5)
        same(model(x), digital(x))
        with self.assertRaisesRegex(RuntimeError, "fc.weight"):
            model.load_state_dict({key: value for key, value in digital.state_dict().items() if key != "fc.weight"})
        with self.assertRaisesRegex(RuntimeError, "surplus"):
            model.load_state_dict({**digital.state_dict(), "surplus": torch.zeros(1)})
        model.load_state_dict({"fc.weight": digital.fc.weight}, strict=False)
        mixed = LeNet()
        at.convert(mixed, {"c*": IDEAL, "fc": NOISY}, patterns=True)
        self.assertIsInstance(mixed.head, nn.Linear)
        self.assertIn("soft_bounds", repr(mixed.fc))

    def test_threads_do_not_matter(self):
        outputs = []
        for threads in (1, 2, 4):
            torch.manual_seed(5)
            model = LeNet()
            at.convert(model, NOISY, ctx=aimc.Context(seed=7, threads=threads))
            self.train(model, at.AnalogSGD(model, lr=0.1), 3)
            outputs.append([p.read() for _, p in at.analog_weights(model)])
        for other in outputs[1:]:
            for a, b in zip(outputs[0], other):
                self.assertTrue(torch.equal(a, b))


    def test_settings_that_suit_noisy_pulses(self):
        """reram_sb: the noise of a pulse is 3.75 steps, so that the published settings, which write one at a time, write noise."""
        x = read_idx(SOURCE / "data/digits/digits-images-idx3-ubyte.gz").reshape(-1, 64) / np.float32(16)
        labels = torch.from_numpy(read_idx(SOURCE / "data/digits/digits-labels-idx1-ubyte.gz").astype(np.int64))
        x, test = torch.from_numpy(x), torch.arange(len(x)) % 5 == 2
        suited = aimc.Config(NOISY)
        suited["optimizer"] = aimc.Optimizer.suggest_config(aimc.Device("reram_sb"), "c_ttv2")
        right = []
        for config in (NOISY, suited):
            torch.manual_seed(1)
            model = nn.Sequential(nn.Linear(64, 32), nn.Tanh(), nn.Linear(32, 10))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", aimc.AimcWarning)
                at.convert(model, config, ctx=aimc.Context(seed=1))
                opt = at.AnalogSGD(model.parameters(), lr=0.05)
                for _ in range(8):
                    for pick in torch.randperm(int((~test).sum())).split(8):
                        opt.zero_grad()
                        nn.functional.cross_entropy(model(x[~test][pick]), labels[~test][pick]).backward()
                        opt.step()
            right.append(float((model.eval()(x[test]).argmax(1) == labels[test]).float().mean()))
        self.assertTrue(right[0] < 0.6 and right[1] > 0.8, right)


class HardwareAware(unittest.TestCase):
    """Fields of "hwa" do in PyTorch what they do in a network of libaimc."""

    def layer(self, **fields):
        torch.manual_seed(2)
        model = nn.Sequential(nn.Linear(4, 3, bias=False))
        at.convert(model, {**IDEAL, **fields})
        return model, model[0].weight_of()

    def test_weights_are_modified_from_the_first_pass_to_the_step(self):
        model, weight = self.layer(**{"hwa.modifier.type": "ADD_NORMAL", "hwa.modifier.std_dev": .3})
        opt, x, w = at.AnalogSGD(model, lr=0.0), torch.eye(4), model[0].weight
        first, again = model(x), model(x)
        same(model[0].weight, w)  # a checkpoint in the middle holds the weights themselves
        assert torch.equal(first, again) and not torch.allclose(first.T, w, atol=.01)
        first.sum().backward()
        with torch.no_grad():
            same(model.eval()(x).T, w)
        model.train()
        opt.step()
        assert not torch.allclose(model(x), first)
        same(model[0].weight, w)
        model.requires_grad_(False)  # a frozen weight is read as it is
        opt.zero_grad()
        same(model(x).T, w)
        assert weight.matrix.shape == (3, 4)

    def test_input_range_is_learned(self):
        model, weight = self.layer(**{"hwa.input_range.enable": True, "hwa.input_range.init_value": 2.0, "hwa.input_range.init_from_data": 0})
        model[0].weight = torch.tensor([[-1.0, 1, 2, 1], [0, 0, 0, 0], [0, 0, 0, 0]])
        opt = at.AnalogSGD(model, lr=0.1)
        for wanted in (True, False):  # it is learned also where the input needs no gradient
            weight.matrix.input_range = 2.0
            x = torch.tensor([[3, -3, 3, .5]], requires_grad=wanted)
            opt.zero_grad()
            y = model(x)
            same(y[:, 0], torch.tensor([-2 - 2 + 4 + .5]))
            y[:, 0].sum().backward()
            if wanted:
                same(x.grad, torch.tensor([[0.0, 0, 0, 1]]))
                model[0].weight = torch.tensor([[-1.0, 1, 2, 1], [0, 0, 0, 0], [0, 0, 0, 0]])
            opt.step()
            self.assertAlmostEqual(weight.matrix.input_range, 2.4, 5)  # as t_hwa.c derives it
            model[0].weight = torch.tensor([[-1.0, 1, 2, 1], [0, 0, 0, 0], [0, 0, 0, 0]])

    def test_weights_are_modified_in_tests_where_that_is_asked_for(self):
        fields = {"hwa.modifier.type": "ADD_NORMAL", "hwa.modifier.std_dev": .3, "hwa.modifier.enable_during_test": True}
        model, _ = self.layer(**fields)
        opt, x, w = at.AnalogSGD(model, lr=0.0), torch.eye(4), model[0].weight
        for one in (model, copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
            with torch.no_grad():
                first, second = one.eval()(x), one(x)
                assert not torch.allclose(first, second, atol=.01) and not torch.allclose(first.T, w, atol=.01)
                same(one[0].weight, w)
        drawn = model.train()(x)
        drawn.sum().backward()
        with torch.no_grad():
            model.eval()(x)
        model.train()
        opt.step()
        same(model[0].weight, w)
        with self.assertRaisesRegex(aimc.UnsupportedError, "enable_during_test.*init_from_data"):
            self.layer(**fields, **{"hwa.input_range.enable": True})


class Silent(unittest.TestCase):
    """What would go wrong without a word."""

    def model(self):
        torch.manual_seed(4)
        return nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 2))

    def test_memory_that_is_used_again(self):
        digital = self.model()
        model = copy.deepcopy(digital)
        at.convert(model, IDEAL)
        buffer, opt = torch.empty(5, 4), at.AnalogSGD(model, lr=.1)
        for one in (model, digital):
            for k in range(3):
                buffer.copy_(torch.randn(5, 4, generator=torch.Generator().manual_seed(k)))
                one(buffer).square().mean().backward()
        opt.step()
        torch.optim.SGD(digital.parameters(), lr=.1).step()
        same(model[0].weight, digital[0].weight.detach())
        x = torch.randn(5, 4, requires_grad=True) * 1
        y = model[0](x)
        x += 1
        with self.assertRaisesRegex(RuntimeError, "inplace"):
            y.sum().backward()

    def test_frozen_layers_and_hooks_stay(self):
        model = nn.Sequential(nn.Conv2d(2, 4, 1, groups=2), nn.Linear(3, 3))
        model[0].weight.requires_grad_(False)
        model[1].bias.requires_grad_(False)
        calls = []
        model[1].register_forward_hook(lambda *_: calls.append(1))
        at.convert(model, IDEAL)
        model[1](torch.ones(1, 3))
        for one in (model, pickle.loads(pickle.dumps(model[:1])), copy.deepcopy(model)):
            assert not any(weight.requires_grad for weight in one[0].weights_of())
        assert model[1].weight_of().requires_grad and not model[1].bias.requires_grad and calls == [1]
        at.to_digital(model)
        assert [p.requires_grad for p in model.parameters()] == [False, True, True, False]

    def test_checkpoint_of_other_devices(self):
        noisy, ideal = self.model(), self.model()
        at.convert(noisy, NOISY)
        at.convert(ideal, IDEAL)
        with self.assertRaisesRegex(RuntimeError, "saved from .* of ideal.* the model has .* soft_bounds_reference"):
            noisy.load_state_dict(ideal.state_dict())

    def test_double_precision_goes_through(self):
        model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Conv1d(1, 2, 1)).double()
        wanted = model[1](model[0](torch.ones(2, 4).double()))
        at.convert(model, IDEAL)
        x = torch.ones(2, 4, dtype=torch.float64, requires_grad=True)
        y = model[1](model[0](x))
        same(y, wanted)
        y.sum().backward()
        assert model[2](y[:, None]).dtype == x.grad.dtype == model[0].bias.dtype == torch.float64
        assert {p.dtype for p in at.to_digital(model).parameters()} == {torch.float64}

    def test_maximize(self):
        model, digital = self.model(), self.model()
        at.convert(model, IDEAL)
        x = torch.ones(1, 4)
        for one, make in ((model, at.AnalogSGD), (digital, torch.optim.SGD)):
            opt = make(one.parameters(), lr=.1, maximize=True)
            one(x).sum().backward()
            opt.step()
        same(model[0].weight, digital[0].weight.detach())

    def test_tied_weights(self):
        model = nn.ModuleDict({"embedding": nn.Embedding(5, 4), "decoder": nn.Linear(4, 5)})
        model["decoder"].weight = model["embedding"].weight
        with self.assertRaisesRegex(aimc.UnsupportedError, "embedding.weight and decoder.weight are one"):
            at.convert(model, IDEAL)
        assert type(model["decoder"]) is nn.Linear

    def test_exclude(self):
        model = nn.ModuleDict({"head": self.model(), "a": nn.Linear(2, 2)})
        done = at.convert(model, IDEAL, exclude="head")
        assert [one.name for one in done] == ["a"]
        with self.assertRaisesRegex(aimc.InvalidError, "no module matches 'hed'"):
            at.convert(nn.Sequential(nn.Linear(2, 2)), IDEAL, exclude=["hed"])

    def test_masks_and_states(self):
        torch.manual_seed(1)
        digital = nn.MultiheadAttention(8, 2, batch_first=True)
        model, x = nn.Sequential(copy.deepcopy(digital)), torch.randn(3, 5, 8)
        at.convert(model, IDEAL)
        marks = torch.triu(torch.ones(5, 5), 1).bool()
        for mask in (marks, marks.float() * -3, marks.repeat(6, 1, 1)):
            same(model[0](x, x, x, attn_mask=mask)[0], digital(x, x, x, attn_mask=mask)[0])
        same(model[0](x, x, x, attn_mask=marks, is_causal=True)[0], digital(x, x, x, attn_mask=marks)[0])
        with self.assertRaisesRegex(aimc.InvalidError, "give attn_mask"):
            model[0](x, x, x, is_causal=True)
        same(model[0](x, x, x, attn_mask=marks.to(torch.uint8))[0], digital(x, x, x, attn_mask=marks)[0])
        layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).eval()
        wanted = layer(x)
        at.convert(layer, IDEAL)
        same(layer(x), wanted)
        lstm = nn.Sequential(nn.LSTM(4, 3))
        at.convert(lstm, IDEAL)
        with self.assertRaisesRegex(aimc.ShapeError, "hx is of shapes"):
            lstm[0](torch.ones(2, 5, 4), (torch.zeros(1, 1, 3), torch.zeros(1, 1, 3)))


class Chip(unittest.TestCase):
    """Calibration, compensation with data, and energy of a whole model."""

    def test_calibration_keeps_modes_and_fails_whole(self):
        torch.manual_seed(1)
        model, (x, _) = LeNet(), digits()
        model.norm = nn.BatchNorm1d(3)
        at.convert(model, {**IDEAL, "hwa.input_range.enable": True, "hwa.input_range.init_value": 7.0})
        model.norm.eval()
        with self.assertRaises(aimc.Error):
            at.calibrate(model, [x, torch.randn(2, 1, 3)], {"method": "MAX"})
        assert {w.matrix.input_range for _, w in at.analog_weights(model)} == {7.0}
        with self.assertRaisesRegex(aimc.StateError, "c1.weight"):
            at.calibrate(model, [x * 0], {"method": "MAX"})
        assert {w.matrix.input_range for _, w in at.analog_weights(model)} == {7.0}
        ranges = at.calibrate(model, [x], {"method": "MAX"})
        self.assertAlmostEqual(ranges["c1.weight"], float(x.abs().max()), 5)
        assert model.training and model.fc.training and not model.norm.training

    def test_compensation_sees_real_activations(self):
        torch.manual_seed(1)
        model, (x, _) = LeNet(), digits()
        wanted = model(x).detach()
        at.convert(model, {"device": "ideal", "forward.is_perfect": True})
        at.program(model, {"noise_model": "pcm_like", "compensation.method": "REFIT"})
        at.drift_to(model, 1e7)
        error = lambda: float((model(x) - wanted).detach().square().mean())
        plain = error()
        reports = at.compensate(model, [x[:20], x[20:]])
        assert sorted(reports) == sorted(name for name, _ in at.analog_weights(model))
        assert error() < plain / 3, (plain, error())
        with self.assertRaisesRegex(aimc.InvalidError, "once"):
            at.compensate(model, iter([x]))

    def test_energy_is_that_of_the_matrices(self):
        model, (x, _) = LeNet(), digits()
        at.convert(model, NOISY)
        model(x)
        found, cost = at.energy(model), aimc.CostModel()
        matrices = {name: weight.matrix for name, weight in at.analog_weights(model)}
        assert found.pop("total") == cost.account(*matrices.values())
        assert found == {name: cost.account(matrix) for name, matrix in matrices.items()}
        assert all(one.energy_j > 0 for one in found.values())


class Mistakes(unittest.TestCase):
    def test_sentences(self):
        model = nn.Sequential(nn.Linear(4, 3))
        at.convert(model, IDEAL)
        x = torch.ones(2, 4)

        def second():
            seen = x.clone().requires_grad_()
            torch.autograd.grad(model(seen).sum(), seen, create_graph=True)

        def infinite():
            (model(x) * float("inf")).sum().backward()

        def of_another_version():
            state = model.state_dict()
            devices = state["0.weight.devices"].numpy().tobytes().replace(b'"aimc.format":"2"', b'"aimc.format":"9"')
            return {**state, "0.weight.devices": torch.from_numpy(np.frombuffer(devices, np.uint8).copy())}

        for call, error, words in (
                (lambda: model(torch.ones(2, 5)), aimc.ShapeError, "last dimension must be 4"),
                (lambda: model(torch.full((2, 4), float("nan"))), aimc.InvalidError, "not finite"),
                (lambda: model(torch.ones(2, 4, dtype=torch.complex64)), aimc.WrongTypeError, "complex64"),
                (lambda: model(torch.ones(2, 4, device="meta")), aimc.UnsupportedError, "on meta"),
                (lambda: at.AnalogSGD(nn.Linear(2, 2).parameters(), lr=0.1), aimc.InvalidError, "at.convert"),
                (lambda: at.convert(model, IDEAL), aimc.InvalidError, "already"),
                (lambda: at.convert(nn.Linear(2, 2), IDEAL), aimc.InvalidError, "nn.Sequential"),
                (lambda: at.convert(nn.Sequential(nn.ReLU()), IDEAL), aimc.InvalidError, "no layer"),
                (lambda: at.convert(nn.Sequential(nn.Linear(2, 2)), "c_ttv3_reram"), aimc.InvalidError, "did you mean"),
                (lambda: at.program(nn.Sequential(nn.ReLU())), aimc.StateError, "at.convert"),
                (lambda: setattr(model[0], "weight", torch.zeros(2, 2)), aimc.ShapeError, r"must be \(3, 4\)"),
                (lambda: model.load_state_dict({"0.weight": torch.zeros(2, 2), "0.bias": torch.zeros(3)}), RuntimeError, "must be"),
                (lambda: at.AnalogConv2d(3, 4, 3, groups=2), aimc.ShapeError, "groups"),
                (lambda: at.AnalogConv2d(3, 4, 3)(torch.ones(1, 2, 5, 5)), aimc.ShapeError, "is needed"),
                (lambda: at.AnalogConv2d(3, 4, 7)(torch.ones(1, 3, 5, 5)), aimc.ShapeError, "larger than"),
                (second, aimc.UnsupportedError, "second derivative"),
                (infinite, aimc.InvalidError, "not finite"),
                (lambda: model(torch.full((2, 4), float("inf"))), aimc.InvalidError, "not finite"),
                (lambda: at.drift_to(model, 1.0), aimc.StateError, "program"),
                (lambda: at.compensate(model), aimc.StateError, "program"),
                (lambda: at.calibrate(model, []), aimc.StateError, "0.weight"),
                (lambda: setattr(model[0], "weight", torch.full((3, 4), float("nan"))), aimc.InvalidError, "finite"),
                (lambda: at.AnalogSGD(model, lr=-1.0), ValueError, "learning rate"),
                (lambda: model.to("meta"), aimc.UnsupportedError, "stay on the CPU.*at.aware"),
                (lambda: model.load_state_dict(of_another_version()), RuntimeError, "0.weight.devices.*format"),
                (lambda: at.AnalogSGD(torch.optim.SGD(model.parameters(), lr=0.1).param_groups[0]["params"][1:], lr=0.1), aimc.InvalidError,
                 "no weight on tiles")):
            with self.subTest(words):
                before = model[0].weight
                with self.assertRaisesRegex(error, words):
                    call()
                same(model[0].weight, before, 0)  # nothing half-changed
        self.assertEqual(at.AnalogSGD(model, lr=0.1).step(), None)  # without a pass nothing happens


    def test_an_optimizer_that_knows_no_tiles(self):
        model = nn.Sequential(nn.Linear(4, 3))
        at.convert(model, IDEAL)
        opt, x = torch.optim.SGD(model.parameters(), lr=0.1), torch.ones(2, 4)

        def train(opt):
            for _ in range(260):
                model(x).sum().backward()
            opt.zero_grad()

        with self.assertWarnsRegex(aimc.AimcWarning, "no analog optimizer has.*at.AnalogSGD"):
            train(opt)
        model[0].weight_of().clear()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            train(at.AnalogSGD(model.parameters(), lr=0.1))


class Page(unittest.TestCase):
    def test_blocks_of_the_page_run(self):
        page = (SOURCE / "docs/torch.md").read_text(encoding="utf-8")
        scope = {}
        for block in re.findall(r"```python\n(.*?)```", page, re.S):
            exec(compile(block, "docs/torch.md", "exec"), scope)  # pylint: disable=exec-used
        self.assertGreater(float(scope["accuracy"]), 0.75)

    def test_rows_of_the_tables_run(self):
        """The first code of every right side, in turn; a row without one fails."""
        page = (SOURCE / "docs/torch.md").read_text(encoding="utf-8")
        for peer, n_rows in (("aihwkit", 27), ("CrossSim", 6), ("aihwkit-lightning", 6)):
            rows = page.split(f"| {peer} | here |\n|---|---|\n")[1].split("\n\n")[0].splitlines()
            self.assertEqual(len(rows), n_rows)
            torch.manual_seed(1)
            digital = nn.Sequential(nn.Linear(64, 8), nn.ReLU(), nn.Linear(8, 2))
            scope = {"aimc": aimc, "at": at, "torch": torch, "copy": copy, "digital": digital, "model": copy.deepcopy(digital),
                     "x": torch.rand(9, 64), "t": torch.zeros(9).long()}
            for row in rows:
                with self.subTest(row):
                    code = re.fullmatch(r"\| .+ \| [^`]*`([^`]+)`[^`]*(`.*)? \|", row)
                    self.assertIsNotNone(code, "the row has no code that could run")
                    exec(code[1], scope)  # pylint: disable=exec-used


if __name__ == "__main__":
    main()
