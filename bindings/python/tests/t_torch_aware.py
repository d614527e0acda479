# SPDX-License-Identifier: MIT
"""Hardware-aware training of ordinary parameters: by the same law as the tiles of the library."""
import copy
import io
import pickle
import sys

from common import aimc, main, np, unittest

try:
    import torch
except ImportError:
    print("skipped: there is no torch for this Python")
    sys.exit(77)

from torch import nn
from torch.utils.checkpoint import checkpoint
import aimc.torch as at

QUIET = {"device": "ideal", "forward.out_noise": 0}
EXACT = {"device": "ideal", "forward.is_perfect": True, "backward.is_perfect": True}


def same(ours, theirs, bound=1e-5):
    assert ours.shape == theirs.shape, (ours.shape, theirs.shape)
    if theirs.numel() == 0:
        return
    assert torch.allclose(ours, theirs, rtol=bound, atol=bound * max(1.0, float(theirs.abs().max()))), float((ours - theirs).abs().max())


def pair(digital, config, seed=1):
    """The same layer trained by operations of PyTorch, and on tiles."""
    models = [nn.Sequential(copy.deepcopy(digital)) for _ in range(2)]
    at.aware(models[0], config)
    at.convert(models[1], config, ctx=aimc.Context(seed=seed))
    return models


class Readout(unittest.TestCase):
    """Without noise: the same numbers."""

    def check(self, config, digital=None, shape=(40, 12), step=None):
        torch.manual_seed(1)
        digital = digital or nn.Linear(12, 7)
        ours, tiles = pair(digital, {**QUIET, **config})
        x = torch.randn(*shape)
        a, b = ours.eval()(x), tiles.eval()(x)
        if step is None:
            same(a, b)
        else:  # sums in another order may round to the next code
            off = (a - b).abs()
            close = off <= 1e-5 * b.abs().max()
            assert float(close.float().mean()) > 0.995 and float(off.max()) < 1.01 * step, (float(close.float().mean()), float(off.max()))

    def test_converters_and_management(self):
        for config in ({"forward.out_res": -1}, {"forward.out_res": -1, "forward.inp_res": 1 / 14},
                       {"forward.out_res": -1, "forward.noise_management": "NONE", "forward.inp_bound": 1.5},
                       {"forward.out_res": -1, "forward.noise_management": "CONSTANT", "forward.nm_thres": 2.0},
                       {"forward.out_res": -1, "forward.noise_management": "MAX"},
                       {"forward.out_res": -1, "forward.noise_management": "ABS_MAX", "forward.nm_thres": 1.0},
                       {"forward.out_res": -1, "forward.noise_management": "ABS_MAX_NP_SUM", "forward.out_bound": 1.0},
                       {"forward.out_res": -1, "forward.out_bound": 0.3}, {"forward.out_res": -1, "forward.out_bound": 0.3,
                                                                           "forward.bound_management": "NONE"},
                       {"forward.out_res": -1, "forward.out_bound": 0.3, "forward.bound_management": "ITERATIVE_WORST_CASE"},
                       {"forward.out_res": -1, "forward.bound_management": "SHIFT"},
                       {"forward.out_res": -1, "forward.out_bound": 0.3, "forward.bm_test_negative_bound": False},
                       {"forward.out_res": -1, "forward.inp_asymmetry": 0.1, "forward.out_asymmetry": 0.2, "forward.out_scale": 1.5},
                       {"forward.out_res": -1, "forward.mv_type": "POS_NEG_SEPARATE"},
                       {"forward.out_res": -1, "forward.mv_type": "POS_NEG_SEPARATE_DIGITAL_SUM", "forward.out_asymmetry": 0.2},
                       {"forward.mv_type": "IDEAL"}):
            with self.subTest(str(config)):
                self.check(config)

    def test_adc(self):
        self.check({"forward.noise_management": "NONE", "forward.out_bound": 2.0}, step=4.0 / 510)

    def test_tiles_and_scales(self):
        for more in ({}, {"mapping.weight_scaling_omega": 0.6}, {"mapping.weight_scaling_omega": 0.6, "mapping.weight_scaling_columnwise": True}):
            config = {"forward.out_res": -1, "mapping.max_input_size": 5, "mapping.max_output_size": 3, **more}
            self.check(config)
            self.check(config, nn.Conv2d(4, 6, 3, groups=2, padding=1, stride=2), (3, 4, 7, 6))
        self.check({"forward.out_res": -1}, nn.Conv1d(3, 4, 3, padding="same", padding_mode="circular"), (3, 3, 9))
        self.check({"forward.out_res": -1}, nn.Conv3d(2, 3, 2, dilation=2), (2, 2, 5, 4, 6))
        self.check({"forward.out_res": -1}, shape=(0, 12))
        self.check({"forward.out_res": -1}, shape=(2, 3, 12))

    def test_zeros_are_not_read(self):
        model = nn.Sequential(nn.Linear(3, 2, bias=False))
        at.aware(model, {"device": "ideal"})
        assert torch.equal(model(torch.zeros(4, 3)), torch.zeros(4, 2))

    def test_discretised_weights(self):
        for config in ({"type": "DISCRETIZE", "res": 0.13}, {"type": "DOREFA", "res": 20}, {"type": "DISCRETIZE", "res": 0.2, "copy_last_column": True},
                       {"type": "DISCRETIZE", "rel_to_actual_wmax": False, "assumed_wmax": 0.7},
                       {"type": "PCM_NOISE", "std_dev": 0.0, "pcm_zero_thres": 9.0}, {"type": "DROP_CONNECT", "pdrop": 1.0}):
            torch.manual_seed(1)
            ours, tiles = pair(nn.Linear(12, 7), {**EXACT, "mapping.max_input_size": 6, **{"hwa.modifier." + key: v for key, v in config.items()}})
            x = torch.randn(9, 12)
            with self.subTest(str(config)):
                a, b = ours(x), tiles(x)
                same(a, b, 2e-5)
                assert config["type"] == "PCM_NOISE" or float((a - ours.eval()(x)).abs().max()) > 1e-3


