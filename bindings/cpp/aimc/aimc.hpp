/* SPDX-License-Identifier: MIT */
#ifndef AIMC_HPP
#define AIMC_HPP
/**
 * @file aimc.hpp
 * libaimc for C++17: every handle is a move-only object, every failure an exception.
 *
 * A thin layer over the C interface: get() gives the C handle, so that whatever has no member here
 * is reached as aimc::check(aimc_...(tile.get(), ...)). Threads and determinism are those of the C
 * functions.
 */

#include <aimc/base.hpp>

namespace aimc
{

/* ---- objects --------------------------------------------------------------------------------- */

/** Parameters of a context, with the C++ defaults. @since 0.1 */
inline aimc_context_params context_params(std::uint64_t seed = 0, std::uint32_t threads = 1)
{
    aimc_context_params p = AIMC_CONTEXT_PARAMS_INIT;
    p.seed = seed;
    p.n_threads = threads;
    return p;
}

/** Everything an object needs from its host; objects made from it keep it alive. @since 0.1 */
class context : public detail::handle<aimc_context, aimc_context_destroy>
{
  public:
    context() : context(context_params())
    {
    }
    explicit context(const aimc_context_params &params) : handle(aimc_context_create, &params)
    {
    }
    std::string describe() const
    {
        return detail::text(aimc_context_describe, get());
    }
};

/** Parameters of one object. @since 0.1 */
class config : public detail::handle<aimc_config, aimc_config_destroy>
{
  public:
    config(const context &ctx, const char *name) : handle(aimc_config_create, ctx.get(), name)
    {
    }
    /** Take over a C handle. */
    explicit config(aimc_config *made)
    {
        reset(made);
    }
    config copy() const
    {
        aimc_config *made = nullptr;
        check(aimc_config_copy(get(), &made));
        return config(made);
    }
    /** Set a number, integer or flag. */
    template <class N, class = std::enable_if_t<std::is_arithmetic_v<N>>>
    config &set(const char *name, N value)
    {
        check(aimc_config_set(get(), name, static_cast<double>(value)));
        return *this;
    }
    /** Set any field from text. */
    config &set(const char *name, const char *text)
    {
        check(aimc_config_set_text(get(), name, text));
        return *this;
    }
    config &set(const char *name, span<const double> list)
    {
        check(aimc_config_set_list(get(), name, list.data(), list.size()));
        return *this;
    }
    config &parse(const char *json)
    {
        check(aimc_config_parse(get(), json));
        return *this;
    }
    double number(const char *name) const
    {
        double value = 0;
        check(aimc_config_get(get(), name, &value));
        return value;
    }
    std::string text(const char *name) const
    {
        std::size_t length = 0;
        check(aimc_config_get_text(get(), name, nullptr, 0, &length));
        std::string s(length, '\0');
        check(aimc_config_get_text(get(), name, s.data(), length + 1, nullptr));
        return s;
    }
    std::string kind() const
    {
        return aimc_config_get_kind(get());
    }
    std::string json() const
    {
        return detail::text(aimc_config_to_json, get());
    }
    /** The learning rate of a step by a schedule. */
    double rate(double lr, std::uint64_t step) const
    {
        double r = 0;
        check(aimc_schedule_get_rate(get(), lr, step, &r));
        return r;
    }
};

/** An immutable device model. @since 0.1 */
class device : public detail::handle<aimc_device, aimc_device_unref>
{
  public:
    device(const context &ctx, const char *name)
        : handle(aimc_device_create, ctx.get(), name, static_cast<const aimc_config *>(nullptr))
    {
    }
    device(const context &ctx, const config &parameters)
        : handle(aimc_device_create, ctx.get(), static_cast<const char *>(nullptr),
                 static_cast<const aimc_config *>(parameters.get()))
    {
    }
    aimc_device_info info() const
    {
        auto i = detail::sized<aimc_device_info>();
        check(aimc_device_get_info(get(), &i));
        return i;
    }
    std::string model() const
    {
        return aimc_device_get_model(get());
    }
};

/** A DAC or ADC. @since 0.1 */
class converter : public detail::handle<aimc_converter, aimc_converter_destroy>
{
  public:
    converter(const context &ctx, const config &parameters)
        : handle(aimc_converter_create, ctx.get(),
                 static_cast<const aimc_config *>(parameters.get()))
    {
    }
    void quantize(span<const float> x, span<float> y)
    {
        detail::expect(y.size(), x.size(), "y");
        check(aimc_converter_quantize(get(), x.size(), x.data(), y.data()));
    }
    double step() const
    {
        return aimc_converter_get_step(get());
    }
};

namespace detail
{

inline const aimc_config *or_null(const config *c)
{
    return c ? c->get() : nullptr;
}

/** Life of trained weights on a chip, of tiles, matrices and networks. Traits names the C functions.
 */
template <class Traits, class Base> class programmable : public Base
{
  public:
    using Base::Base;
    /** Put the weights on programmed devices; settings of kind "inference". */
    aimc_inference_report program(const config *settings = nullptr)
    {
        return report(Traits::program, or_null(settings));
    }
    /** Be read as it is t seconds after programming, without compensation. */
    aimc_inference_report drift_programmed(double t_s)
    {
        return report(Traits::drift_programmed, t_s);
    }
    /** Correct the outputs digitally, from calibration inputs of n_in values each where given. */
    aimc_inference_report compensate(span<const float> x = {})
    {
        const std::size_t n_in = Traits::n_in(this->get());
        return report(Traits::compensate, rows(x.size(), n_in, "x"), x.size() ? x.data() : nullptr,
                      n_in);
    }
    /** Take programmed devices off: reads see the weights again. */
    void unprogram()
    {
        check(Traits::unprogram(this->get()));
    }

  private:
    template <class F, class... A> aimc_inference_report report(F verb, A... arguments)
    {
        auto made = sized<aimc_inference_report>();
        check(verb(this->get(), arguments..., &made));
        return made;
    }
};

/** Members that tiles and matrices share. */
template <class Traits, class Base> class linear_map : public programmable<Traits, Base>
{
  public:
    using programmable<Traits, Base>::programmable;
    std::size_t n_out() const
    {
        return Traits::n_out(this->get());
    }
    std::size_t n_in() const
    {
        return Traits::n_in(this->get());
    }
    /** y = W x, x of one or more vectors, packed. */
    void forward(span<const float> x, span<float> y)
    {
        product(Traits::forward, x, n_in(), "x", y, n_out(), "y");
    }
    std::vector<float> forward(span<const float> x)
    {
        return product(Traits::forward, x, n_in(), "x", n_out(), "y");
    }
    /** z = W' d. */
    void backward(span<const float> d, span<float> z)
    {
        product(Traits::backward, d, n_out(), "d", z, n_in(), "z");
    }
    std::vector<float> backward(span<const float> d)
    {
        return product(Traits::backward, d, n_out(), "d", n_in(), "z");
    }
    /** Weights [n_out][n_in], packed. */
    std::vector<float> weights() const
    {
        std::vector<float> w(n_out() * n_in());
        check(Traits::get_weights(this->get(), w.data(), n_in()));
        return w;
    }
    void set_weights(span<const float> w)
    {
        expect(w.size(), n_out() * n_in(), "w");
        check(Traits::set_weights(this->get(), w.data(), n_in()));
    }
    aimc_counters counters() const
    {
        auto c = detail::sized<aimc_counters>();
        check(Traits::counters(this->get(), &c));
        return c;
    }
    std::string describe() const
    {
        return text(Traits::describe, this->get());
    }

  private:
    template <class F>
    void product(F verb, span<const float> in, std::size_t n_from, const char *in_name,
                 span<float> out, std::size_t n_to, const char *out_name)
    {
        const std::size_t n = rows(in.size(), n_from, in_name);
        expect(out.size(), n * n_to, out_name);
        check(verb(this->get(), n, in.data(), n_from, out.data(), n_to));
    }
    template <class F>
    std::vector<float> product(F verb, span<const float> in, std::size_t n_from,
                               const char *in_name, std::size_t n_to, const char *out_name)
    {
        std::vector<float> out(rows(in.size(), n_from, in_name) * n_to);
        product(verb, in, n_from, in_name, span<float>(out), n_to, out_name);
        return out;
    }
};

struct tile_traits {
    static constexpr auto n_out = aimc_tile_get_n_out;
    static constexpr auto n_in = aimc_tile_get_n_in;
    static constexpr auto forward = aimc_tile_forward;
    static constexpr auto backward = aimc_tile_backward;
    static constexpr auto get_weights = aimc_tile_get_weights;
    static constexpr auto set_weights = aimc_tile_set_weights;
    static constexpr auto counters = aimc_tile_get_counters;
    static constexpr auto describe = aimc_tile_describe;
    static constexpr auto program = aimc_tile_program;
    static constexpr auto drift_programmed = aimc_tile_drift_programmed;
    static constexpr auto compensate = aimc_tile_compensate;
    static constexpr auto unprogram = aimc_tile_unprogram;
};

struct matrix_traits {
    static constexpr auto n_out = aimc_matrix_get_n_out;
    static constexpr auto n_in = aimc_matrix_get_n_in;
    static constexpr auto forward = aimc_matrix_forward;
    static constexpr auto backward = aimc_matrix_backward;
    static constexpr auto get_weights = aimc_matrix_get_weights;
    static constexpr auto set_weights = aimc_matrix_set_weights;
    static constexpr auto counters = aimc_matrix_get_counters;
    static constexpr auto describe = aimc_matrix_describe;
    static constexpr auto program = aimc_matrix_program;
    static constexpr auto drift_programmed = aimc_matrix_drift_programmed;
    static constexpr auto compensate = aimc_matrix_compensate;
    static constexpr auto unprogram = aimc_matrix_unprogram;
};

} // namespace detail

/** One analog tile. @since 0.1 */
class tile
    : public detail::linear_map<detail::tile_traits, detail::handle<aimc_tile, aimc_tile_destroy>>
{
  public:
    tile(const device &dev, std::size_t n_out, std::size_t n_in, const config *settings = nullptr)
        : linear_map(aimc_tile_create, static_cast<const aimc_device *>(dev.get()), n_out, n_in,
                     detail::or_null(settings))
    {
    }
    /** A tile that save() wrote. */
    tile(const context &ctx, const char *path) : linear_map(aimc_tile_load, ctx.get(), path)
    {
    }
    void save(const char *path) const
    {
        check(aimc_tile_save(get(), path));
    }
    /** Pulses [n_out][n_in] to each device: up where positive. */
    void pulse(span<const std::int32_t> counts)
    {
        detail::expect(counts.size(), n_out() * n_in(), "counts");
        check(aimc_tile_pulse(get(), counts.data(), n_in()));
    }
    std::vector<float> parameter(const char *name) const
    {
        std::vector<float> value(n_out() * n_in());
        check(aimc_tile_get_parameter(get(), name, value.data(), n_in()));
        return value;
    }
};

/** A training algorithm on one tile, which must outlive its use. @since 0.1 */
class optimizer : public detail::handle<aimc_optimizer, aimc_optimizer_destroy>
{
  public:
    optimizer(tile &t, const char *algorithm, const config *settings = nullptr)
        : handle(aimc_optimizer_create, t.get(), algorithm, detail::or_null(settings)),
          n_in_(t.n_in()), n_out_(t.n_out())
    {
    }
    /** One mini-batch of packed vectors. */
    void step(span<const float> x, span<const float> d, double lr)
    {
        const std::size_t n = detail::rows(x.size(), n_in_, "x");
        detail::expect(d.size(), n * n_out_, "d");
        check(aimc_optimizer_step(get(), n, x.data(), n_in_, d.data(), n_out_, lr));
    }

  private:
    std::size_t n_in_, n_out_;
};

/** A large matrix on tiles. @since 0.1 */
class matrix : public detail::linear_map<detail::matrix_traits,
                                         detail::handle<aimc_matrix, aimc_matrix_destroy>>
{
  public:
    matrix(const device &dev, std::size_t n_out, std::size_t n_in, const config *settings = nullptr)
        : linear_map(aimc_matrix_create, static_cast<const aimc_device *>(dev.get()), n_out, n_in,
                     detail::or_null(settings))
    {
    }
    /** A matrix that save() wrote. */
    matrix(const context &ctx, const char *path) : linear_map(aimc_matrix_load, ctx.get(), path)
    {
    }
    void save(const char *path) const
    {
        check(aimc_matrix_save(get(), path));
    }
    void step(span<const float> x, span<const float> d, double lr)
    {
        const std::size_t n = detail::rows(x.size(), n_in(), "x");
        detail::expect(d.size(), n * n_out(), "d");
        check(aimc_matrix_step(get(), n, x.data(), n_in(), d.data(), n_out(), lr));
    }
};

} // namespace aimc

#include <aimc/energy.hpp>
#include <aimc/inference.hpp>
#include <aimc/network.hpp>

#endif
