/* SPDX-License-Identifier: MIT */
/* The C++ header: moves, exceptions, views, and the same numbers as the C interface. */
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <aimc/aimc.hpp>

#ifndef _WIN32
#include <sys/wait.h>
#include <unistd.h>
#endif

#define CHECK(x)                                                                                   \
    do {                                                                                           \
        if (!(x)) {                                                                                \
            std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x);                           \
            std::exit(1);                                                                          \
        }                                                                                          \
    } while (0)

/* True when f() throws an E with a sentence. */
template <class E, class F> static bool throws(F f)
{
    try {
        f();
    } catch (const E &e) {
        return std::strlen(e.what()) > 0;
    }
    return false;
}

static_assert(!std::is_copy_constructible_v<aimc::tile> && !std::is_copy_assignable_v<aimc::tile>);
static_assert(std::is_nothrow_move_constructible_v<aimc::tile>);
static_assert(std::is_nothrow_move_assignable_v<aimc::network>);
static_assert(sizeof(aimc::tile) == sizeof(aimc_tile *));

static void check_moves()
{
    aimc::context ctx;
    aimc::device device(ctx, "soft_bounds");
    aimc::tile a(device, 3, 4);
    aimc_tile *handle = a.get();
    aimc::tile b(std::move(a));
    CHECK(!a && b.get() == handle);
    b = aimc::tile(device, 2, 2);
    CHECK(b.n_out() == 2 && b.n_in() == 2);
    aimc::context other = std::move(ctx); /* the tile keeps the context, not the object */
    CHECK(!ctx && other.describe().find("libaimc") == 0);
}

static void check_errors()
{
    aimc::context ctx;
    CHECK(throws<aimc::invalid_error>([&] { aimc::config(ctx, "no_such_thing"); }));
    CHECK(throws<aimc::error>([&] { aimc::device(ctx, "no_such_thing"); }));
    CHECK(throws<aimc::io_error>([&] { aimc::tile(ctx, "/nowhere/tile.safetensors"); }));
    aimc::tile t(aimc::device(ctx, "soft_bounds"), 3, 4);
    const std::vector<float> wrong(5);
    CHECK(throws<aimc::shape_error>([&] { t.forward(wrong); }));
    CHECK(throws<aimc::shape_error>([&] { t.set_weights(wrong); }));
    aimc::optimizer first(t, "sgd");
    CHECK(throws<aimc::state_error>([&] { aimc::optimizer(t, "sgd"); }));
    try {
        t.parameter("no_such_parameter");
        CHECK(false);
    } catch (const aimc::error &e) {
        CHECK(e.status() == AIMC_ERR_INVALID);
    }
}

static void check_tile()
{
    aimc::context ctx(aimc::context_params(7));
    aimc::config perfect(ctx, "tile");
    perfect.set("forward.is_perfect", 1).set("backward.is_perfect", "true");
    CHECK(perfect.number("forward.is_perfect") == 1 && perfect.kind() == "tile");
    aimc::tile t(aimc::device(ctx, "ideal"), 2, 3, &perfect);
    t.set_weights(std::array<float, 6>{1, 2, 3, 4, 5, 6});
    const std::vector<float> y = t.forward(std::array<float, 6>{1, 0, 0, 1, 1, 1});
    CHECK((y == std::vector<float>{1, 4, 6, 15}));
    CHECK((t.backward(std::array<float, 2>{1, 1}) == std::vector<float>{5, 7, 9}));
    aimc::optimizer sgd(t, "sgd");
    sgd.step(std::array<float, 3>{1, 0, 0}, std::array<float, 2>{1, 0}, 0.5);
    CHECK(t.weights()[0] == 0.5f && t.weights()[3] == 4.0f);
    CHECK(t.counters().forward_vectors == 2);
    CHECK(t.describe().find("2 x 3") != std::string::npos);
}

static void check_pulses_and_matrix()
{
    aimc::context ctx;
    aimc::config parameters(ctx, "constant_step");
    parameters.parse(
        "{\"dw_min\": 0.01, \"dw_min_std\": 0, \"dw_min_dtod\": 0, \"up_down_dtod\": 0}");
    aimc::device device(ctx, parameters);
    CHECK(device.model() == "constant_step" && device.info().step_up_at_0 > 0.0099);
    aimc::tile t(device, 1, 2);
    t.pulse(std::array<std::int32_t, 2>{10, -10});
    CHECK(t.weights()[0] > 0.099f && t.weights()[1] < -0.099f);
    aimc::matrix g(device, 6, 5);
    CHECK(g.weights().size() == 30 && g.forward(std::vector<float>(10)).size() == 12);
    aimc::config coarse(ctx, "converter");
    aimc::converter adc(ctx, coarse.set("res", 0.25).set("bound", 1));
    std::array<float, 2> q{0.3f, 2.0f};
    adc.quantize(q, q);
    CHECK(adc.step() == 0.5 && q[0] == 0.5f && q[1] == 1.0f);
}