class Noise(unittest.TestCase):
    """With noise: the same moments. Of n draws each, means and standard deviations s differ by less than 5 standard errors, which are
    sqrt(2 s^2 / n), and s sqrt(2 (k - 1) / (4 n)) with the kurtosis k of the draws."""

    N = 20000

    def agree(self, ours, theirs):
        n = len(ours)
        a, b = ours.double(), theirs.double()
        mean = (a.mean(0) - b.mean(0)).abs()
        error = ((a.var(0) + b.var(0)) / n).sqrt()
        assert bool((mean <= 5 * error + 1e-6).all()), (mean / error)
        k = max((((v - v.mean(0)) / v.std(0).clamp(min=1e-7)) ** 4).mean(0).max() for v in (a, b))
        off = (a.std(0) - b.std(0)).abs()
        assert bool((off <= 5 * b.std(0) * ((k - 1) / (2 * n)) ** 0.5 + 1e-6).all()), (off, b.std(0))
        assert bool((b.std(0) > 1e-4).any())

    def test_readout(self):
        for config in ({"forward.out_noise": 0.05}, {"forward.inp_noise": 0.1}, {"forward.w_noise": 0.02, "forward.w_noise_type": "ADDITIVE_CONSTANT"},
                       {"forward.w_noise": 0.05, "forward.w_noise_type": "PCM_READ"}, {"forward.inp_sto_round": True, "forward.inp_res": 1 / 6},
                       {"forward.out_sto_round": True, "forward.out_res": 1 / 100}):
            torch.manual_seed(1)
            ours, tiles = pair(nn.Linear(5, 3, bias=False), {**QUIET, "forward.out_res": -1, "mapping.max_input_size": 3, **config})
            x = torch.tensor([[0.9, -0.5, 0.31, 0.2, -0.77]]).expand(self.N, 5)
            with self.subTest(str(config)), torch.no_grad():
                self.agree(ours.eval()(x), tiles.eval()(x))

    def test_modifiers(self):
        n = 4000
        for config in ({"type": "ADD_NORMAL"}, {"type": "MULT_NORMAL", "std_dev": 0.3}, {"type": "POLY", "std_dev": 1.0}, {"type": "DISCRETIZE_ADD_NORMAL"},
                       {"type": "PROG_NOISE", "std_dev": 3.0, "coeffs": [1.0, 0.5]}, {"type": "PCM_NOISE", "std_dev": 1.0},
                       {"type": "PCM_NOISE", "std_dev": 1.0, "pcm_t_inference": 1e5, "pcm_prob_at_reset": 0.1, "pcm_prob_at_gmax": 0.05,
                        "pcm_prob_at_random": 0.1}, {"type": "ADD_NORMAL", "pdrop": 0.2}, {"type": "DISCRETIZE", "sto_round": True}):
            torch.manual_seed(1)
            ours, tiles = pair(nn.Linear(3, 2, bias=False), {**EXACT, **{"hwa.modifier." + key: v for key, v in config.items()}})
            matrix, x = tiles[0].weight_of().matrix, torch.eye(3)
            with self.subTest(str(config)), torch.no_grad():
                seen = []
                for _ in range(n):
                    matrix.modify()
                    seen.append(torch.from_numpy(matrix.forward(x.numpy())).flatten())
                self.agree(torch.stack([ours(x).flatten() for _ in range(n)]), torch.stack(seen))


