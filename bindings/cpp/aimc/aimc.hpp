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

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <aimc/aimc.h>

namespace aimc
{

/* ---- errors ---------------------------------------------------------------------------------- */

/** What a call that fails throws: the library's sentence, and its status. @since 0.1 */
class error : public std::runtime_error
{
  public:
    error(aimc_status status, const char *sentence) : std::runtime_error(sentence), status_(status)
    {
    }
    /** Status of the call. */
    aimc_status status() const noexcept
    {
        return status_;
    }

  private:
    aimc_status status_;
};

/** One class for each status, so that it can be caught by type. @since 0.1 */
template <aimc_status S> class error_of : public error
{
  public:
    explicit error_of(const char *sentence) : error(S, sentence)
    {
    }
};

using invalid_error = error_of<AIMC_ERR_INVALID>;         /**< AIMC_ERR_INVALID */
using unsupported_error = error_of<AIMC_ERR_UNSUPPORTED>; /**< AIMC_ERR_UNSUPPORTED */
using no_memory_error = error_of<AIMC_ERR_NOMEM>;         /**< AIMC_ERR_NOMEM */
using abi_error = error_of<AIMC_ERR_ABI>;                 /**< AIMC_ERR_ABI */
using shape_error = error_of<AIMC_ERR_SHAPE>;             /**< AIMC_ERR_SHAPE */
using state_error = error_of<AIMC_ERR_STATE>;             /**< AIMC_ERR_STATE */
using io_error = error_of<AIMC_ERR_IO>;                   /**< AIMC_ERR_IO */
using format_error = error_of<AIMC_ERR_FORMAT>;           /**< AIMC_ERR_FORMAT */
using internal_error = error_of<AIMC_ERR_INTERNAL>;       /**< AIMC_ERR_INTERNAL */

/** Throw what a status means. @since 0.1 */
inline void check(aimc_status status)
{
    const char *sentence = aimc_last_error();
    switch (status) {
    case AIMC_OK:
        return;
    case AIMC_ERR_INVALID:
        throw invalid_error(sentence);
    case AIMC_ERR_UNSUPPORTED:
        throw unsupported_error(sentence);
    case AIMC_ERR_NOMEM:
        throw no_memory_error(sentence);
    case AIMC_ERR_ABI:
        throw abi_error(sentence);
    case AIMC_ERR_SHAPE:
        throw shape_error(sentence);
    case AIMC_ERR_STATE:
        throw state_error(sentence);
    case AIMC_ERR_IO:
        throw io_error(sentence);
    case AIMC_ERR_FORMAT:
        throw format_error(sentence);
    case AIMC_ERR_INTERNAL:
        throw internal_error(sentence);
    }
    throw error(status, sentence);
}

/* ---- views ----------------------------------------------------------------------------------- */

/** Consecutive elements of somebody else: what std::span is in C++20. @since 0.1 */
template <class T> class span
{
  public:
    constexpr span() noexcept = default;
    constexpr span(T *data, std::size_t size) noexcept : data_(data), size_(size)
    {
    }
    /** From anything with data() and size(): vector, array, string, std::span. */
    template <class C, class = std::enable_if_t<
                           std::is_convertible_v<decltype(std::declval<C &>().data()), T *>>>
    constexpr span(C &&c) noexcept : data_(c.data()), size_(c.size())
    {
    }
    constexpr T *data() const noexcept
    {
        return data_;
    }
    constexpr std::size_t size() const noexcept
    {
        return size_;
    }
    constexpr T &operator[](std::size_t i) const noexcept
    {
        return data_[i];
    }
    constexpr T *begin() const noexcept
    {
        return data_;
    }
    constexpr T *end() const noexcept
    {
        return data_ + size_;
    }

  private:
    T *data_ = nullptr;
    std::size_t size_ = 0;
};

namespace detail
{

/** How many vectors of a width a view holds; it must be whole. */
inline std::size_t rows(std::size_t size, std::size_t width, const char *what)
{
    if (width == 0 ? size != 0 : size % width != 0)
        throw shape_error((std::string(what) + " has " + std::to_string(size) +
                           " elements, no multiple of " + std::to_string(width))
                              .c_str());
    return width == 0 ? 0 : size / width;
}

inline void expect(std::size_t size, std::size_t wanted, const char *what)
{
    if (size != wanted)
        throw shape_error((std::string(what) + " has " + std::to_string(size) +
                           " elements; there must be " + std::to_string(wanted))
                              .c_str());
}

/** Text of a function(object, buf, size) that returns the full length. */
template <class T, class F> std::string text(F function, const T *object)
{
    std::string s(function(object, nullptr, 0), '\0');
    function(object, s.data(), s.size() + 1);
    return s;
}

/** A handle that is destroyed once; null after it was moved from. */
template <class T, void (*Destroy)(T *)> class handle
{
  public:
    T *get() const noexcept
    {
        return p_.get();
    }
    explicit operator bool() const noexcept
    {
        return p_ != nullptr;
    }

  protected:
    handle() = default;
    template <class F, class... A> explicit handle(F create, A... arguments)
    {
        T *made = nullptr;
        check(create(arguments..., &made));
        p_.reset(made);
    }
    void reset(T *p) noexcept
    {
        p_.reset(p);
    }

  private:
    struct deleter {
        void operator()(T *p) const noexcept
        {
            Destroy(p);
        }
    };
    std::unique_ptr<T, deleter> p_;
};

} // namespace detail

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
    config(const context &ctx, const char *name) : handle(aimc_config_new, ctx.get(), name)
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
    config &set(const char *name, double value)
    {
        check(aimc_config_set(get(), name, value));
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
        return aimc_config_kind(get());
    }
    std::string json() const
    {
        return detail::text(aimc_config_to_json, get());
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
        aimc_device_info i{};
        i.struct_size = sizeof i;
        check(aimc_device_get_info(get(), &i));
        return i;
    }
    std::string model() const
    {
        return aimc_device_model(get());
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
        return aimc_converter_step(get());
    }
};

