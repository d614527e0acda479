/* SPDX-License-Identifier: MIT */
/* An analog tile behind a TLM-2.0 socket: registers in, codes out, with the time and energy that
 * the library's cost model gives the reads that were really made.
 *
 * All registers are 32-bit words, little-endian as the host is:
 *
 *     0x0000 + 4 j   INPUT    code of input j: c / max_code of full scale; read and write
 *     0x4000 + 4 i   OUTPUT   what the ADC of output i gave in the last read
 *     0x8000         CONTROL  write 1: read the array
 *     0x8004         STATUS   1: the last read is over; 2: it failed
 *     0x8008, 0x800c N_IN, N_OUT
 *     0x8010, 0x8014 ENERGY   of all reads so far, fJ: low word, high word
 *     0x8018         LATENCY  of the last read, ps
 *
 * Loosely timed: a word takes word_time; the read goes on in the background for its latency, and
 * who asks for outputs earlier waits in his own time (delay), so that polling is not needed. */
#ifndef AIMC_TILE_TARGET_HPP
#define AIMC_TILE_TARGET_HPP

#include <cmath>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_target_socket.h>

#include <aimc/aimc.h>

struct tile_target : sc_core::sc_module {
    enum : std::uint64_t {
        INPUT = 0x0000,
        OUTPUT = 0x4000,
        CONTROL = 0x8000,
        STATUS = 0x8004,
        N_IN = 0x8008,
        N_OUT = 0x800c,
        ENERGY_LOW = 0x8010,
        ENERGY_HIGH = 0x8014,
        LATENCY = 0x8018,
        END = 0x801c
    };

    tlm_utils::simple_target_socket<tile_target> socket;

    /* Takes over the tile. technology: a preset of kind "technology". */
    tile_target(sc_core::sc_module_name name, aimc_context *ctx, aimc_tile *tile, int max_code,
                const char *technology)
        : sc_module(name), socket("socket"), tile_(tile), max_code_(max_code),
          in_(aimc_tile_get_n_in(tile)), out_(aimc_tile_get_n_out(tile)), x_(in_.size())
    {
        must(aimc_cost_model_create(ctx, technology, nullptr, &cost_));
        must(aimc_tile_count_activity(tile_, 1));
        socket.register_b_transport(this, &tile_target::b_transport);
        socket.register_transport_dbg(this, &tile_target::transport_dbg);
    }

    ~tile_target() override
    {
        aimc_cost_model_destroy(cost_);
        aimc_tile_destroy(tile_);
    }

    /* Why STATUS is 2. */
    const std::string &failure() const
    {
        return failure_;
    }

  private:
    static void must(aimc_status st)
    {
        if (st != AIMC_OK)
            throw std::runtime_error(aimc_get_last_error());
    }

    std::int32_t *input_at(std::uint64_t at)
    {
        return at / 4 < in_.size() ? &in_[at / 4] : nullptr;
    }

    /* The word at an address; false when nothing is there. */
    bool load(std::uint64_t at, std::uint32_t &word)
    {
        if (at >= OUTPUT && at < CONTROL) {
            const std::uint64_t i = (at - OUTPUT) / 4;
            word = i < out_.size() ? static_cast<std::uint32_t>(out_[i]) : 0;
            return i < out_.size();
        }
        if (const std::int32_t *code = at < OUTPUT ? input_at(at) : nullptr) {
            word = static_cast<std::uint32_t>(*code);
            return true;
        }
        const auto energy = static_cast<std::uint64_t>(std::llround(energy_j_ * 1e15));
        switch (at) {
        case STATUS:
            word = failure_.empty() ? 1 : 2;
            return true;
        case N_IN:
            word = static_cast<std::uint32_t>(in_.size());
            return true;
        case N_OUT:
            word = static_cast<std::uint32_t>(out_.size());
            return true;
        case ENERGY_LOW:
            word = static_cast<std::uint32_t>(energy);
            return true;
        case ENERGY_HIGH:
            word = static_cast<std::uint32_t>(energy >> 32);
            return true;
        case LATENCY:
            word = static_cast<std::uint32_t>(latency_ / sc_core::sc_time(1, sc_core::SC_PS));
            return true;
        default:
            return false;
        }
    }