class Training(unittest.TestCase):
    def test_gradients_and_what_follows_a_step_are_those_of_the_tiles(self):
        config = {**EXACT, "hwa.modifier.type": "DISCRETIZE", "hwa.modifier.res": 0.2, "hwa.input_range.enable": True, "hwa.input_range.init_value": 1.0,
                  "hwa.input_range.init_from_data": 3, "hwa.input_range.init_std_alpha": 1.0, "hwa.input_range.learn_input_range": False,
                  "hwa.clip_type": "LAYER_GAUSSIAN", "hwa.clip_sigma": 1.5, "mapping.max_input_size": 7}
        for more in ({}, {"hwa.remap_type": "CHANNELWISE_SYMMETRIC", "hwa.max_scale_range": 1.5}, {"hwa.remap_type": "LAYERWISE_SYMMETRIC"},
                     {"hwa.clip_type": "AVERAGE_CHANNEL_MAX"}, {"hwa.clip_type": "FIXED_VALUE", "hwa.clip_fixed_value": 0.2}):
            torch.manual_seed(1)
            ours, tiles = pair(nn.Linear(12, 6), {**config, **more})
            opts = torch.optim.SGD(ours.parameters(), lr=0.05), at.AnalogSGD(tiles, lr=0.05)
            at.constrain(ours, opts[0])
            for step in range(6):
                x = torch.randn(20, 12)
                inputs = [x.clone().requires_grad_() for _ in opts]
                for model, opt, own in zip((ours, tiles), opts, inputs):
                    opt.zero_grad()
                    model(own).square().sum().backward()
                    opt.step()
                with self.subTest(f"{more} {step}"):
                    same(inputs[0].grad, inputs[1].grad, 1e-4)
                    same(ours[0].weight.detach(), tiles[0].weight, 1e-4)
                    self.assertAlmostEqual(float(ours[0].input_range), tiles[0].weight_of().matrix.input_range, 4)
            same(ours.eval()(x), tiles.eval()(x), 1e-4)

    def test_ranges_are_learned_as_on_tiles(self):
        config = {**EXACT, "hwa.input_range.enable": True, "hwa.input_range.init_value": 0.8, "hwa.input_range.init_from_data": 0,
                  "hwa.input_range.input_min_percentage": 0.3, "hwa.input_range.decay": 0.5, "mapping.max_input_size": 7}
        for more in ({}, {"hwa.input_range.gradient_relative": False}, {"hwa.input_range.gradient_scale": 0.5, "hwa.input_range.input_min_percentage": 1.0},
                     {"forward.is_perfect": False, "forward.out_noise": 0, "forward.out_bound": 0.3, "forward.bound_management": "NONE",
                      "forward.out_res": -1, "hwa.input_range.manage_output_clipping": True}):
            torch.manual_seed(1)
            ours, tiles = pair(nn.Linear(12, 6), {**config, **more})
            opts = torch.optim.SGD(ours.parameters(), lr=0.01), at.AnalogSGD(tiles, lr=0.01)
            for _ in range(4):
                x, before = torch.randn(20, 12), float(ours[0].input_range)
                for model, opt in zip((ours, tiles), opts):
                    opt.zero_grad()
                    model(x).square().mean().backward()
                    opt.step()
                assert abs(before - float(ours[0].input_range)) > 1e-5
                self.assertAlmostEqual(float(ours[0].input_range), tiles[0].weight_of().matrix.input_range, 5, msg=str(more))
                ours[0].weight.data.copy_(tiles[0].weight)  # which the new range has clipped the inputs of

    def train(self, model, opt, steps, seed=0):
        generator = torch.Generator().manual_seed(seed)
        for _ in range(steps):
            x = torch.randn(32, 6, generator=generator)
            opt.zero_grad()
            loss = nn.functional.cross_entropy(model(x), (x[:, :3].sum(1) > 0).long())
            loss.backward()
            opt.step()
        return float(loss)

    def model(self, **fields):
        torch.manual_seed(3)
        model = nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Linear(16, 2))
        names = at.aware(model, {"device": "ideal", "hwa.modifier.type": "ADD_NORMAL", "hwa.input_range.enable": True, **fields})
        assert names == ["0", "2"]
        return model

    def test_any_optimizer_then_tiles(self):
        for make in (lambda p: torch.optim.AdamW(p, lr=0.02), lambda p: torch.optim.SGD(p, lr=0.2, momentum=0.9)):
            model = self.model(**{"hwa.clip_type": "FIXED_VALUE", "hwa.clip_fixed_value": 0.5, "hwa.input_range.init_from_data": 10})
            opt = make(model.parameters())
            at.constrain(model, opt)
            first, last = self.train(model, opt, 1), self.train(model, opt, 120)
            assert last < 0.5 * first, (first, last)
            assert float(model[0].weight.abs().max()) <= 0.5
            weight, r = model[0].weight.detach().clone(), float(model[0].input_range)
            ranges = at.calibrate(model, [torch.randn(64, 6)], {"method": "MAX"})
            assert ranges["0.weight"] != r and abs(ranges["0.weight"] - float(model[0].input_range)) < 1e-6
            report = at.program(model, {"noise_model": "pcm_like", "compensation.method": "GLOBAL"})
            assert set(report) == {"0.weight", "2.weight"} and type(model[0]) is at.AnalogLinear
            self.assertAlmostEqual(model[0].weight_of().matrix.input_range, ranges["0.weight"], 5)
            at.drift_to(model, 86400.0)
            x = torch.randn(400, 6)
            assert float((model(x).argmax(1) == (x[:, :3].sum(1) > 0)).float().mean()) > 0.85
            at.unprogram(model)
            same(model[0].weight, weight)

    def test_a_rate_schedule_made_after_constrain(self):
        model = self.model(**{"hwa.clip_type": "FIXED_VALUE", "hwa.clip_fixed_value": 0.0625})
        opt = torch.optim.SGD(model.parameters(), lr=0.2)
        at.constrain(model, opt)
        plan = torch.optim.lr_scheduler.StepLR(opt, 1, 0.5)
        self.train(model, opt, 2)
        plan.step()
        self.assertAlmostEqual(opt.param_groups[0]["lr"], 0.1)
        self.assertLessEqual(float(model[0].weight.abs().max()), 0.0625)

    def test_stop_and_resume(self):
        model = self.model(**{"hwa.input_range.init_from_data": 5, "hwa.remap_type": "CHANNELWISE_SYMMETRIC"})
        opt = torch.optim.AdamW(model.parameters(), lr=0.01)
        at.constrain(model, opt)
        self.train(model, opt, 3)
        file = io.BytesIO()
        torch.save([model.state_dict(), opt.state_dict()], file)
        file.seek(0)
        other = self.model(**{"hwa.input_range.init_from_data": 5, "hwa.remap_type": "CHANNELWISE_SYMMETRIC"})
        again = torch.optim.AdamW(other.parameters(), lr=0.01)
        at.constrain(other, again)
        kept = torch.load(file)
        other.load_state_dict(kept[0])
        again.load_state_dict(kept[1])
        results = []
        for one, opt_of in ((model, opt), (other, again)):
            torch.manual_seed(9)
            results.append(self.train(one, opt_of, 4, 9))
        assert results[0] == results[1]
        for (name, a), b in zip(model.state_dict().items(), other.state_dict().values()):
            assert torch.equal(a, b), name
        for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
            assert torch.equal(twin.eval()(torch.ones(0, 6)), torch.ones(0, 2)) and twin[0].weight is not model[0].weight
        digital = nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Linear(16, 2))
        model.load_state_dict(digital.state_dict())
        assert torch.equal(model[0].weight, digital[0].weight)
        at.to_digital(model)
        assert type(model[0]) is nn.Linear and sorted(model.state_dict()) == sorted(digital.state_dict())

    def test_modes(self):
        model = nn.Sequential(nn.Linear(4, 3, bias=False))
        at.aware(model, {**EXACT, "hwa.modifier.type": "ADD_NORMAL"})
        x, w = torch.eye(4), model[0].weight.detach().T
        assert not torch.allclose(model(x), model(x))
        same(model.eval()(x), w)
        model.train().requires_grad_(False)
        same(model(x), w)
        tested = nn.Sequential(nn.Linear(4, 3, bias=False))
        at.aware(tested, {**EXACT, "hwa.modifier.type": "ADD_NORMAL", "hwa.modifier.enable_during_test": True})
        assert not torch.allclose(tested.eval()(x), tested[0].weight.T)
        late = nn.Sequential(nn.Linear(4, 3, bias=False))
        at.aware(late, {**EXACT, "hwa.modifier.type": "ADD_NORMAL", "hwa.modifier.draw_first": False})
        same(late(x).detach(), late[0].weight.detach().T)
        assert not torch.allclose(late(x), late[0].weight.T)

    def test_types_checkpoints_and_shared_modules(self):
        layer = nn.Linear(4, 4)
        model = nn.Sequential(layer, nn.Tanh(), layer)
        assert at.aware(model, {"device": "ideal"}) == ["0", "2"] and model[0] is model[2]
        x = torch.randn(8, 4, requires_grad=True)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            model(x).sum().backward()
        assert model[0].weight.grad.dtype == torch.float32
        assert model.double()(x.double()).dtype == torch.float64
        modified, x.grad = nn.Sequential(nn.Linear(4, 4)), None
        at.aware(modified, {**EXACT, "hwa.modifier.type": "ADD_NORMAL", "hwa.modifier.std_dev": 1.0})
        torch.manual_seed(1)
        checkpoint(modified, x).sum().backward()
        kept, x.grad = x.grad.clone(), None
        torch.manual_seed(1)
        modified(x).sum().backward()
        assert torch.equal(x.grad, kept)

    def test_calibration_methods_are_those_of_the_tiles(self):
        batches = [torch.randn(30, 5), torch.randn(40, 5) * 2, torch.cat([torch.zeros(3, 5), torch.randn(5, 5)])]
        for config in ({"method": "MAX"}, {"method": "CACHE_QUANTILE", "quantile": 0.9, "max_samples": 50}, {"method": "MOVING_STD"},
                       {"method": "MOVING_QUANTILE", "quantile": 0.8, "momentum": 0.3}):
            ours, tiles = pair(nn.Linear(5, 3), EXACT)
            a, b = at.calibrate(ours, batches, config), at.calibrate(tiles, batches, config)
            self.assertAlmostEqual(a["0.weight"], b["0.weight"], 5)
            same(ours.eval()(batches[1] * 9), tiles.eval()(batches[1] * 9))

    def test_ranges_that_only_calibration_sets(self):
        model, x = nn.Sequential(nn.Linear(4, 3)), torch.eye(4)
        at.convert(model, {"device": "ideal", "forward": {"out_range": "CALIBRATED", "out_noise": 0}})
        with self.assertRaisesRegex(aimc.StateError, "CALIBRATED"):
            model(x)
        (_, weight), = at.analog_weights(model)
        weight.matrix.watch_outputs({"out_method": "MAX"})
        watched = model(x)
        weight.matrix.take_output_ranges()
        self.assertLess(float((model(x) - watched).abs().max()), 0.01)

    def test_what_calibration_cannot_do_is_refused(self):
        ours, tiles = pair(nn.Linear(5, 3), EXACT)
        for method in ("MEAN_SQUARE", "ENTROPY", "NONE"):
            with self.assertRaisesRegex(aimc.UnsupportedError, f"method = {method}.*to_analog"):
                at.calibrate(ours, [torch.randn(30, 5)], {"method": method})
        for model in (ours, tiles):
            with self.assertRaisesRegex(aimc.UnsupportedError, "out_method.*watch_outputs"):
                at.calibrate(model, [torch.randn(30, 5)], {"out_method": "MAX"})