namespace detail
{

/** Members that tiles and grids share. Traits names the C functions. */
template <class Traits, class Base> class matrix : public Base
{
  public:
    using Base::Base;
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
        const std::size_t n = rows(x.size(), n_in(), "x");
        expect(y.size(), n * n_out(), "y");
        check(Traits::forward(this->get(), n, x.data(), n_in(), y.data(), n_out()));
    }
    std::vector<float> forward(span<const float> x)
    {
        std::vector<float> y(rows(x.size(), n_in(), "x") * n_out());
        forward(x, span<float>(y));
        return y;
    }
    /** z = W' d. */
    void backward(span<const float> d, span<float> z)
    {
        const std::size_t n = rows(d.size(), n_out(), "d");
        expect(z.size(), n * n_in(), "z");
        check(Traits::backward(this->get(), n, d.data(), n_out(), z.data(), n_in()));
    }
    std::vector<float> backward(span<const float> d)
    {
        std::vector<float> z(rows(d.size(), n_out(), "d") * n_in());
        backward(d, span<float>(z));
        return z;
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
        aimc_counters c{};
        c.struct_size = sizeof c;
        check(Traits::counters(this->get(), &c));
        return c;
    }
    std::string describe() const
    {
        return text(Traits::describe, this->get());
    }
};

struct tile_traits {
    static constexpr auto n_out = aimc_tile_n_out;
    static constexpr auto n_in = aimc_tile_n_in;
    static constexpr auto forward = aimc_tile_forward;
    static constexpr auto backward = aimc_tile_backward;
    static constexpr auto get_weights = aimc_tile_get_weights;
    static constexpr auto set_weights = aimc_tile_set_weights;
    static constexpr auto counters = aimc_tile_counters;
    static constexpr auto describe = aimc_tile_describe;
};

