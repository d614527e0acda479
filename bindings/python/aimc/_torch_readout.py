# SPDX-License-Identifier: MIT
# mypy: ignore-errors
# (the oldest PyTorch that we take, 1.13, has no types for mypy)
"""One tile of hardware-aware training by operations of PyTorch: weights as "hwa.modifier" shows them, and the read-out that
"forward" describes. The equations are those of lib/inference/modifier.c and docs/models/periphery.md; noise comes from PyTorch's generators,
so its law is the library's and its numbers are not."""
import math
from typing import Any, Dict, List, Tuple

import torch

from ._errors import UnsupportedError

Fields = Dict[str, Any]
_LARGEST = 3.4028234663852886e38


# ---- what a configuration may ask for --------------------------------------------------------------

_NEUTRAL = {"out_noise_std": (0,), "out_nonlinearity": (0,), "v_offset_std": (0,), "r_series": (0,), "w_read_asymmetry_dtod": (0,),
            "ir_drop": (0,), "wires.model": ("NONE",),
            "cell_mapping.scheme": ("ONE_SIDED",), "cell_mapping.subtract": ("ANALOG",), "cell_mapping.on_off_ratio": (0,),
            "cell_mapping.cell_bits": (0,), "cell_mapping.weight_bits": (0,), "cell_mapping.n_slices": (1,),
            "dac.style": ("MID_TREAD",), "dac.rounding": ("NEAREST",), "dac.model": ("IDEAL",),
            "adc.style": ("MID_TREAD",), "adc.rounding": ("NEAREST",), "adc.model": ("IDEAL",),
            "noise_management": ("NONE", "ABS_MAX", "ABS_MAX_NP_SUM", "MAX", "CONSTANT"),
            "mv_type": ("ONE_PASS", "POS_NEG_SEPARATE", "POS_NEG_SEPARATE_DIGITAL_SUM")}


def is_perfect(p: Fields) -> bool:
    """Is the read-out an exact product?"""
    return p["is_perfect"] or p["mv_type"] == "IDEAL"


def check_readout(p: Fields) -> None:
    """Refuse what these operations cannot do."""
    for name, allowed in () if is_perfect(p) else _NEUTRAL.items():
        value: Any = p
        for key in name.split("."):
            value = value[key]
        if value not in allowed:
            raise UnsupportedError(f"aware: forward.{name} is {value}, which hardware-aware training by operations of PyTorch does not do; "
                                   f"it takes {', '.join(str(one) for one in allowed)}, and at.convert() takes everything")


# ---- modified weights ------------------------------------------------------------------------------

_POLYNOMIAL = (0.26348, 1.965, -1.1731)


def _polynomial(coefficients: Any, u: torch.Tensor) -> torch.Tensor:
    value = torch.zeros_like(u)
    for c in reversed(coefficients):
        value = value * u + c
    return value


def _on_grid(m: Fields, v: torch.Tensor, step: Any) -> torch.Tensor:
    if m["res"] <= 0:
        return v
    return step * torch.round(v / step + (torch.rand_like(v) - 0.5 if m["sto_round"] else 0))


def _aged(m: Fields, g: torch.Tensor, u: torch.Tensor) -> torch.Tensor:
    """Spread of drift and read noise of pcm_like at pcm_t_inference."""
    t = m["pcm_t_inference"]
    log_u = u.clamp(min=1e-7).log()
    spread = (-0.0125 * log_u - 0.0059).clamp(0.008, 0.045)
    drifted = g * ((t + 20) / 20) ** -(spread * torch.randn_like(g)).abs()
    q = (0.0088 / ((g.abs() / m["g_max"]) ** 0.65).clamp(min=1e-3)).clamp(max=0.2)
    return drifted + drifted.abs() * q * math.sqrt(math.log((t + 20 + 250e-9) / 500e-9)) * torch.randn_like(g)


def _pcm(m: Fields, w: torch.Tensor, top: Any) -> torch.Tensor:
    g_max = m["g_max"]
    g = (w * g_max / top).clamp(-g_max, g_max)
    g = torch.where(g.abs() <= m["pcm_zero_thres"] * m["std_dev"] * 0.26348, torch.zeros_like(g), g)
    u = g.abs() / g_max
    noisy = torch.copysign((g.abs() + m["std_dev"] * _polynomial(_POLYNOMIAL, u) * torch.randn_like(g)).abs(), g)
    if m["pcm_t_inference"] > 0:
        noisy = _aged(m, noisy, u)
    dice, edge = torch.rand_like(g), 0.0
    for chance, stuck in ((m["pcm_prob_at_reset"], torch.zeros_like(g)),
                          (m["pcm_prob_at_gmax"], torch.where(torch.rand_like(g) < 0.5, g_max, -g_max)),
                          (m["pcm_prob_at_random"], g_max * (2 * torch.rand_like(g) - 1))):
        noisy = torch.where((dice >= edge) & (dice < edge + chance), stuck.to(g.dtype), noisy)
        edge += chance
    return noisy * top / g_max


