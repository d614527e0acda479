# SPDX-License-Identifier: MIT
"""Every default of every configuration class of the peer against ours: equal, or listed here with the reason.

tests/data/aihwkit_defaults.json has the peer's; docs/from-aihwkit.md tells users of each difference.
"""
import json
import re

from common import DATA, SOURCE, aimc, main, unittest

PEER = json.loads((DATA / "aihwkit_defaults.json").read_text(encoding="utf-8"))["classes"]

# class of the peer: kinds of ours that are made of it
KINDS = {
    "FloatingPointDevice": ["ideal"], "IdealDevice": ["ideal"],
    "PulsedDevice": ["constant_step", "linear_step", "soft_bounds", "soft_bounds_reference", "exp_step", "pow_step",
                     "pow_step_reference", "piecewise_step"],
    "ConstantStepDevice": ["constant_step"], "LinearStepDevice": ["linear_step"], "SoftBoundsDevice": ["soft_bounds"],
    "SoftBoundsPmaxDevice": ["soft_bounds_pmax"], "SoftBoundsReferenceDevice": ["soft_bounds_reference"],
    "ExpStepDevice": ["exp_step"], "PowStepDevice": ["pow_step"], "PowStepReferenceDevice": ["pow_step_reference"],
    "PiecewiseStepDevice": ["piecewise_step"], "SimpleDriftParameter": ["drift"], "DriftParameter": ["drift"],
    "VectorUnitCell": ["vector_cell"], "ReferenceUnitCell": ["reference_cell"], "OneSidedUnitCell": ["one_sided_cell"],
    "DifferenceUnitCell": ["one_sided_cell"], "TransferCompound": ["tiki_taka"], "BufferedTransferCompound": ["ttv2"],
    "ChoppedTransferCompound": ["c_ttv2"], "DynamicTransferCompound": ["agad"], "MixedPrecisionCompound": ["mixed_precision"],
    "UpdateParameters": ["update"], "IOParameters": ["periphery"], "IOParametersIRDropT": ["periphery"],
    "MappingParameter": ["mapping"], "WeightModifierParameter": ["modifier"], "WeightClipParameter": ["hwa"],
    "WeightRemapParameter": ["hwa"], "InputRangeParameter": ["input_range"], "PrePostProcessingParameter": ["hwa"],
    "SingleRPUConfig": ["layer"], "UnitCellRPUConfig": ["layer"], "DigitalRankUpdateRPUConfig": ["layer"],
    "InferenceRPUConfig": ["layer"], "TorchInferenceRPUConfig": ["layer"], "TorchInferenceRPUConfigIRDropT": ["layer"],
}

# classes that nothing here is made of, and why
WITHOUT = {
    "UnitCell": "the base of vector_cell and the others", "DigitalRankUpdateCell": "the base of mixed_precision",
    "FloatingPointRPUConfig": "a digital layer has no configuration",
    "QuantizedTorchInferenceRPUConfig": "layers exchange float32", "PeripheryQuantizationParameter": "layers exchange float32",
    "PrePostProcessingParameterQuant": "layers exchange float32", "ActivationQuantConfig": "layers exchange float32",
    "WeightQuantConfig": "layers exchange float32", "QuantizationConfig": "layers exchange float32",
    "QuantizationMap": "they replace torch modules", "RuntimeParameter": "torch and GPU memory",
}

# fields that are called otherwise here, by the class that has them
RENAMED = {
    ("WeightClipParameter", "type"): "clip_type", ("WeightClipParameter", "fixed_value"): "clip_fixed_value",
    ("WeightClipParameter", "sigma"): "clip_sigma", ("WeightRemapParameter", "type"): "remap_type",
    ("DynamicTransferCompound", "experimental_correct_accumulation"): "correct_accumulation",
    ("IOParametersIRDropT", "ir_drop_rs"): "wires.r_out", ("IOParametersIRDropT", "ir_drop_segments"): "wires.segments",
    ("IOParametersIRDropT", "ir_drop_v_read"): "wires.v_read",
    ("*RPUConfig", "update"): "optimizer.update", ("*RPUConfig", "clip"): "hwa", ("*RPUConfig", "remap"): "hwa",
    ("*RPUConfig", "modifier"): "hwa.modifier", ("*RPUConfig", "pre_post"): "hwa",
}