struct grid_traits {
    static constexpr auto n_out = aimc_grid_n_out;
    static constexpr auto n_in = aimc_grid_n_in;
    static constexpr auto forward = aimc_grid_forward;
    static constexpr auto backward = aimc_grid_backward;
    static constexpr auto get_weights = aimc_grid_get_weights;
    static constexpr auto set_weights = aimc_grid_set_weights;
    static constexpr auto counters = aimc_grid_counters;
    static constexpr auto describe = aimc_grid_describe;
};

inline const aimc_config *or_null(const config *c)
{
    return c ? c->get() : nullptr;
}

} // namespace detail

/** One analog tile. @since 0.1 */
class tile
    : public detail::matrix<detail::tile_traits, detail::handle<aimc_tile, aimc_tile_destroy>>
{
  public:
    tile(const device &dev, std::size_t n_out, std::size_t n_in, const config *settings = nullptr)
        : matrix(aimc_tile_create, static_cast<const aimc_device *>(dev.get()), n_out, n_in,
                 detail::or_null(settings))
    {
    }
    /** A tile that save() wrote. */
    tile(const context &ctx, const char *path) : matrix(aimc_tile_load, ctx.get(), path)
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
class grid
    : public detail::matrix<detail::grid_traits, detail::handle<aimc_grid, aimc_grid_destroy>>
{
  public:
    grid(const device &dev, std::size_t n_out, std::size_t n_in, const config *settings = nullptr)
        : matrix(aimc_grid_create, static_cast<const aimc_device *>(dev.get()), n_out, n_in,
                 detail::or_null(settings))
    {
    }
    void step(span<const float> x, span<const float> d, double lr)
    {
        const std::size_t n = detail::rows(x.size(), n_in(), "x");
        detail::expect(d.size(), n * n_out(), "d");
        check(aimc_grid_step(get(), n, x.data(), n_in(), d.data(), n_out(), lr));
    }
};

/** A list of layers. @since 0.1 */
class network : public detail::handle<aimc_network, aimc_network_destroy>
{
  public:
    explicit network(const context &ctx) : handle(aimc_network_create, ctx.get())
    {
    }
    /** A network that save() wrote. */
    network(const context &ctx, const char *path) : handle(aimc_network_load, ctx.get(), path)
    {
    }
    /** Add a layer on tiles, or a digital one. */
    network &linear(std::size_t n_in, std::size_t n_out, const config *layer = nullptr)
    {
        check(aimc_network_linear(get(), n_in, n_out, detail::or_null(layer)));
        return *this;
    }
    network &activation(aimc_activation function)
    {
        check(aimc_network_activation(get(), function));
        return *this;
    }
    aimc_network_info info() const
    {
        aimc_network_info i{};
        i.struct_size = sizeof i;
        check(aimc_network_get_info(get(), &i));
        return i;
    }
    /** One mini-batch of packed samples; returns the mean loss before the step. */
    float train_batch(span<const float> x, span<const std::uint32_t> labels, double lr)
    {
        float loss = 0;
        detail::expect(x.size(), labels.size() * n_in(), "x");
        check(aimc_network_train_batch(get(), labels.size(), x.data(), labels.data(), lr, &loss));
        return loss;
    }
    std::vector<float> predict(span<const float> x)
    {
        const std::size_t n = detail::rows(x.size(), n_in(), "x");
        std::vector<float> logits(n * static_cast<std::size_t>(info().n_out));
        check(aimc_network_predict(get(), n, x.data(), logits.data()));
        return logits;
    }
    double accuracy(span<const float> x, span<const std::uint32_t> labels)
    {
        double found = 0;
        detail::expect(x.size(), labels.size() * n_in(), "x");
        check(aimc_network_accuracy(get(), labels.size(), x.data(), labels.data(), &found));
        return found;
    }
    void save(const char *path) const
    {
        check(aimc_network_save(get(), path));
    }
    std::string describe() const
    {
        return detail::text(aimc_network_describe, get());
    }

  private:
    std::size_t n_in() const
    {
        return static_cast<std::size_t>(info().n_in);
    }
};

} // namespace aimc

#endif