def modify(m: Fields, w: torch.Tensor) -> torch.Tensor:
    """The weights [out, in] of one tile as a pass sees them."""
    top = w.abs().max().clamp(min=1e-30) if m["rel_to_actual_wmax"] else m["assumed_wmax"]
    s, step = m["std_dev"], 1 / m["res"] if m["res"] > 1 else m["res"]
    kind, made = m["type"], w
    if kind == "PCM_NOISE":
        made = _pcm(m, w, top)
    elif kind == "DOREFA":
        bound = torch.tanh(top) if isinstance(top, torch.Tensor) else math.tanh(top)
        made = _on_grid(m, torch.tanh(w) * m["dorefa_clip"] / bound, step)
    elif kind == "MULT_NORMAL":
        made = w * (1 + s * top * torch.randn_like(w))
    elif kind in ("POLY", "PROG_NOISE"):
        made = w + top * s / m["g_max"] * _polynomial(m["coeffs"] or _POLYNOMIAL, w.abs() / top) * torch.randn_like(w)
        made = torch.copysign(made.abs(), w) if kind == "PROG_NOISE" else made
    elif kind != "NONE":
        made = _on_grid(m, w, step * top) if kind.startswith("DISCRETIZE") else w
        made = made + s * top * torch.randn_like(w) if kind.endswith("ADD_NORMAL") else made
    if m["pdrop"] > 0:
        made = made * (torch.rand_like(w) >= m["pdrop"])
    return torch.cat([made[:, :-1], w[:, -1:]], 1) if m["copy_last_column"] else made


# ---- read-out --------------------------------------------------------------------------------------

def _step(res: float, bound: float) -> float:
    return (1 / res if res > 1 else res) * 2 * bound if res > 0 and bound > 0 else 0.0


def _quantized(v: torch.Tensor, step: float, stochastic: bool) -> torch.Tensor:
    if not step:
        return v
    code = v / step
    return torch.round(code + torch.rand_like(v) - 0.5 if stochastic else code) * step


def _worst_case(p: Fields, x: torch.Tensor) -> torch.Tensor:
    """The scale at which no weight within nm_assumed_wmax can clip, not below the useful range of the DAC."""
    largest = x.abs().amax(1)
    larger = torch.maximum(x.clamp(min=0).sum(1), -x.clamp(max=0).sum(1))
    wanted = larger * p["nm_assumed_wmax"] / p["out_bound"] if p["out_bound"] > 0 else torch.zeros_like(largest)
    step = _step(p["inp_res"], p["inp_bound"])
    if step:
        wanted = torch.minimum(wanted, largest * p["max_bm_res"] / step)
    return torch.maximum(wanted, largest)


def _alpha(p: Fields, x: torch.Tensor) -> torch.Tensor:
    """What noise management divides each vector by."""
    kind, limit = p["noise_management"], p["nm_thres"]
    if kind in ("NONE", "CONSTANT"):
        return x.new_full(x.shape[:1], limit if kind == "CONSTANT" and limit > 0 else 1.0)
    alpha = x.amax(1) if kind == "MAX" else _worst_case(p, x) if kind == "ABS_MAX_NP_SUM" else x.abs().amax(1)
    return alpha.clamp(max=limit) if limit > 0 else alpha


def _shrunk(v: torch.Tensor, asymmetry: float) -> torch.Tensor:
    return torch.where(v < 0, v * (1 - asymmetry), v) if asymmetry else v