/* The same life as a tile, a matrix and a network; a year of drift, and what compensation takes back.
 */
template <class M> static void check_life(M &m, const aimc::context &ctx)
{
    aimc::config settings(ctx, "inference");
    settings.set("compensation.method", "GLOBAL");
    CHECK(throws<aimc::state_error>([&] { m.drift_programmed(1e3); }));
    const double at_first = m.program(&settings).weight_error;
    const double drifted = m.drift_programmed(3e7).weight_error;
    CHECK(drifted > 1.5 * at_first);
    CHECK(m.compensate().weight_error < 0.7 * drifted);
    CHECK(throws<aimc::shape_error>([&] { m.compensate(std::vector<float>(7)); }));
    m.unprogram();
    CHECK(throws<aimc::state_error>([&] { m.compensate(); }));
}

static void check_inference()
{
    aimc::context ctx;
    aimc::device device(ctx, "ideal");
    aimc::tile t(device, 20, 30);
    std::vector<float> w(600);
    for (std::size_t k = 0; k < w.size(); k++)
        w[k] = static_cast<float>(k % 41) / 20 - 1;
    t.set_weights(w);
    check_life(t, ctx);
    aimc::config halves(ctx, "tile");
    aimc::matrix g(device, 20, 30, &halves.set("mapping.max_input_size", 15));
    g.set_weights(w);
    check_life(g, ctx);
    aimc::network net(ctx);
    aimc::config layer(ctx, "layer");
    net.add_linear(20, 30).convert_to_analog(layer.set("device", "ideal"));
    const std::vector<float> x(60, 0.5f);
    net.calibrate(x);
    check_life(net, ctx);
    const auto before = net.counters().forward_vectors;
    net.predict(x);
    CHECK(net.counters().forward_vectors == before + 2);
}

/* Without noise conductance falls by its own power law. */
static void check_population()
{
    aimc::context ctx;
    aimc::config quiet(ctx, "pcm_like");
    aimc::noise_model model(ctx, quiet.set("read_noise_scale", 0));
    CHECK(model.kind() == "pcm_like" && model.info().g_max_us == 25);
    CHECK(aimc::noise_model(ctx, "reram_cmo").info().g_min_us == 9);
    aimc::population some(model, 100, 3);
    some.program(std::vector<float>(some.size(), 20));
    const std::vector<float> nu = some.kept("state"), early = some.read(1e3), late = some.read(1e5);
    for (std::size_t k = 0; k < some.size(); k++)
        CHECK(std::fabs(late[k] / early[k] - std::pow(100020.0 / 1020, -nu[k])) < 0.01);
    CHECK(throws<aimc::shape_error>([&] { some.program(std::vector<float>(5)); }));
    CHECK(throws<aimc::invalid_error>([&] { some.kept("no_such_thing"); }));
    aimc::config little(ctx, "weight_programming");
    little.set("population", 10).set("generations", 3).set("n_samples", 32);
    const auto found =
        aimc::optimize_programming(model, std::array<float, 3>{-1, 0.2f, 1}, &little);
    CHECK(found.loss <= found.loss_pair && !found.encoding.kind().empty());
}

static void check_energy()
{
    aimc::context ctx;
    aimc::cost_model model(ctx);
    aimc::tile t(aimc::device(ctx, "constant_step"), 20, 30);
    t.forward(std::vector<float>(60));
    aimc::cost_events events;
    model.count(t, events);
    CHECK(events.macs == 1200);
    aimc::config halves(ctx, "tile");
    aimc::matrix g(aimc::device(ctx, "ideal"), 20, 30, &halves.set("mapping.max_input_size", 15));
    model.count(g, events);
    CHECK(events.tiles == 3);
    events.accumulations = 10;
    const aimc_cost_report report = model.account(events);
    double sum = 0;
    for (const aimc_cost_item &part : report.parts)
        sum += part.energy_j;
    CHECK(report.energy_j > 0 && std::fabs(sum / report.energy_j - 1) < 1e-12);
    CHECK(report.parts[AIMC_COST_ACCUMULATOR].count == 10);
    CHECK(model.adc().energy_j > 0 && model.dac().energy_j > 0 && !model.assumptions().empty());
    CHECK(model.pulse(1e-7, 3, 20e-9) > 2 * model.pulse(1e-7, 2, 20e-9));
    events.reads = -1;
    CHECK(throws<aimc::invalid_error>([&] { model.account(events); }));
    CHECK(throws<aimc::invalid_error>([&] { aimc::cost_model(ctx, "no_such_thing"); }));
}