def attend(module, x):
    return module(x, x * 0.5, x + 1)[0]


def first(module, x):
    return module(x)[0]


SEQUENCES = ((nn.RNN(3, 4, nonlinearity="relu", batch_first=True), first, (5, 2, 3)), (nn.GRU(3, 4, num_layers=2), first, (5, 2, 3)),
             (nn.LSTM(3, 4, bidirectional=True, batch_first=True), first, (5, 3, 3)), (nn.LSTM(3, 4, bias=False), first, (5, 2, 3)),
             (nn.MultiheadAttention(8, 2, batch_first=True), attend, (4, 5, 8)), (nn.MultiheadAttention(8, 4, bias=False), attend, (4, 5, 8)))


class Sequences(unittest.TestCase):
    """Recurrent layers and attention: each of their weights as a weight on tiles."""

    def test_read_out_and_gradients_are_those_of_the_tiles(self):
        config = {**QUIET, "forward.out_res": -1, "backward.is_perfect": True, "mapping.max_input_size": 3, "mapping.weight_scaling_omega": 0.6,
                  "hwa.modifier.type": "DISCRETIZE", "hwa.modifier.res": 0.1}
        for digital, call, shape in SEQUENCES:
            torch.manual_seed(1)
            ours, tiles = pair(digital, config)
            x = torch.randn(*shape)
            a, b = x.clone().requires_grad_(), x.clone().requires_grad_()
            y, z = call(ours[0], a), call(tiles[0], b)
            with self.subTest(str(digital)):
                same(y, z, 1e-4)
                y.square().sum().backward()
                z.square().sum().backward()
                same(a.grad, b.grad, 1e-3)
                opts = torch.optim.SGD(ours.parameters(), lr=0.05), at.AnalogSGD(tiles, lr=0.05)
                for opt in opts:
                    opt.step()
                for name, weight in at.to_digital(tiles).state_dict().items():
                    same(ours.state_dict()[name], weight, 1e-3)
                same(call(ours.eval()[0], x), call(at.convert(tiles, config) and tiles.eval()[0], x), 1e-3)

    def test_a_pass_draws_once(self):
        model = nn.Sequential(nn.RNN(1, 1, nonlinearity="relu", bias=False, batch_first=True))
        at.aware(model, {**EXACT, "hwa.modifier.type": "ADD_NORMAL", "hwa.modifier.std_dev": 0.3})
        model[0].weight_hh_l0.data.fill_(1.0)
        ends = []
        for _ in range(3):
            h = model[0](torch.zeros(1, 3, 1), torch.ones(1, 1, 1))[0].detach().flatten()
            same(h, h[0] ** torch.arange(1, 4))
            ends.append(float(h[0]))
        assert len(set(ends)) == 3, ends

    def test_life(self):
        for digital, call, shape in SEQUENCES:
            torch.manual_seed(2)
            digital, x = copy.deepcopy(digital), torch.randn(*shape)
            model, parameters = nn.Sequential(digital), list(digital.parameters())
            assert at.aware(model, {**EXACT, "hwa.input_range.enable": True, "hwa.clip_type": "FIXED_VALUE", "hwa.clip_fixed_value": 0.4}) == ["0"]
            assert all(any(p is q for q in model.parameters()) for p in parameters) and isinstance(model[0], type(digital))
            opt = torch.optim.AdamW(model.parameters(), lr=0.01)
            at.constrain(model, opt)
            for _ in range(3):
                opt.zero_grad()
                call(model[0], x).square().sum().backward()
                opt.step()
            assert max(float(p.detach().abs().max()) for name, p in model.named_parameters()
                       if "weight" in name and "range" not in name) < 0.4001
            wanted = call(model.eval()[0], x)
            for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
                assert torch.equal(call(twin[0], x), wanted)
                twin.double()
                assert call(twin[0], x.double()).dtype == torch.float64
            other = nn.Sequential(copy.deepcopy(digital))
            at.aware(other, {**EXACT, "hwa.input_range.enable": True})
            other.load_state_dict(model.state_dict())
            assert torch.equal(call(other.eval()[0], x), wanted)
            other.load_state_dict(nn.Sequential(digital).state_dict())  # of PyTorch's own
            ranges = at.calibrate(model, [x], {"method": "MAX"}, forward=lambda x, model=model, call=call: call(model[0], x))
            assert set(ranges) <= set(at.summary(model).split())
            wanted, back = call(model[0], x), copy.deepcopy(model)
            assert type(at.to_digital(back)[0]) is type(digital) and sorted(back.state_dict()) == sorted(nn.Sequential(digital).state_dict())
            assert at.to_analog(model) == ["0"] and sorted(name for name, _ in at.analog_weights(model)) == sorted(ranges)
            same(call(model[0], x), wanted, 1e-4)

    def test_inside_of_a_transformer(self):
        torch.manual_seed(1)
        layer, x = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).eval(), torch.randn(2, 5, 8)
        wanted = layer(x)
        assert at.aware(layer, EXACT) == ["self_attn", "linear1", "linear2"]
        same(layer(x), wanted)
        same(at.to_digital(layer)(x), wanted)
        assert type(layer.self_attn.out_proj) is nn.modules.linear.NonDynamicallyQuantizableLinear
        with self.assertRaisesRegex(aimc.UnsupportedError, "proj_size"):
            at.aware(nn.Sequential(nn.LSTM(4, 4, proj_size=2)), {})


