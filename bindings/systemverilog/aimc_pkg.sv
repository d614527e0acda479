// SPDX-License-Identifier: MIT
// An analog tile inside an RTL simulation. Every function but the ones that say otherwise returns a
// status: 0, or negative with a sentence in aimc_sv_error(). Arrays are checked against the tile.
//
//              n_in inputs (columns j)
//   n_out outputs (rows i)    W[i][j] is element i * n_in + j of a flat array
//
// forward: codes_in[n_in] -> codes_out[n_out]; transposed the other way. An input code c stands for
// c / max_code of full scale; an output code is what the ADC puts on its wires.
package aimc_pkg;

  // Tile from a file that aimc_tile_save() or aimc_sv_save() wrote; null on failure.
  import "DPI-C" function chandle aimc_sv_open_file(input string path, input int max_code);

  // Tile of a device ("ideal", "reram_sb") with n_out x n_in cells; config is JSON of kind "tile" or
  // "". The seed decides every device and all noise. null on failure.
  import "DPI-C" function chandle aimc_sv_open(input string device, input int n_out, input int n_in,
      input string config_json, input longint seed, input int max_code);
  import "DPI-C" function void aimc_sv_close(input chandle tile);

  // Outputs and inputs; 0 for null.
  import "DPI-C" function int aimc_sv_n_out(input chandle tile);
  import "DPI-C" function int aimc_sv_n_in(input chandle tile);

  // The sentence of the last call that failed; "" before one did.
  import "DPI-C" function string aimc_sv_error();

  // Codes in, codes out. Needs a read-out of a single read (mv_type ONE_PASS) with a DAC and an ADC
  // in that direction: is_perfect false, inp_res, inp_bound, out_res and out_bound above 0. Anything
  // else is refused before it is read, as is an input code beyond -max_code - 1 ... max_code.
  import "DPI-C" function int aimc_sv_read_codes(input chandle tile, input int codes_in[],
      inout int codes_out[]);
  import "DPI-C" function int aimc_sv_read_codes_transposed(input chandle tile, input int codes_in[],
      inout int codes_out[]);

  // Reals in units of full scale, results with all scales.
  import "DPI-C" function int aimc_sv_read(input chandle tile, input real x[], inout real y[]);
  import "DPI-C" function int aimc_sv_read_transposed(input chandle tile, input real d[],
      inout real z[]);

  // Weights [n_out * n_in], row-major.
  import "DPI-C" function int aimc_sv_set_weights(input chandle tile, input real w[]);
  import "DPI-C" function int aimc_sv_get_weights(input chandle tile, inout real w[]);

  // Pulses per cell [n_out * n_in]: n > 0 up, n < 0 down.
  import "DPI-C" function int aimc_sv_pulse(input chandle tile, input int counts[]);

  // Put the weights on devices; JSON of kind "inference" or "".
  import "DPI-C" function int aimc_sv_program(input chandle tile, input string config_json);
  // Let programmed conductances drift to t seconds after programming.
  import "DPI-C" function int aimc_sv_drift_to(input chandle tile, input real t);
  // Let a training device drift for dt, in the unit of its drift.t_0.
  import "DPI-C" function int aimc_sv_drift(input chandle tile, input real dt);

  // Everything that aimc_counters of <aimc/tile.h> has, in this order; an array for fewer gets the first
  // ones. ActivityReads to ConductanceActivitySquared tell what reads of arrays drove once
  // aimc_sv_count_activity(tile, 1) was called; the last four of them are in 1 / 65536.
  localparam int PulsesUp = 0, PulsesDown = 1, Updates = 2, PulseSlots = 3, ForwardVectors = 4,
      ForwardPasses = 5, BackwardVectors = 6, BackwardPasses = 7, DacConversions = 8,
      AdcConversions = 9, ClippedOutputs = 10, WeightWrites = 11, ProgramPulses = 12,
      VerifyReads = 13, Accumulations = 14, GradientMacs = 15, ActivityReads = 16,
      ActivityInputs = 17, InputActivity = 18, InputActivitySquared = 19, ConductanceActivity = 20,
      ConductanceActivitySquared = 21, Devices = 22, Counters = 23;
  // Count what reads drive from now on, or no longer (on = 0); it costs a pass over the inputs.
  import "DPI-C" function int aimc_sv_count_activity(input chandle tile, input int on);
  import "DPI-C" function int aimc_sv_counters(input chandle tile, inout longint counters[]);

  // The whole state as bytes. snapshot fills the first bytes of an array that is large enough and
  // returns how many (or a negative status); restore takes that number, and the tile goes on with the
  // same bits.
  import "DPI-C" function int aimc_sv_snapshot_size(input chandle tile);
  import "DPI-C" function int aimc_sv_snapshot(input chandle tile, inout byte bytes[]);
  import "DPI-C" function int aimc_sv_restore(input chandle tile, input byte bytes[], input int n);
  import "DPI-C" function int aimc_sv_save(input chandle tile, input string path);

endpackage