def _prepared(p: Fields, x: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
    """What the DACs drive."""
    z = _quantized(x * scale[:, None], _step(p["inp_res"], p["inp_bound"]), p["inp_sto_round"])
    if p["inp_bound"] > 0:
        z = z.clamp(-p["inp_bound"], p["inp_bound"])
    if p["inp_noise"] > 0:
        z = z + p["inp_noise"] * torch.randn_like(z)
    return _shrunk(z, p["inp_asymmetry"])


def _currents(p: Fields, z: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
    """Products with the noise of the cells, whose independent normal numbers add up to one for each output."""
    y = z @ w.T
    if p["w_noise"] > 0 and p["w_noise_type"] == "ADDITIVE_CONSTANT":
        y = y + p["w_noise"] * z.square().sum(1, keepdim=True).sqrt() * torch.randn_like(y)
    elif p["w_noise"] > 0:
        y = y + p["w_noise"] * (z.square() @ w.abs().T).sqrt() * torch.randn_like(y)
    return y


def _converted(p: Fields, y: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
    """What the ADCs say of currents, and how many outputs of each vector hit the bound."""
    bound = p["out_bound"]
    y = _shrunk(y, p["out_asymmetry"])
    if p["out_noise"] > 0:
        y = y + p["out_noise"] * torch.randn_like(y)
    if p["bound_management"] == "SHIFT":
        y = y + (bound - y.amax(1, keepdim=True))
    y = _quantized(y, _step(p["out_res"], bound), p["out_sto_round"])
    if bound <= 0:
        return y, y.new_zeros(y.shape[:1])
    beyond = ((y.abs() if p["bm_test_negative_bound"] else y) > bound).sum(1)
    return y.clamp(-bound, bound), beyond


def _pass(p: Fields, x: torch.Tensor, w: torch.Tensor, scale: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
    """One read of all vectors."""
    z = _prepared(p, x, scale)
    if p["mv_type"] == "ONE_PASS":
        return _converted(p, _currents(p, z, w))
    positive, negative = _currents(p, z.clamp(min=0), w), _currents(p, (-z).clamp(min=0), w)
    if p["mv_type"] == "POS_NEG_SEPARATE":
        return _converted(p, positive - negative)
    (a, hits_a), (b, hits_b) = _converted(p, positive), _converted(p, negative)
    return a - b, hits_a + hits_b


def _may_reduce(p: Fields, alpha: torch.Tensor, reduction: torch.Tensor) -> torch.Tensor:
    """Which vectors may be read again with a larger reduction?"""
    step = _step(p["inp_res"], p["inp_bound"])
    limit = min(p["max_bm_factor"], p["max_bm_res"] / step if step else math.inf)
    return (reduction <= limit) & (2 * reduction * alpha <= _LARGEST)


def _managed(p: Fields, x: torch.Tensor, w: torch.Tensor, alpha: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
    """Reads of all vectors, repeated with smaller inputs where the outputs of one hit the bound."""
    alpha, reduction = alpha.clone(), torch.ones_like(alpha)
    y, beyond = _pass(p, x, w, (1 / (alpha * reduction)).clamp(max=_LARGEST))
    y = y * alpha[:, None]
    for n in range(2 + int(math.log2(p["max_bm_factor"])) if p["bound_management"].startswith("ITERATIVE") and p["out_bound"] > 0 else 0):
        again = (beyond > 0) & _may_reduce(p, alpha, reduction)
        rows = again.nonzero()[:, 0]
        if len(rows) == 0:
            break
        if n == 0 and p["bound_management"] == "ITERATIVE_WORST_CASE":
            alpha[rows] = _worst_case(p, x[rows])
        else:
            reduction[rows] *= 2
        gain = alpha[rows] * reduction[rows]
        y_again, beyond[rows] = _pass(p, x[rows], w, (1 / gain).clamp(max=_LARGEST))
        y[rows] = y_again * gain[:, None]
    return y, beyond


def read_tile(p: Fields, x: torch.Tensor, w: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
    """y [n, out] of vectors x [n, in] through a tile that holds w [out, in], and the number of outputs that stayed clipped."""
    if is_perfect(p):
        return x @ w.T, x.new_zeros(())
    if x.shape[0] == 0:
        return x.new_zeros((0, w.shape[0])), x.new_zeros(())
    alpha = _alpha(p, x)
    idle = alpha <= 0
    y, beyond = _managed(p, x, w, torch.where(idle, torch.ones_like(alpha), alpha))
    if p["inp_noise"] <= 0:  # vectors of scale 0 are not read
        y, beyond = y.masked_fill(idle[:, None], 0), beyond.masked_fill(idle, 0)
    return y * p["out_scale"], beyond.sum()


def tiles_of(n_out: int, n_in: int, mapping: Fields) -> Tuple[List[slice], List[slice]]:
    """Rows and columns of the tiles: parts of equal size, the first ones of them one larger."""
    sides = []
    for n, limit in ((n_out, mapping["max_output_size"]), (n_in, mapping["max_input_size"])):
        parts = -(-n // limit) if limit else 1
        edges = [k * (n // parts) + min(k, n % parts) for k in range(parts + 1)]
        sides.append([slice(a, b) for a, b in zip(edges, edges[1:])])
    return sides[0], sides[1]
