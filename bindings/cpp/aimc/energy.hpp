/* SPDX-License-Identifier: MIT */
#ifndef AIMC_ENERGY_HPP
#define AIMC_ENERGY_HPP
/**
 * @file energy.hpp
 * Energy, time and area of what was counted. Included by aimc.hpp.
 */

#include <aimc/aimc.hpp>

namespace aimc
{

/** Events of a run: of tiles and matrices by count(), of anything else by its fields. @since 0.1 */
struct cost_events : aimc_cost_events {
    cost_events() : aimc_cost_events(detail::sized<aimc_cost_events>())
    {
    }
};

/** Prices of events on one chip. @since 0.1 */
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
        auto shape = detail::sized<aimc_cost_shape>();
        check(aimc_tile_get_cost_shape(t.get(), &shape));
        count(t, shape, events);
    }
    /** Add what a matrix counted. */
    void count(const matrix &g, cost_events &events) const
    {
        auto shape = detail::sized<aimc_cost_shape>();
        check(aimc_matrix_get_cost_shape(g.get(), &shape));
        count(g, shape, events);
    }
    /** Add a layer that need not exist. */
    void count(const aimc_cost_layer &layer, cost_events &events) const
    {
        check(aimc_cost_model_add_layer(get(), &layer, &events));
    }
    /** Every component's share of events. */
    std::vector<aimc_cost_component> components(const cost_events &events) const
    {
        std::vector<aimc_cost_component> all;
        for (std::size_t i = 0; i < aimc_cost_model_count_components(get()); i++) {
            all.push_back(detail::sized<aimc_cost_component>());
            check(aimc_cost_model_get_component(get(), &events, i, &all.back()));
        }
        return all;
    }
    /** Between what the total energy lies. */
    aimc_cost_range range(const cost_events &events) const
    {
        auto range = detail::sized<aimc_cost_range>();
        check(aimc_cost_model_get_range(get(), &events, &range));
        return range;
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
    void count(const M &matrix, const aimc_cost_shape &shape, cost_events &events) const
    {
        const aimc_counters counters = matrix.counters();
        check(aimc_cost_model_add_counters(get(), &counters, &shape, &events));
    }
};

} // namespace aimc

#endif
