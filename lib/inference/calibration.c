/* SPDX-License-Identifier: MIT */
/* The kind of configuration "calibration". */
#include "inference/calibration.h"

#define SRC "M. J. Rasch et al., arXiv:2302.08469 (2023)"
#define ADC "T. P. Xiao et al., IEEE Circuits Syst. Mag. 22(4):26 (2022)"
#define T   aimci_calibration

static const aimci_field fields[] = {
    AIMCI_CHOICE(
        T, method, AIMCI_INPUTS_CACHE_QUANTILE, AIMCI_INPUTS_NONE,
        "MOVING_STD|MOVING_QUANTILE|CACHE_QUANTILE|MAX|MEAN_SQUARE|ENTROPY|NONE",
        "what the input range is taken from; MEAN_SQUARE, ENTROPY: the least of that error "
        "of the DAC's codes; NONE: input ranges stay",
        SRC),
    AIMCI_NUMBER(T, quantile, 0.99995, 0, 1, "1",
                 "of the magnitudes of inputs or outputs; rows of zeros are left out", SRC),
    AIMCI_NUMBER(T, std_alpha, 3, 0, 1e6, "1", "MOVING_STD: standard deviations", SRC),
    AIMCI_NUMBER(T, momentum, 0.1, 0, 1, "1",
                 "MOVING_...: weight of a new batch in the running value", SRC),
    AIMCI_INTEGER(T, max_samples, 1000, 1, 1e9, "1", "CACHE_QUANTILE: rows kept at most", SRC),
    AIMCI_CHOICE(T, out_method, AIMCI_OUTPUTS_NONE, 4, "NONE|MAX|QUANTILE|MEAN_SQUARE|ENTROPY",
                 "what the ranges of the ADCs are taken from, once input ranges are; NONE: they "
                 "stay",
                 ADC),
    AIMCI_CHOICE(T, out_share, AIMCI_SHARE_SLICE, AIMCI_SHARE_LAYER, "SLICE|TILE|LAYER",
                 "ADCs of one range: those of a conversion of a tile (a bit slice, a digit), of a "
                 "tile, of a layer",
                 ADC),
    AIMCI_FLAG(T, out_powers_of_two, 0,
               "ranges of a tile are rounded up to powers of two apart, so that codes are added by "
               "shifts",
               ADC),
};

AIMCI_DEFINE_KIND(calibration, "calibration", "ranges of DACs and ADCs from data, after training",
                  SRC, fields, T, .n_children = 0);

aimci_calibration aimci_calibration_of(const aimc_config *config)
{
    aimci_calibration c;
    aimci_config_read(config, &aimci_kind_calibration, &c);
    return c;
}