# fields that have no counterpart; docs/from-aihwkit.md says what there is instead
ABSENT = {
    "construction_seed": "tile:seed", "unit_cell_devices": "n_devices, device, fast_device", "d_sparsity": "used nowhere",
    "no_self_transfer": "always", "per_batch_sample": "one modification a mini-batch", "pcm_t0": "always 20 s",
    "calibration_info": "Network.note", "tile_class": "one implementation", "tile_array_class": "one implementation",
    "simulator_tile_class": "one implementation", "runtime": "torch and GPU memory", "digital_bias": "always digital",
    "weight_scaling_lr_compensation": "none", "learn_out_scaling": "none", "out_scaling_columnwise": "none",
    "ir_drop_time_step_resolution_scale": "no time steps", "apply_xdep_pcm_read_noise": "none", "adc_quantization": "none",
    "xdep_pcm_read_noise_scale": "none", "adc_frequency": "none", "ir_drop_integration_sum": "none",
}
ABSENT_OF = {
    "SoftBoundsPmaxDevice": {"dw_min", "up_down", "w_max", "w_min"},  # computed from p_max, alpha and the range
    "ReferenceUnitCell": {"update_policy", "first_update_idx", "gamma_vec"},  # always one pulsed device minus the other
    "BufferedTransferCompound": {"with_reset_prob"},
    "ChoppedTransferCompound": {"gamma_vec", "transfer_every_vec", "transfer_lr_vec", "n_reads_per_transfer", "with_reset_prob",
                                "random_selection"},  # two arrays, one slice an event, in sequence
    "DynamicTransferCompound": {"gamma_vec", "transfer_every_vec", "transfer_lr_vec", "n_reads_per_transfer", "with_reset_prob",
                                "random_selection", "no_buffer"},
    "MixedPrecisionCompound": {"device"},  # the tile's
}

# (class, field): our default, and why it is not the peer's
DIFFERENT = {
    ("WeightModifierParameter", "std_dev"): (0.1, "a type of noise alone has an effect; with 0 it would have none, without a word"),
    ("WeightModifierParameter", "res"): (0.1, "likewise, of the types that round"),
    ("WeightModifierParameter", "coeffs"): ([], "stands for the published polynomial in uS: 0.26348, 1.965, -1.1731; the "
                                                "peer's, times 25 uS, has 1.92 for 1.965"),
    ("WeightClipParameter", "fixed_value"): (0, "none is 0 here, -1 there"),
    ("IOParametersIRDropT", "ir_drop"): (0, "the class is wires.model TIME_SLICED here, which needs no ir_drop"),
    ("IOParametersIRDropT", "ir_drop_rs"): (0.35, "the wire that ir_drop_g_ratio stands for, for all models of wires"),
    ("IOParametersIRDropT", "ir_drop_v_read"): (0.2, "one read voltage for all models of wires and for the energy"),
    ("InferenceRPUConfig", "backward.is_perfect"): (False, "a layer is trained on the chip unless backward=perfect_io says not"),
    ("InferenceRPUConfig", "update.pulse_type"): ("STOCHASTIC_COMPRESSED", "what a layer is updated with is its optimizer's"),
    ("InferenceRPUConfig", "device"): ("constant_step", "a layer is trained on the chip until another device is named"),
    ("UnitCellRPUConfig", "device"): ("constant_step", "the cell is named: device=vector_cell"),
    ("DigitalRankUpdateRPUConfig", "device"): ("constant_step", "mixed precision is an optimizer here, beside the device"),
    ("InferenceRPUConfig", "drift_compensation"): ("NONE", "programming does what it is told; the aimc command has GLOBAL, as the peer"),
    ("InferenceRPUConfig", "noise_model.prog_coeff"): ([], "empty stands for the published polynomial, which the peer spells out"),
    ("InferenceRPUConfig", "noise_model.prog_coeff_g_max_reference"): (0, "0 stands for the 25 uS of the published polynomial"),
}

# what a layer has in another configuration, which is given when it is programmed
PROGRAMMED = {"noise_model": "noise_model", "drift_compensation": "compensation.method"}
SAME_AS = {"TorchInferenceRPUConfig": "InferenceRPUConfig", "TorchInferenceRPUConfigIRDropT": "InferenceRPUConfig"}


def bare(word):
    return re.sub(r"[^a-z0-9]", "", word.lower())


def equal(ours, peer):
    if isinstance(peer, list):
        return isinstance(ours, list) and len(ours) == len(peer) and all(map(equal, ours, peer))
    if isinstance(peer, str):  # STOCHASTIC_COMPRESSED is StochasticCompressed
        return isinstance(ours, str) and bare(ours) == bare(peer)
    return not isinstance(ours, (str, list)) and abs(float(ours) - float(peer)) <= 1e-6 * abs(peer)


def renamed(name, field):
    for known in (name, "*RPUConfig" if "RPUConfig" in name else name):
        if (known, field) in RENAMED:
            return RENAMED[known, field]
    return field


