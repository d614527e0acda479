// SPDX-License-Identifier: MIT
// A tile controller: on start it hands a vector of codes to an analog tile and, beside it, makes the
// same products digitally, one input a clock for all outputs. done is high for one clock when both
// results stand.
module tile_controller
  import aimc_pkg::*;
#(
    parameter int NIn = 64,
    parameter int NOut = 64
) (
    input  logic clk,
    input  logic rst,
    input  logic start,
    output logic done,
    output logic failed
);
  chandle tile;                // opened by the test bench
  byte    weights[0:NOut*NIn-1];
  int     codes_in[0:NIn-1];
  int     analog[0:NOut-1];    // codes of the ADC
  int     exact[0:NOut-1];     // sums of int8 products
  int     j;
  logic   busy;

  always_ff @(posedge clk) begin
    done <= 1'b0;
    if (rst) begin
      busy   <= 1'b0;
      failed <= 1'b0;
      j      <= 0;
    end else if (start && !busy) begin
      busy <= 1'b1;
      j    <= 0;
      for (int i = 0; i < NOut; i++) exact[i] <= 0;
      failed <= aimc_sv_read_codes(tile, codes_in, analog) != 0;
    end else if (busy) begin
      for (int i = 0; i < NOut; i++)
        exact[i] <= exact[i] + int'(weights[i*NIn+j]) * codes_in[j];
      j <= j + 1;
      if (j == NIn - 1) begin
        busy <= 1'b0;
        done <= 1'b1;
      end
    end
  end
endmodule
