# SPDX-License-Identifier: MIT
"""The tasks of PyTorch with aihwkit's modules."""
import torch

from aihwkit import __version__
from aihwkit.inference import GlobalDriftCompensation, PCMLikeNoiseModel
from aihwkit.nn.conversion import convert_to_analog
from aihwkit.optim import AnalogSGD
from aihwkit.simulator import configs, presets
from aihwkit.simulator.configs import InferenceRPUConfig, SingleRPUConfig, TorchInferenceRPUConfig
from aihwkit.simulator.parameters.enums import WeightClipType, WeightModifierType

from torch_tasks import Tasks


def aware(kind):
    """Noise on weights of a tenth of the largest, and weights clipped at 2.5 of their standard deviation."""
    config = kind()
    config.modifier.type, config.modifier.std_dev = WeightModifierType.ADD_NORMAL, 0.1
    config.clip.type, config.clip.sigma = WeightClipType.LAYER_GAUSSIAN, 2.5
    return config


def programmed():
    config = InferenceRPUConfig()
    config.noise_model, config.drift_compensation = PCMLikeNoiseModel(g_max=25.0), GlobalDriftCompensation()
    return config


KINDS = {"constant_step": lambda: SingleRPUConfig(device=configs.ConstantStepDevice()), "aware": lambda: aware(InferenceRPUConfig),
         "aware_torch": lambda: aware(TorchInferenceRPUConfig), "program": programmed}


class Side(Tasks):
    def about(self):
        return {"version": f"aihwkit {__version__}, torch {torch.__version__}"}

    def on_tiles(self, model, kind):
        return model if kind == "digital" else convert_to_analog(model, KINDS[kind]() if kind in KINDS else getattr(presets, kind)())

    def optimizer(self, model, lr):
        opt = AnalogSGD(model.parameters(), lr=lr)
        opt.regroup_param_groups(model)
        return opt

    def program(self, model):
        model.program_analog_weights()

    def drift(self, model, t):
        model.drift_analog_weights(t)