class Walk:
    """All fields of a class of the peer, nested ones included, against a configuration of ours."""

    def __init__(self, name, config):
        self.name, self.config = SAME_AS.get(name, name), config
        self.compared, self.wrong, self.absent, self.different = 0, [], set(), set()
        self.go(name, PEER[name], "", "")

    def go(self, name, fields, ours, theirs):
        for field, value in fields.items():
            if field == "_class":
                continue
            there = theirs + field
            if field in ABSENT_OF.get(name, ()) or field in ABSENT:
                self.absent.add((name if field in ABSENT_OF.get(name, ()) else "*", field))
                if self.has(ours + field):
                    self.wrong.append(f"{there} is called absent, but is there")
                continue
            if field in PROGRAMMED:
                self.programmed(field, value)
                continue
            here = ours + renamed(name, field)
            if field == "device" and self.config[here]["kind"] not in KINDS.get(value["_class"], []):
                self.check(self.name, here, there, self.config[here]["kind"], value["_class"])
            elif not self.has(here):
                self.wrong.append(f"{there} is not there as {here}")
            elif isinstance(value, dict):
                nested = PEER.get(value["_class"], {})
                self.go(value["_class"], {**nested, **value}, here + ".", there + ".")
            else:
                self.compare(name, field, here, there, value)

    def programmed(self, field, value):
        """The noise model and the compensation of an inference configuration."""
        inference = aimc.Config("inference")
        here = PROGRAMMED[field]
        if field == "drift_compensation":
            self.check(self.name, field, field, inference[here], value["_class"])
            return
        for part, there in value.items():
            if part not in ("_class", "g_converter"):  # inference.encoding
                self.check(self.name, part, f"{field}.{part}", inference[f"{here}.{part}"], there)
        for part in ("g_max", "g_min"):
            self.check(self.name, part, f"{field}.{part}", inference[f"{here}.{part}"], value["g_converter"][part])

    def has(self, path):
        try:
            self.config.text(path)
        except aimc.Error:
            return False
        return True

    def compare(self, name, field, here, there, value):
        known = there if (self.name, there) in DIFFERENT else field
        self.check(self.name if known == there else name, field, known, self.config[here], value, there)

    def check(self, name, field, known, ours, peer, there=None):
        self.compared += 1
        there = there or known
        if (name, known) not in DIFFERENT:
            if not equal(ours, peer):
                self.wrong.append(f"{there} is {ours} here and {peer} there, without a reason")
            return
        listed = DIFFERENT[name, known][0]
        self.different.add((name, known))
        if not equal(ours, listed) or equal(ours, peer):
            self.wrong.append(f"{there} ({field}) is {ours} here and {peer} there; listed is {listed}")


class Defaults(unittest.TestCase):
    def test_every_default(self):
        self.assertEqual(set(KINDS) | set(WITHOUT), set(PEER))
        compared, absent, different = 0, set(), set()
        for name, kinds in KINDS.items():
            for kind in kinds:
                with self.subTest(name=name, kind=kind):
                    found = Walk(name, aimc.Config(kind))
                    self.assertEqual(found.wrong, [])
                    compared += found.compared
                    absent |= found.absent
                    different |= found.different
        self.assertGreater(compared, 1000)
        self.assertEqual({field for _, field in absent if field in ABSENT}, set(ABSENT), "an entry that nothing needs")
        self.assertEqual({(name, field) for name, field in absent if name != "*"},
                         {(name, field) for name, fields in ABSENT_OF.items() for field in fields})
        self.assertEqual(different, set(DIFFERENT))

    def test_presets_with_the_peers_names(self):
        """aimc.Device("SoftBoundsDevice") has the peer's defaults without any difference."""
        seen = 0
        for name in PEER:
            if name.endswith("Device") and name != "PulsedDevice" or name in ("VectorUnitCell", "ReferenceUnitCell",
                                                                              "OneSidedUnitCell"):
                with self.subTest(name=name):
                    self.assertEqual(Walk(name, aimc.Config(name)).wrong, [])
                    seen += 1
        self.assertEqual(seen, 14)

    def test_the_page_tells_of_each_difference(self):
        page = (SOURCE / "docs" / "from-aihwkit.md").read_text(encoding="utf-8")
        told = page.split("\n## Defaults that differ\n")[1].split("\n## ")[0]
        for (name, field), (_, reason) in DIFFERENT.items():
            with self.subTest(name=name, field=field):
                row = [line for line in told.split("\n") if line.startswith(f"| {name} | {field} |")]
                self.assertEqual(len(row), 1)
                self.assertIn(reason.split(":")[0].split(";")[0][:40], row[0])
        self.assertEqual(sum(line.startswith("| ") for line in told.split("\n")) - 2, len(DIFFERENT))


if __name__ == "__main__":
    main()
