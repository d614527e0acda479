# SPDX-License-Identifier: MIT
"""Makes sweeps.csv of the tutorial for device physicists: make_sweeps.py sweeps.csv

The truth: soft bounds, granularity 0.03 x 8 = 0.24 uS at mid-range, steps down 10 % smaller, six devices whose steps spread by 10 % and
whose bounds by 8 % around 4 and 20 uS, 0.3 steps of noise with each pulse, 0.08 uS of noise with each reading."""
import sys

import numpy as np

import aimc

PULSES, DEVICES = 120, 6


def main():
    noise = np.random.default_rng(5)
    device = aimc.Device("soft_bounds", dw_min=0.03, up_down=0.1, dw_min_dtod=0.1, w_max_dtod=0.08, w_min_dtod=0.08, up_down_dtod=0.02,
                         dw_min_std=0.3)
    tile = aimc.Tile(device, 1, DEVICES, ctx=aimc.Context(seed=11))
    sweeps = []
    for direction in (1, -1):
        readings = []
        for _ in range(PULSES):
            tile.pulse(direction)
            readings.append(12 + 8 * tile.weights[0] + noise.normal(0, 0.08, DEVICES))
        sweeps.append(np.array(readings))
    header = ",".join(f"up dev{k} (uS),down dev{k} (uS)" for k in range(DEVICES))
    with open(sys.argv[1], "w", encoding="ascii") as table:
        print(header, file=table)
        for up, down in zip(*sweeps):
            print(",".join(f"{a:.3f},{b:.3f}" for a, b in zip(up, down)), file=table)


if __name__ == "__main__":
    main()
