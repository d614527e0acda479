// SPDX-License-Identifier: MIT
// The hidden layer of the digits network on one analog tile, vector after vector; files beside come
// from examples/dpi/reference.c. Writes the ADC's codes to codes_sv.txt.
module testbench;
  import aimc_pkg::*;
  localparam int NIn = 64, NOut = 64, NVectors = 40, Half = 20, Lsb = 8 * 127;
  localparam int MaxState = 1 << 20;

  logic clk = 0, rst = 1, start = 0, done, failed;
  byte weights[0:NOut*NIn-1], inputs[0:NVectors*NIn-1];
  real w[0:NOut*NIn-1];
  int again[0:NVectors*NOut-1];
  int histogram[-9:9];
  int wrong[0:NIn-2];
  int codes_to[0:1], codes_of[0:1];
  int small_counts[0:3], n_state, error, sum, status, file, n_different;
  real small_w[0:3];
  longint counters[0:Counters-1], few[0:ForwardVectors];
  byte state[0:MaxState-1];
  string config_json;
  chandle pulsed, chip, fromfile;
  real x[0:2], y[0:3], d[0:3], z[0:2], earlier[0:3], chip_w[0:11], small_z[0:1];

  tile_controller #(.NIn(NIn), .NOut(NOut)) dut (.*);
  always #5 clk = !clk;

  function automatic void check(int code, string what);
    if (code < 0) begin
      $display("FAIL %s: %0d %s", what, code, aimc_sv_error());
      $fatal(1);
    end
  endfunction

  task automatic one(int v);
    for (int i = 0; i < NIn; i++) dut.codes_in[i] = int'(inputs[v*NIn+i]);
    @(negedge clk) start = 1;
    @(negedge clk) start = 0;
    while (!done) @(negedge clk);
    if (failed) begin
      $display("FAIL read: %s", aimc_sv_error());
      $fatal(1);
    end
  endtask

  // reals, transposed, devices, drift, files, on a small tile of ideal weights
  task automatic other_calls();
    chip = aimc_sv_open("ideal", 4, 3, "{\"forward\":{\"is_perfect\":true},\"backward\":{\"is_perfect\":true}}",
        5, 127);
    if (chip == null) begin
      $display("FAIL open: %s", aimc_sv_error());
      $fatal(1);
    end
    for (int k = 0; k < 12; k++) chip_w[k] = real'(k - 5) / 16.0;
    for (int j = 0; j < 3; j++) x[j] = real'(j + 1) / 4.0;
    for (int i = 0; i < 4; i++) d[i] = real'(2 - i) / 2.0;
    check(aimc_sv_set_weights(chip, chip_w), "set_weights");
    check(aimc_sv_count_activity(chip, 1), "count_activity");
    check(aimc_sv_read(chip, x, y), "read");
    $display("reals: %0.6f %0.6f %0.6f %0.6f", y[0], y[1], y[2], y[3]);
    check(aimc_sv_read_transposed(chip, d, z), "read_transposed");
    $display("transposed: %0.6f %0.6f %0.6f", z[0], z[1], z[2]);
    check(aimc_sv_counters(chip, counters), "counters");
    $display("activity: %0d %0d %0d %0d %0d %0d", counters[ActivityReads], counters[ActivityInputs],
             counters[InputActivity], counters[InputActivitySquared],
             counters[ConductanceActivity], counters[ConductanceActivitySquared]);
    check(aimc_sv_counters(chip, few), "counters");
    $display("few: %0d", few[ForwardVectors]);
    // the same from a file
    check(aimc_sv_save(chip, "chip.safetensors"), "save");
    fromfile = aimc_sv_open_file("chip.safetensors", 127);
    if (fromfile == null) begin
      $display("FAIL open_file: %s", aimc_sv_error());
      $fatal(1);
    end
    check(aimc_sv_read(fromfile, x, earlier), "read");
    $display("from file: %0d %0d %0d", aimc_sv_n_out(fromfile), aimc_sv_n_in(fromfile),
             earlier[0] == y[0] && earlier[3] == y[3]);
    // devices that drift: nothing is lost at once, much in a year
    check(aimc_sv_program(fromfile, "{\"programming\":{\"method\":\"VERIFY\"}}"), "program");
    check(aimc_sv_counters(fromfile, counters), "counters");
    check(aimc_sv_drift_to(fromfile, 1.0), "drift_to");
    check(aimc_sv_read(fromfile, x, earlier), "read");
    check(aimc_sv_drift_to(fromfile, 3.0e7), "drift_to");
    check(aimc_sv_read(fromfile, x, y), "read");
    $display("programmed: %0d %0d drifted to %0.3f", counters[ProgramPulses] >= 24,
             counters[VerifyReads] >= 24, y[3] / earlier[3]);
    check(aimc_sv_drift(pulsed, 1.0), "drift");
    if (aimc_sv_open_file("no_such_file", 127) == null) $display("no file: %s", aimc_sv_error());
    status = aimc_sv_drift_to(chip, 1.0);
    $display("not programmed: %0d %s", status, aimc_sv_error());
    status = aimc_sv_read(null, x, y);
    $display("null: %0d %s", status, aimc_sv_error());
    status = aimc_sv_read_transposed(chip, d, small_z);
    $display("small: %0d %s", status, aimc_sv_error());
    aimc_sv_close(fromfile);
    aimc_sv_close(chip);
  endtask

  // directions without converters have no codes: a status, a sentence, nothing read or counted
  task automatic refused(string name, string fields, bit transposed);
    chandle bare;
    int n_read;
    bare = aimc_sv_open("ideal", 2, 2, {"{\"", transposed ? "backward" : "forward", "\":", fields, "}"}, 5, 127);
    if (bare == null) begin
      $display("FAIL open %s: %s", name, aimc_sv_error());
      $fatal(1);
    end
    codes_of[0] = 77;
    codes_of[1] = 77;
    if (transposed) status = aimc_sv_read_codes_transposed(bare, codes_to, codes_of);
    else status = aimc_sv_read_codes(bare, codes_to, codes_of);
    check(aimc_sv_counters(bare, counters), "counters");
    n_read = int'(counters[ForwardVectors] + counters[BackwardVectors]);
    $display("codeless %s %0d: %0d read %0d kept %0d %s", name, transposed, status, n_read,
             codes_of[0] == 77 && codes_of[1] == 77, aimc_sv_error());
    aimc_sv_close(bare);
  endtask

  task automatic codeless();
    codes_to[0] = 100;
    codes_to[1] = -128;
    for (int way = 0; way < 2; way++) begin
      refused("perfect", "{\"is_perfect\":true}", way == 1);
      refused("ideal", "{\"mv_type\":\"IDEAL\"}", way == 1);
      refused("out_res_0", "{\"out_res\":0}", way == 1);
      refused("out_res_off", "{\"out_res\":-1}", way == 1);
      refused("out_bound_0", "{\"out_bound\":0,\"bound_management\":\"NONE\"}", way == 1);
      refused("inp_res_0", "{\"inp_res\":0}", way == 1);
      refused("inp_res_off", "{\"inp_res\":-1}", way == 1);
      refused("bit_wise", "{\"mv_type\":\"BIT_WISE\"}", way == 1);
      refused("with_both", "{\"bound_management\":\"NONE\"}", way == 1);
    end
    codes_to[0] = 128;
    refused("beyond", "{\"bound_management\":\"NONE\"}", 0);
    codes_to[0] = -129;
    refused("below", "{\"bound_management\":\"NONE\"}", 1);
  endtask

  initial begin
    $readmemh("weights.hex", weights);
    $readmemh("inputs.hex", inputs);
    config_json = {"{\"forward\":{\"inp_res\":254,\"inp_bound\":1,\"out_res\":254,\"out_bound\":8,",
        "\"out_noise\":0.06,\"noise_management\":\"NONE\",\"bound_management\":\"NONE\"}}"};
    dut.tile = aimc_sv_open("ideal", NOut, NIn, config_json, 7, 127);
    if (dut.tile == null) begin
      $display("FAIL open: %s", aimc_sv_error());
      $fatal(1);
    end
    for (int i = 0; i < NOut * NIn; i++) begin
      dut.weights[i] = weights[i];
      w[i] = real'(weights[i]) / 127.0;
    end
    check(aimc_sv_set_weights(dut.tile, w), "set_weights");
    repeat (2) @(negedge clk);
    rst = 0;

    file = $fopen("codes_sv.txt", "w");
    for (int v = 0; v < NVectors; v++) begin
      if (v == Half) begin
        n_state = aimc_sv_snapshot(dut.tile, state);
        check(n_state, "snapshot");
      end
      one(v);
      for (int i = 0; i < NOut; i++) begin
        $fwrite(file, "%0d\n", dut.analog[i]);
        again[v*NOut+i] = dut.analog[i];
        sum = dut.exact[i];
        error = dut.analog[i] - (sum >= 0 ? (sum + Lsb / 2) / Lsb : -((-sum + Lsb / 2) / Lsb));
        error = error > 9 ? 9 : error < -9 ? -9 : error;
        histogram[error]++;
      end
    end
    $fclose(file);

    // the second half once more, from the snapshot
    check(aimc_sv_restore(dut.tile, state, n_state), "restore");
    n_different = 0;
    for (int v = Half; v < NVectors; v++) begin
      one(v);
      for (int i = 0; i < NOut; i++) n_different += dut.analog[i] != again[v*NOut+i] ? 1 : 0;
    end
    $display("different after restore: %0d", n_different);

    check(aimc_sv_counters(dut.tile, counters), "counters");
    $display("vectors %0d adc %0d", counters[ForwardVectors], counters[AdcConversions]);

    // refusals: a sentence and a status, no crash
    status = aimc_sv_read_codes(dut.tile, wrong, dut.analog);
    $display("wrong size: %0d %s", status, aimc_sv_error());
    state[100] = ~state[100];
    status = aimc_sv_restore(dut.tile, state, 10);
    $display("bad state: %0d", status);

    // pulses move weights of a device of its own
    pulsed = aimc_sv_open("constant_step", 2, 2, "", 3, 127);
    small_counts[0] = 20;
    small_counts[3] = -20;
    check(aimc_sv_pulse(pulsed, small_counts), "pulse");
    check(aimc_sv_get_weights(pulsed, small_w), "get_weights");
    $display("pulses: %0d %0d %0d %0d", small_w[0] > 0.001, small_w[1] == 0.0, small_w[2] == 0.0,
             small_w[3] < -0.001);
    if (aimc_sv_open("no_such_device", 2, 2, "", 3, 127) == null)
      $display("unknown: %s", aimc_sv_error());

    other_calls();
    codeless();
    for (int k = -9; k <= 9; k++) $display("error %0d LSB: %0d", k, histogram[k]);
    aimc_sv_close(pulsed);
    aimc_sv_close(dut.tile);
    $display("DONE");
    $finish;
  end
endmodule
