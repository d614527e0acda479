/* SPDX-License-Identifier: MIT */
#ifndef AIMC_NETWORK_HPP
#define AIMC_NETWORK_HPP
/**
 * @file network.hpp
 * Networks: graphs of ops over matrices, and their life on a chip. Included by aimc.hpp.
 */

#include <aimc/aimc.hpp>

namespace aimc
{

namespace detail
{

struct network_traits {
    static constexpr auto program = aimc_network_program;
    static constexpr auto drift_programmed = aimc_network_drift_programmed;
    static constexpr auto unprogram = aimc_network_unprogram;
    static std::size_t n_in(const aimc_network *net)
    {
        auto i = sized<aimc_network_info>();
        check(aimc_network_get_info(net, &i));
        return static_cast<std::size_t>(i.n_in);
    }
    static aimc_status compensate(aimc_network *net, std::size_t n, const float *x, std::size_t,
                                  aimc_inference_report *report)
    {
        return aimc_network_compensate(net, n, x, report);
    }
};

} // namespace detail

/** A graph of ops over matrices. @since 0.1 */
class network : public detail::programmable<detail::network_traits,
                                            detail::handle<aimc_network, aimc_network_destroy>>
{
  public:
    explicit network(const context &ctx) : programmable(aimc_network_create, ctx.get())
    {
    }
    /** A network that save() wrote. */
    network(const context &ctx, const char *path) : programmable(aimc_network_load, ctx.get(), path)
    {
    }
    /** A network that stays in its file, for inference: its document, or nullptr where the file has
     * one. */
    network(const context &ctx, const char *path, const char *json)
        : programmable(aimc_network_open, ctx.get(), path, json)
    {
    }
    /** Add an input of this shape, the samples not counted. */
    aimc_value add_input(span<const std::size_t> shape, const char *name = nullptr)
    {
        aimc_value made = 0;
        check(aimc_network_add_input(get(), name, shape.data(), shape.size(), &made));
        return made;
    }
    /** Add a node that reads values; returns the first that it makes. */
    aimc_value add(const char *op, span<const aimc_value> inputs, const config *settings = nullptr)
    {
        aimc_value made = 0;
        check(aimc_network_add(get(), op, detail::or_null(settings), inputs.size(), inputs.data(),
                               &made));
        return made;
    }
    aimc_value add(const char *op, aimc_value input, const config *settings = nullptr)
    {
        return add(op, span<const aimc_value>(&input, 1), settings);
    }
    /** The same with a name. */
    aimc_value add_named(const char *name, const char *op, span<const aimc_value> inputs,
                         const config *settings = nullptr)
    {
        aimc_value made = 0;
        check(aimc_network_add_named(get(), name, op, detail::or_null(settings), inputs.size(),
                                     inputs.data(), &made));
        return made;
    }
    aimc_value add_named(const char *name, const char *op, aimc_value input,
                         const config *settings = nullptr)
    {
        return add_named(name, op, span<const aimc_value>(&input, 1), settings);
    }
    network &set_name(aimc_value value, const char *name)
    {
        check(aimc_network_set_name(get(), value, name));
        return *this;
    }
    network &add_output(aimc_value value)
    {
        check(aimc_network_add_output(get(), value));
        return *this;
    }
    /** The graph as JSON. */
    std::string json() const
    {
        return detail::text(aimc_network_to_json, get());
    }
    network &set_loss(const config &loss)
    {
        check(aimc_network_set_loss(get(), loss.get()));
        return *this;
    }
    /** Weights of any number of classes. */
    network &set_loss_weights(span<const double> weights)
    {
        check(aimc_network_set_loss_weights(get(), weights.size(), weights.data()));
        return *this;
    }
    network &set_optimizer(const config &optimizer)
    {
        check(aimc_network_set_optimizer(get(), optimizer.get()));
        return *this;
    }
    /** The forward pass of a mini-batch in training; backward() and step() follow. */
    std::vector<float> forward(span<const float> x)
    {
        const std::size_t n = detail::rows(x.size(), n_in(), "x");
        std::vector<float> y(n * static_cast<std::size_t>(info().n_out));
        check(aimc_network_forward(get(), n, x.data(), y.data()));
        return y;
    }
    /** Gradients of everything trained, from dL/dy. */
    void backward(span<const float> dy)
    {
        const std::size_t n = detail::rows(dy.size(), static_cast<std::size_t>(info().n_out), "dy");
        check(aimc_network_backward(get(), n, dy.data(), nullptr));
    }
    void step(double lr)
    {
        check(aimc_network_step(get(), lr));
    }
    /** Forget the gradients of all passes since the last step. */
    void zero_gradients()
    {
        check(aimc_network_zero_gradients(get()));
    }
    /** One mini-batch with targets, for losses that take them; returns the mean loss before. */
    float train_targets(span<const float> x, span<const float> targets, double lr)
    {
        float loss = 0;
        const std::size_t n = detail::rows(x.size(), n_in(), "x");
        detail::expect(targets.size(), n * static_cast<std::size_t>(info().n_out), "targets");
        check(aimc_network_train_targets(get(), n, x.data(), targets.data(), lr, &loss));
        return loss;
    }
    /** Put the matrices of the nodes that patterns choose on tiles; settings nullptr: back. */
    void convert(const char *patterns, const config *settings)
    {
        check(aimc_network_convert(get(), patterns, detail::or_null(settings)));
    }
    /** A weight or parameter with the name, shape and order of PyTorch. */
    std::vector<float> tensor(const char *name, std::size_t size) const
    {
        std::vector<float> values(size);
        check(aimc_network_get_tensor(get(), name, size, values.data()));
        return values;
    }
    void set_tensor(const char *name, span<const float> values)
    {
        check(aimc_network_set_tensor(get(), name, values.size(), values.data()));
    }
    /** Take all tensors from a safetensors file with the names of PyTorch. */
    void load_weights(const char *path)
    {
        check(aimc_network_load_weights(get(), path));
    }
    /** Add a layer on tiles, or a digital one. */
    network &add_linear(std::size_t n_out, std::size_t n_in, const config *layer = nullptr)
    {
        check(aimc_network_add_linear(get(), n_out, n_in, detail::or_null(layer)));
        return *this;
    }
    network &add_activation(aimc_activation function)
    {
        check(aimc_network_add_activation(get(), function));
        return *this;
    }
    aimc_network_info info() const
    {
        auto i = detail::sized<aimc_network_info>();
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
    double evaluate(span<const float> x, span<const std::uint32_t> labels)
    {
        double found = 0;
        detail::expect(x.size(), labels.size() * n_in(), "x");
        check(aimc_network_evaluate(get(), labels.size(), x.data(), labels.data(), &found));
        return found;
    }
    /** Mean over repeat passes with new read noise, and its standard error: NaN of one pass. */
    struct accuracy {
        double mean, std_error;
    };
    accuracy evaluate_repeat(span<const float> x, span<const std::uint32_t> labels,
                             std::size_t repeat)
    {
        accuracy found = {0, 0};
        detail::expect(x.size(), labels.size() * n_in(), "x");
        check(aimc_network_evaluate_repeat(get(), labels.size(), x.data(), labels.data(), repeat,
                                           &found.mean, &found.std_error));
        return found;
    }
    /** Put every digital layer on tiles with its weights. */
    void convert_to_analog(const config &layer)
    {
        check(aimc_network_convert_to_analog(get(), layer.get()));
    }
    /** Fold batch norms into the layers before them; returns how many. */
    std::size_t fold()
    {
        std::size_t n = 0;
        check(aimc_network_fold(get(), &n));
        return n;
    }
    /** Set ranges of converters from samples: of inputs, and with out_method of the ADCs. */
    void calibrate(span<const float> x, const config *settings = nullptr)
    {
        check(aimc_network_calibrate(get(), detail::rows(x.size(), n_in(), "x"), x.data(),
                                     detail::or_null(settings)));
    }
    /** Conductances of all arrays of a programmed network, uS, into a folder; from there. */
    void save_conductances(const char *folder, const char *format = "npy") const
    {
        check(aimc_network_save_conductances(get(), folder, format));
    }
    void load_conductances(const char *folder)
    {
        check(aimc_network_load_conductances(get(), folder));
    }
    aimc_counters counters() const
    {
        auto c = detail::sized<aimc_counters>();
        check(aimc_network_get_counters(get(), &c));
        return c;
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
        return detail::network_traits::n_in(get());
    }
};

} // namespace aimc

#endif