class Mistakes(unittest.TestCase):
    def test_sentences(self):
        def model():
            return nn.Sequential(nn.Linear(4, 3))
        aware = model()
        at.aware(aware, {"device": "constant_step"})
        large = model()
        at.aware(large, {"device": "constant_step"})
        large[0].weight.data.fill_(3.0)
        for call, error, words in (
                (lambda: at.aware(model(), {"forward.ir_drop": 1.0}), aimc.UnsupportedError, "forward.ir_drop is 1.*at.convert"),
                (lambda: at.aware(model(), {"forward.mv_type": "BIT_WISE"}), aimc.UnsupportedError, "mv_type is BIT_WISE.*ONE_PASS"),
                (lambda: at.aware(model(), {"forward.noise_management": "AVERAGE_ABS_MAX"}), aimc.UnsupportedError, "noise_management"),
                (lambda: at.aware(model(), {"forward.adc.model": "SAR"}), aimc.UnsupportedError, "adc.model is SAR"),
                (lambda: at.aware(model(), {"hwa.clip_type": "FIXED_VALUE"}), aimc.InvalidError, "clip_fixed_value is 0"),
                (lambda: at.aware(nn.Linear(2, 2), {}), aimc.InvalidError, "nn.Sequential"),
                (lambda: at.aware(nn.Sequential(nn.ReLU()), {}), aimc.InvalidError, "no layer to train"),
                (lambda: at.aware(aware, {}), aimc.InvalidError, "already"),
                (lambda: aware(torch.ones(2, 5)), aimc.ShapeError, "last dimension must be 4"),
                (lambda: at.constrain(model()), aimc.StateError, "at.aware"),
                (lambda: at.to_analog(model()), aimc.StateError, "at.aware"),
                (lambda: at.to_analog(large), aimc.InvalidError, "0: weights up to 3 do not fit.*weight_scaling_omega"),
                (lambda: at.calibrate(aware, [torch.zeros(2, 4)]), aimc.StateError, "0.weight: no inputs but zeros")):
            with self.subTest(words):
                with self.assertRaisesRegex(error, words):
                    call()
        assert type(large[0]) is at.AwareLinear and aware[0].watch is None and not aware[0].has_range