    bool store(std::uint64_t at, std::uint32_t word, const sc_core::sc_time &now)
    {
        if (std::int32_t *code = at < OUTPUT ? input_at(at) : nullptr) {
            *code = static_cast<std::int32_t>(word);
            return true;
        }
        if (at != CONTROL)
            return false;
        if (word == 1)
            read(now);
        return true;
    }

    /* One read, and what it cost by the events that it made. */
    void read(const sc_core::sc_time &now)
    {
        aimc_stages stages{};
        stages.struct_size = sizeof stages;
        stages.code = out_.data();
        for (std::size_t j = 0; j < in_.size(); j++)
            x_[j] = static_cast<float>(in_[j]) / static_cast<float>(max_code_);
        aimc_tile_clear_counters(tile_);
        failure_.clear();
        if (aimc_tile_inspect(tile_, AIMC_FORWARD, x_.data(), &stages) != AIMC_OK)
            failure_ = aimc_get_last_error();
        const aimc_cost_report spent = account();
        energy_j_ += spent.energy_j;
        latency_ = sc_core::sc_time(spent.time_s, sc_core::SC_SEC);
        ready_ = now + latency_;
    }

    aimc_cost_report account() const
    {
        aimc_counters counters{};
        aimc_cost_shape shape{};
        aimc_cost_events events{};
        aimc_cost_report report{};
        counters.struct_size = sizeof counters;
        shape.struct_size = sizeof shape;
        events.struct_size = sizeof events;
        report.struct_size = sizeof report;
        must(aimc_tile_get_cost_shape(tile_, &shape));
        must(aimc_tile_get_counters(tile_, &counters));
        must(aimc_cost_model_add_counters(cost_, &counters, &shape, &events));
        must(aimc_cost_model_account(cost_, &events, &report));
        return report;
    }

    /* What a payload must look like; bursts of words are fine. */
    static tlm::tlm_response_status check(const tlm::tlm_generic_payload &p)
    {
        if (p.get_byte_enable_ptr() != nullptr)
            return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
        if (p.get_data_length() % 4 != 0 || p.get_streaming_width() < p.get_data_length())
            return tlm::TLM_BURST_ERROR_RESPONSE;
        return p.get_address() % 4 == 0 ? tlm::TLM_OK_RESPONSE : tlm::TLM_ADDRESS_ERROR_RESPONSE;
    }

    /* Who wants results of a read that goes on waits for it. */
    bool waits(std::uint64_t at) const
    {
        return at >= OUTPUT && at != CONTROL;
    }

    void b_transport(tlm::tlm_generic_payload &p, sc_core::sc_time &delay)
    {
        tlm::tlm_response_status status = check(p);
        for (unsigned k = 0; k < p.get_data_length() && status == tlm::TLM_OK_RESPONSE; k += 4) {
            const std::uint64_t at = p.get_address() + k;
            std::uint32_t word = 0;
            delay += word_time;
            if (p.is_read() && waits(at) && sc_core::sc_time_stamp() + delay < ready_)
                delay = ready_ - sc_core::sc_time_stamp();
            std::memcpy(&word, p.get_data_ptr() + k, 4);
            const bool good =
                p.is_read() ? load(at, word) : store(at, word, sc_core::sc_time_stamp() + delay);
            if (p.is_read() && good)
                std::memcpy(p.get_data_ptr() + k, &word, 4);
            status = good ? status : tlm::TLM_ADDRESS_ERROR_RESPONSE;
        }
        p.set_response_status(status);
    }

    /* Looking costs no time and starts nothing. */
    unsigned transport_dbg(tlm::tlm_generic_payload &p)
    {
        unsigned done = 0;
        std::uint32_t word = 0;
        while (check(p) == tlm::TLM_OK_RESPONSE && done < p.get_data_length()) {
            const std::uint64_t at = p.get_address() + done;
            std::memcpy(&word, p.get_data_ptr() + done, 4);
            if (p.is_read() ? !load(at, word) : at >= OUTPUT || !store(at, word, ready_))
                break;
            if (p.is_read())
                std::memcpy(p.get_data_ptr() + done, &word, 4);
            done += 4;
        }
        return done;
    }

    const sc_core::sc_time word_time{1, sc_core::SC_NS};
    aimc_tile *tile_;
    aimc_cost_model *cost_ = nullptr;
    int max_code_;
    std::vector<std::int32_t> in_, out_;
    std::vector<float> x_;
    double energy_j_ = 0;
    sc_core::sc_time latency_, ready_;
    std::string failure_;
};

#endif
