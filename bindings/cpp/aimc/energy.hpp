/* SPDX-License-Identifier: MIT */
#ifndef AIMC_ENERGY_HPP
#define AIMC_ENERGY_HPP
/**
 * @file energy.hpp
 * Energy, time and area of what was counted. Included by aimc.hpp.
 */

#include <set>

#include <aimc/aimc.hpp>

namespace aimc
{

/** Events of a run: of tiles and matrices by count(), of anything else by its fields. @since 0.1 */
struct cost_events : aimc_cost_events {
    cost_events() : aimc_cost_events(detail::sized<aimc_cost_events>())
    {
    }
};

/** Prices of events in one technology. @since 0.1 */
class cost_model : public detail::handle<aimc_cost_model, aimc_cost_model_destroy>
{
  public:
    explicit cost_model(const context &ctx, const char *name = "technology",
                        const config *changes = nullptr)
        : handle(aimc_cost_model_create, ctx.get(), name, detail::or_null(changes))
    {
    }
    aimc_converter_cost adc() const
    {
        return converter(aimc_cost_model_get_adc);
    }
    aimc_converter_cost dac() const
    {
        return converter(aimc_cost_model_get_dac);
    }
    /** Energy (J) of a write pulse of v volts and t_s seconds on conductance g_s (S). */
    double pulse(double g_s, double v, double t_s) const
    {
        double energy_j = 0;
        check(aimc_cost_model_get_pulse(get(), g_s, v, t_s, &energy_j));
        return energy_j;
    }
    /** Add what a tile counted. */
    void count(const tile &t, cost_events &events) const
    {
        count(t, 1, 1, events);
    }
    /** Add what a matrix counted. */
    void count(const matrix &g, cost_events &events) const
    {
        std::set<std::size_t> outs, ins;
        for (std::size_t k = 0; k < aimc_matrix_count_tiles(g.get()); k++) {
            std::size_t out = 0, in = 0;
            aimc_matrix_get_tile(g.get(), k, &out, &in);
            outs.insert(out);
            ins.insert(in);
        }
        count(g, outs.size(), ins.size(), events);
    }
    /** Price events. */
    aimc_cost_report account(const cost_events &events) const
    {
        auto report = detail::sized<aimc_cost_report>();
        check(aimc_cost_model_account(get(), &events, &report));
        return report;
    }
    /** Constants that are assumed: fields of the technology that nobody gave a value for. */
    std::vector<std::string> assumptions() const
    {
        std::vector<std::string> names;
        while (const char *name = aimc_cost_model_get_assumption(get(), names.size()))
            names.emplace_back(name);
        return names;
    }

  private:
    template <class F> aimc_converter_cost converter(F function) const
    {
        auto cost = detail::sized<aimc_converter_cost>();
        check(function(get(), &cost));
        return cost;
    }
    template <class M>
    void count(const M &matrix, std::size_t tiles_out, std::size_t tiles_in,
               cost_events &events) const
    {
        const aimc_counters counters = matrix.counters();
        auto shape = detail::sized<aimc_cost_shape>();
        shape.n_out = matrix.n_out();
        shape.n_in = matrix.n_in();
        shape.tiles_out = tiles_out;
        shape.tiles_in = tiles_in;
        check(aimc_cost_model_add_counters(get(), &counters, &shape, &events));
    }
};

} // namespace aimc

#endif