class Whole(unittest.TestCase):
    def test_stats(self):
        model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
        at.convert(model, EXACT)
        model(torch.ones(5, 4))
        found = at.stats(model)
        w = model[0].weight.numpy()
        assert list(found) == ["0.weight", "2.weight"] and found["0.weight"].n_weights == 12 and found["2.weight"].n_tiles == 1
        assert found["0.weight"].counters.forward_vectors == 5 and found["0.weight"].input_range == 0
        np.testing.assert_allclose([found["0.weight"].mean, found["0.weight"].std, found["0.weight"].largest],
                                   [w.mean(), w.std(), np.abs(w).max()], rtol=1e-5)


class Converted(unittest.TestCase):
    """Fields of hardware-aware training on layers by convert()."""

    def test_output_scales_are_learned_without_an_input_range(self):
        for wanted in (True, False):  # also where the input needs no gradient
            model = nn.Sequential(nn.Linear(4, 3, bias=False))
            at.convert(model, {"device": "ideal", "forward.is_perfect": True, "backward.is_perfect": True,
                               "hwa.output_scale.learn": True, "hwa.output_scale.columnwise": True})
            model[0].weight = torch.tensor([[.5, 1, 0, 0], [0, .25, 0, 0], [0, 0, 0, 0]])
            opt = at.AnalogSGD(model, lr=.1)
            model(torch.tensor([[1.0, 0, 0, 0]], requires_grad=wanted))[:, 0].sum().backward()
            opt.step()  # scale 1 - .1 * .5, weight .5 - .1
            wanted_weights = torch.tensor([[.4 * .95, .95, 0, 0], [0, .25, 0, 0], [0, 0, 0, 0]])
            assert torch.allclose(model[0].weight, wanted_weights, atol=1e-5), model[0].weight


if __name__ == "__main__":
    main()
