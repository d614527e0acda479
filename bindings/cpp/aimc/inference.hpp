/* SPDX-License-Identifier: MIT */
#ifndef AIMC_INFERENCE_HPP
#define AIMC_INFERENCE_HPP
/**
 * @file inference.hpp
 * Noise models and populations of programmed devices. Included by aimc.hpp; what programs weights
 * is a member of tile, matrix and network.
 */

#include <aimc/aimc.hpp>

namespace aimc
{

/** What programmed conductances do, in uS and seconds. @since 0.1 */
class noise_model : public detail::handle<aimc_noise_model, aimc_noise_model_destroy>
{
  public:
    noise_model(const context &ctx, const char *name)
        : handle(aimc_noise_model_create, ctx.get(), name,
                 static_cast<const aimc_config *>(nullptr))
    {
    }
    noise_model(const context &ctx, const config &parameters)
        : handle(aimc_noise_model_create, ctx.get(), static_cast<const char *>(nullptr),
                 static_cast<const aimc_config *>(parameters.get()))
    {
    }
    aimc_noise_model_info info() const
    {
        auto i = detail::sized<aimc_noise_model_info>();
        check(aimc_noise_model_get_info(get(), &i));
        return i;
    }
    std::string kind() const
    {
        return aimc_noise_model_get_kind(get());
    }
};

/** n devices of one noise model. @since 0.1 */
class population : public detail::handle<aimc_population, aimc_population_destroy>
{
  public:
    population(const noise_model &model, std::size_t n, std::uint64_t seed = 0)
        : handle(aimc_population_create, model.get(), n, seed), n_(n)
    {
    }
    std::size_t size() const noexcept
    {
        return n_;
    }
    /** Program every device once, to its own target in uS. */
    void program(span<const float> target_us)
    {
        detail::expect(target_us.size(), n_, "target_us");
        check(aimc_population_program(get(), target_us.data()));
    }
    /** Conductances in uS at a time after programming, with fresh read noise. */
    std::vector<float> read(double t_s)
    {
        std::vector<float> g(n_);
        check(aimc_population_read(get(), t_s, g.data()));
        return g;
    }
    /** What the devices keep: "target", "programmed" or "state". */
    std::vector<float> kept(const char *what) const
    {
        std::vector<float> value(n_);
        check(aimc_population_get(get(), what, value.data()));
        return value;
    }

  private:
    std::size_t n_;
};

/** What a search for an encoding found. @since 0.1 */
struct programming_found {
    config encoding;  /**< to be the field "encoding" of a configuration of kind "inference" */
    double loss_pair; /**< loss of a plain pair */
    double loss;      /**< loss of the encoding */
};

/** Search for the encoding of weights that loses least on devices of a model. @since 0.1 */
inline programming_found optimize_programming(const noise_model &model, span<const float> weights,
                                              const config *settings = nullptr)
{
    aimc_config *made = nullptr;
    double pair = 0, loss = 0;
    check(aimc_noise_model_optimize_programming(model.get(), weights.size(), weights.data(),
                                                detail::or_null(settings), &made, &pair, &loss));
    return {config(made), pair, loss};
}

} // namespace aimc

#endif
