/* SPDX-License-Identifier: MIT */
#include <cmath>
#include <cstdio>

#include <aimc/aimc.hpp>

int main()
{
    aimc::context ctx;
    aimc::config settings(ctx, "tile");
    settings.set("forward.out_noise", 0.02).set("forward.noise_management", "ABS_MAX");

    aimc::tile tile(aimc::device(ctx, "reram_sb"), 2, 3, &settings);
    tile.set_weights(std::vector<float>{0.1f, 0.2f, 0.3f, -0.1f, -0.2f, -0.3f});
    const std::vector<float> y = tile.forward(std::vector<float>{1.0f, 0.5f, -0.5f});
    std::printf("%s: %g %g\n", tile.describe().c_str(), double(y[0]), double(y[1]));

    aimc::optimizer sgd(tile, "sgd");
    sgd.step(std::vector<float>{1, 0, 0}, std::vector<float>{0.5f, 0}, 0.1);

    const double error = tile.program().weight_error; // on phase-change cells
    std::printf("error %g, a year later %g\n", error, tile.drift_programmed(3.15e7).weight_error);
    aimc::cost_model prices(ctx, "rram_32nm");
    aimc::cost_events events;
    prices.count(tile, events);
    std::printf("%g pJ\n", 1e12 * prices.account(events).energy_j);

    try {
        settings.set("forward.out_nose", 0.1);
    } catch (const aimc::invalid_error &e) {
        std::printf("%s\n", e.what());
    }
    return y.size() == 2 && std::isfinite(y[0]) ? 0 : 1;
}
