# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# What ./dev soak does: a part of ./dev, which reads this file.

# soak_fuzz [HOURS]: all targets in turns of ten minutes; what is worth a mutation stays in the folder of inputs
soak_fuzz()
{
    local end
    end=$(python3 -c "import sys, time; print(int(time.time() + 3600 * float(sys.argv[1])))" "${1:-1}")
    while left=$((end - $(date +%s))); [ "$left" -gt 0 ]; do
        fuzz $((left < 600 ? left : 600)) | tee "$clang_build/soak.log"
        python3 tests/gates/fuzz_hours.py "$clang_build/soak.log" docs/fuzz-hours.csv
    done
}

soak_life()
{
    compile
    python3 tests/gates/life.py "$build/tools/aimc" "${1:-1}"
}

# Every read of memory that nobody wrote. Libraries that are not built so are not called: products are the built-in ones,
# and what jansson, zlib and Check write is told by their interceptors or not looked at.
soak_msan()
{
    local programs=(t_kernels t_tile t_pulse_train t_readout t_network t_promises)
    need_for_fuzz
    [ -f "$build-msan/build.ninja" ] || CC=clang CXX=clang++ "$meson" setup "$build-msan" -Db_sanitize=memory -Db_lundef=false \
        -Dbuildtype=debug -Doptimization=1 -Dblas=builtin -Dinstruction_sets= -Dtools=false -Dexamples=false
    [ $# = 0 ] || programs=("$@")
    ninja -C "$build-msan" "${programs[@]/#/tests/}"
    CK_FORK=no MSAN_OPTIONS=ignore_noninstrumented_modules=1 "$meson" test -C "$build-msan" --no-rebuild --print-errorlogs \
        --timeout-multiplier 20 "${programs[@]}"
}

soak_valgrind()
{
    local programs=(t_safetensors t_bad_files t_tile t_mixed_precision t_program t_network)
    want valgrind valgrind --version
    install_missing
    compile
    [ $# = 0 ] || programs=("$@")
    CK_FORK=no "$meson" test -C "$build" --no-rebuild --print-errorlogs --timeout-multiplier 50 \
        --wrapper "valgrind -q --error-exitcode=9 --leak-check=no" "${programs[@]}"
}

soak_mutate()
{
    need_for_build
    python3 tests/gates/mutants.py "$build-mutants" "$@"
}