/* A graph: a convolution, its ReLU, a shortcut; a loss of the caller's own. */
static void check_graph()
{
    aimc::context ctx;
    aimc::network net(ctx);
    aimc::config conv(ctx, "conv2d"), linear(ctx, "linear"), layer(ctx, "layer");
    conv.set("out_channels", 2).set("kernel", 3).set("padding", 1);
    linear.set("out_features", 2);
    aimc_value x = net.add_input(std::array<std::size_t, 3>{2, 4, 4}, "image");
    const aimc_value c = net.add("relu", net.add("conv2d", x, &conv));
    x = net.add("flatten", net.add("add", std::array<aimc_value, 2>{x, c}));
    CHECK(throws<aimc::invalid_error>([&] { net.add_named("image", "linear", x, &linear); }));
    x = net.add_named("classes", "linear", x, &linear);
    net.add_output(x);
    CHECK(net.json().find("\"classes\"") != std::string::npos);
    layer.set("device", "ideal").set("forward.is_perfect", 1).set("backward.is_perfect", 1);
    net.convert("!classes", &layer);
    CHECK(net.info().n_analog == 36 && net.tensor("conv2d.weight", 36).size() == 36);
    const std::vector<float> in(64, 0.5f), before = net.forward(in);
    net.backward(std::vector<float>{1, 0, 1, 0}); /* the first output shrinks */
    net.step(0.01);
    CHECK(net.predict(in)[0] < before[0]);
    CHECK(throws<aimc::state_error>([&] { net.step(0.01); }));
    CHECK(throws<aimc::invalid_error>([&] { net.tensor("conv.weight", 36); }));
    net.forward(in);
    net.backward(std::vector<float>{1, 0, 1, 0});
    net.zero_gradients();
    CHECK(throws<aimc::state_error>([&] { net.step(0.01); }));
    net.set_loss_weights(std::array<double, 2>{0.5, 2});
    CHECK(net.json().find("\"loss_weights\": [0.5, 2]") != std::string::npos);
    CHECK(throws<aimc::error>([&] { aimc::network(ctx, "/nowhere", nullptr); }));
    aimc::config schedule(ctx, "step_rate");
    CHECK(schedule.set("gamma", 0.5).rate(0.8, 2) == 0.2);
    CHECK(throws<aimc::invalid_error>([&] { conv.rate(0.8, 2); }));
}

static void check_chip()
{
    aimc::context ctx;
    aimc::network net(ctx);
    aimc::config conv(ctx, "conv2d");
    conv.set("out_channels", 2).set("kernel", 3);
    net.add("batch_norm",
            net.add("conv2d", net.add_input(std::array<std::size_t, 3>{2, 4, 4}), &conv));
    CHECK(net.fold() == 1 && net.info().n_layers == 1 && net.fold() == 0);
}

#ifndef _WIN32
/* A child after fork() has none of the context's threads: it works alone, and ends. */
static void check_fork()
{
    aimc_context_params params = aimc::context_params(7);
    params.n_threads = 4;
    aimc::context ctx(params);
    aimc::config perfect(ctx, "tile");
    perfect.set("forward.is_perfect", 1);
    aimc::tile tile(aimc::device(ctx, "ideal"), 200, 200, &perfect);
    tile.set_weights(std::vector<float>(200 * 200, 0.25f));
    const std::vector<float> x(64 * 200, 0.5f), before = tile.forward(x);
    const pid_t child = fork();
    if (child == 0) {
        alarm(20);
        bool same = tile.forward(x) == before;
        {
            const aimc::tile taken = std::move(tile);
            const aimc::context end = std::move(ctx);
        }
        _exit(same ? 0 : 1);
    }
    int status = -1;
    CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
    CHECK(tile.forward(x) == before);
}
#endif

int main()
{
    check_moves();
    check_errors();
    check_tile();
    check_pulses_and_matrix();
    check_inference();
    check_population();
    check_energy();
    check_graph();
    check_chip();
#ifndef _WIN32
    check_fork();
#endif
    return 0;
}
