# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# What ./dev soak does: a part of ./dev, which reads this file.

# soak_fuzz [HOURS]: rounds of all targets, at most ten minutes each, of which none begins after that time; what is worth a
# mutation stays in tests/fuzz/corpus, as few and small files as reach the same
soak_fuzz()
{
    local end left failed=0
    end=$(python3 -c "import sys, time; print(int(time.time() + 3600 * float(sys.argv[1])))" "${1:-1}")
    while left=$((end - $(date +%s))); [ "$failed" = 0 ] && [ "$left" -gt 0 ]; do
        fuzz $((left < 600 ? left : 600)) | tee "$clang_build/soak.log" || failed=1
        python3 tests/gates/fuzz_hours.py "$clang_build/soak.log" docs/fuzz-hours.csv "$clang_build/inputs"
    done
    # shellcheck disable=SC2046
    keep_inputs $(cd tests/fuzz/corpus && echo *)
    return "$failed"
}

# soak_commands [HOURS]: command lines that are put together at random, of the words that --help knows and of wild ones
soak_commands()
{
    compile
    python3 tests/gates/commands.py "$build/tools/aimc" "${1:-1}"
}

# soak_msan [TARGET ...]: the fuzz targets with their kept inputs under MemorySanitizer (C tests cannot: libcheck is not
# compiled with it): jansson, zlib and the
# products are our own builds, as what was not compiled with it would seem to write nothing
soak_msan()
{
    local programs=("$@")
    need_for_fuzz
    [ -f "$build-msan/build.ninja" ] || setup_by_clang "$build-msan" -Dtests=true -Dtools=false -Dexamples=false -Dblas=disabled \
        -Dinstruction_sets= -Db_sanitize=memory -Db_lundef=false -Dbuildtype=debug -Doptimization=1 --force-fallback-for=jansson,zlib
    [ $# -gt 0 ] || programs=(fuzz_config fuzz_csv fuzz_network fuzz_safetensors fuzz_tile)
    mapfile -t targets < <(printf '%s\n' "${programs[@]}" | sed 's,^fuzz_,tests/fuzz/&,; s,^t_,tests/&,')
    ninja -C "$build-msan" "${targets[@]}"
    CK_FORK=no "$meson" test -C "$build-msan" --no-rebuild --print-errorlogs --timeout-multiplier 20 "${programs[@]}"
}

soak_life()
{
    compile
    python3 tests/gates/life.py "$build/tools/aimc" "${1:-1}"
}

soak_valgrind()
{
    local programs=(t_safetensors t_bad_files t_tile t_mixed_precision t_program t_network)
    want valgrind valgrind --version
    configure
    [ $# = 0 ] || programs=("$@")
    ninja -C "$build" "${programs[@]/#/tests/}"
    CK_FORK=no "$meson" test -C "$build" --no-rebuild --print-errorlogs --timeout-multiplier 50 \
        --wrapper "valgrind -q --error-exitcode=9 --leak-check=no" "${programs[@]}"
}

soak_mutate()
{
    need_for_build
    python3 tests/gates/mutants.py "$build-mutants" "$@"
}
