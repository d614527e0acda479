/* SPDX-License-Identifier: MIT */
/* The hidden layer of the digits network on a tile behind a bus: an initiator writes input codes,
 * starts a read, and fetches the output codes, picture after picture. Files beside come from
 * examples/dpi/reference.c; codes go to codes_systemc.txt. */
#include <cstdio>
#include <fstream>
#include <iostream>

#include <tlm_utils/simple_initiator_socket.h>

#include "tile_target.hpp"

namespace
{

enum { INPUTS = 64, OUTPUTS = 64, MAX_CODE = 127 };

/* Two hexadecimal digits a line, int8. */
std::vector<int> read_hex(const char *path)
{
    std::ifstream file(path);
    std::vector<int> values;
    for (unsigned v = 0; file >> std::hex >> v;)
        values.push_back(v < 128 ? static_cast<int>(v) : static_cast<int>(v) - 256);
    if (values.empty())
        throw std::runtime_error(std::string("cannot read ") + path);
    return values;
}

struct initiator : sc_core::sc_module {
    tlm_utils::simple_initiator_socket<initiator> socket;

    SC_HAS_PROCESS(initiator);
    explicit initiator(sc_core::sc_module_name name) : sc_module(name), socket("socket")
    {
        SC_THREAD(run);
    }

    /* One transfer; what the target says. Time passes. */
    tlm::tlm_response_status transfer(tlm::tlm_command command, std::uint64_t address, void *data,
                                      unsigned bytes)
    {
        tlm::tlm_generic_payload p;
        sc_core::sc_time delay;
        p.set_command(command);
        p.set_address(address);
        p.set_data_ptr(static_cast<unsigned char *>(data));
        p.set_data_length(bytes);
        p.set_streaming_width(bytes);
        p.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
        socket->b_transport(p, delay);
        wait(delay);
        return p.get_response_status();
    }

    void must(tlm::tlm_command command, std::uint64_t address, void *data, unsigned bytes)
    {
        if (transfer(command, address, data, bytes) != tlm::TLM_OK_RESPONSE)
            throw std::runtime_error("the target refused a transfer");
    }

    std::uint32_t word(std::uint64_t address)
    {
        std::uint32_t value = 0;
        must(tlm::TLM_READ_COMMAND, address, &value, 4);
        return value;
    }

    void run()
    {
        const std::vector<int> inputs = read_hex("inputs.hex");
        std::ofstream file("codes_systemc.txt");
        std::int32_t codes[OUTPUTS];
        std::uint32_t start = 1;
        if (word(tile_target::N_IN) != INPUTS || word(tile_target::N_OUT) != OUTPUTS)
            throw std::runtime_error("the target has another shape");
        sc_core::sc_time longest;
        for (std::size_t v = 0; v < inputs.size() / INPUTS; v++) {
            std::vector<std::int32_t> x(inputs.begin() + static_cast<long>(v * INPUTS),
                                        inputs.begin() + static_cast<long>((v + 1) * INPUTS));
            must(tlm::TLM_WRITE_COMMAND, tile_target::INPUT, x.data(), 4 * INPUTS);
            must(tlm::TLM_WRITE_COMMAND, tile_target::CONTROL, &start, 4);
            const sc_core::sc_time before = sc_core::sc_time_stamp();
            must(tlm::TLM_READ_COMMAND, tile_target::OUTPUT, codes, sizeof codes);
            longest = std::max(longest, sc_core::sc_time_stamp() - before);
            for (int code : codes)
                file << code << '\n';
        }
        const std::uint64_t energy = word(tile_target::ENERGY_LOW) |
                                     static_cast<std::uint64_t>(word(tile_target::ENERGY_HIGH))
                                         << 32;
        std::printf("status %u, %zu reads, energy %llu fJ, latency %u ps, outputs after %.0f ps\n",
                    word(tile_target::STATUS), inputs.size() / INPUTS,
                    static_cast<unsigned long long>(energy), word(tile_target::LATENCY),
                    longest / sc_core::sc_time(1, sc_core::SC_PS));
        refusals();
        std::printf("end of simulation at %s\n", sc_core::sc_time_stamp().to_string().c_str());
    }

    void refusals()
    {
        std::uint32_t value = 0;
        std::printf("refused:%s%s%s%s\n",
                    transfer(tlm::TLM_READ_COMMAND, tile_target::INPUT + 4 * INPUTS, &value, 4) ==
                            tlm::TLM_ADDRESS_ERROR_RESPONSE
                        ? " address"
                        : "",
                    transfer(tlm::TLM_WRITE_COMMAND, tile_target::OUTPUT, &value, 4) ==
                            tlm::TLM_ADDRESS_ERROR_RESPONSE
                        ? " write"
                        : "",
                    transfer(tlm::TLM_READ_COMMAND, 2, &value, 4) == tlm::TLM_ADDRESS_ERROR_RESPONSE
                        ? " unaligned"
                        : "",
                    transfer(tlm::TLM_READ_COMMAND, 0, &value, 3) == tlm::TLM_BURST_ERROR_RESPONSE
                        ? " burst"
                        : "");
    }
};

void must(aimc_status st)
{
    if (st != AIMC_OK)
        throw std::runtime_error(aimc_get_last_error());
}

/* The tile of examples/dpi: the same seed and read-out, so the same codes. */
aimc_tile *make_tile(aimc_context *ctx)
{
    const std::vector<int> weights = read_hex("weights.hex");
    std::vector<float> w(weights.size());
    aimc_config *config = nullptr;
    aimc_device *device = nullptr;
    aimc_tile *tile = nullptr;
    must(aimc_config_create(ctx, "tile", &config));
    must(aimc_config_load(config, "tile.json"));
    must(aimc_device_create(ctx, "ideal", nullptr, &device));
    must(aimc_tile_create(device, OUTPUTS, INPUTS, config, &tile));
    for (std::size_t k = 0; k < w.size(); k++)
        w[k] = static_cast<float>(weights[k] / 127.0);
    must(aimc_tile_set_weights(tile, w.data(), INPUTS));
    aimc_device_unref(device);
    aimc_config_destroy(config);
    return tile;
}

} // namespace

int sc_main(int, char **)
{
    aimc_context *ctx = nullptr;
    aimc_context_params params = AIMC_CONTEXT_PARAMS_INIT;
    params.n_threads = 1;
    params.seed = 7;
    try {
        must(aimc_context_create(&params, &ctx));
        tile_target target("tile", ctx, make_tile(ctx), MAX_CODE, "rram_32nm");
        initiator cpu("cpu");
        cpu.socket.bind(target.socket);
        sc_core::sc_start();
    } catch (const std::exception &e) {
        std::cerr << e.what() << '\n';
        return EXIT_FAILURE;
    }
    aimc_context_destroy(ctx);
    return EXIT_SUCCESS;
}
