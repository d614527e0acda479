# SPDX-License-Identifier: MIT
# The gates beside the tests: binary interface, fuzzing, ARM, sanitizers, and those of ./dev check and soak. Sourced by dev.
# shellcheck shell=bash disable=SC2154

# ---- binary interface -------------------------------------------------------------------------------

accept_interface()
{
    python3 tests/abi/check_abi.py --accept .
    python3 bindings/python/abi_from_headers.py include/aimc bindings/python/aimc/_abi.py
    if [ "${1:-}" = settle ]; then
        python3 tests/abi/settle.py . --write
        want abigail-tools abidiff --version
        install_missing
        need_for_fuzz
        setup_clang
        "$meson" compile -C "$clang_build" aimc:shared_library
        describe_interface "$clang_build/lib/libaimc.so.0" tests/abi/settled/libaimc.abixml
    fi
    python3 tests/abi/settle.py .
}

# ---- fuzzing ----------------------------------------------------------------------------------------

have_libfuzzer()
{
    echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' | clang -x c -fsanitize=fuzzer -o /dev/null -
}

need_for_fuzz()
{
    need_for_build
    want clang clang --version
    want libclang-rt-14-dev have_libfuzzer
    install_missing
}

setup_by_clang()
{
    local cache=
    ! command -v ccache >/dev/null || cache="ccache "
    CC="${cache}clang" CXX="${cache}clang++" "$meson" setup "$@"
}

# One build by clang for lint, the fuzz targets and the tests under sanitizers: warnings are errors, assertions hold,
# products are the built-in ones. $AIMC_INSTRUCTION_SETS: other kernels than these, none (plain C) compiles in minutes.
setup_clang()
{
    [ -f "$clang_build/build.ninja" ] || setup_by_clang "$clang_build" -Dtests=true -Dexamples=true -Dwerror=true -Dfuzz=true \
        -Dblas=disabled -Dinstruction_sets="${AIMC_INSTRUCTION_SETS-avx2,neon}" -Db_sanitize=address,undefined -Db_lundef=false \
        -Dbuildtype=debug -Doptimization=1 \
        "-Dc_args=-fsanitize=fuzzer-no-link,float-cast-overflow -fno-sanitize-recover=all"
}

# fuzz_target NAME SECONDS: begins with what is kept in tests/fuzz/corpus; what was found to be worth a mutation stays in
# the folder of inputs
fuzz_target()
{
    local inputs=$clang_build/inputs/$1 kept=tests/fuzz/corpus/$1
    [ -d "$kept" ] || kept=
    mkdir -p "$inputs"
    "$clang_build/tests/fuzz/fuzz_$1" --seeds "$inputs"
    "$clang_build/tests/fuzz/libfuzzer_$1" -max_total_time="$2" -timeout=60 -rss_limit_mb=2500 \
        -malloc_limit_mb=600 -max_len=65536 -print_final_stats=1 -artifact_prefix="$clang_build/found-$1-" \
        "$inputs" ${kept:+"$kept"} >"$clang_build/$1.log" 2>&1 || { tail -n 40 "$clang_build/$1.log"; return 1; }
    echo "fuzz: $1, $2 s, $(sed -n 's/stat::number_of_executed_units: *//p' "$clang_build/$1.log") executions"
}

# keep_inputs TARGET...: the smallest set of inputs that reaches what all found reach, as tests/fuzz/corpus
keep_inputs()
{
    local name kept
    for name in "$@"; do
        kept=$clang_build/kept-$name
        rm -rf "$kept"
        mkdir -p "$kept" "$clang_build/inputs/$name"
        "$clang_build/tests/fuzz/libfuzzer_$name" -merge=1 -max_len=2048 -timeout=60 -rss_limit_mb=2500 -malloc_limit_mb=600 \
            "$kept" "tests/fuzz/corpus/$name" "$clang_build/inputs/$name" >"$clang_build/$name.log" 2>&1 || die "fuzz: $name: $clang_build/$name.log"
        find "$kept" -size 0 -delete
        rm -rf "tests/fuzz/corpus/$name"
        mv "$kept" "tests/fuzz/corpus/$name"
        echo "fuzz: $name: $(find "tests/fuzz/corpus/$name" -type f | wc -l) inputs are kept"
    done
}

fuzz()
{
    need_for_fuzz
    local targets=() failed=() name seconds=60
    if [ $# -gt 0 ] && [[ ${!#} =~ ^[0-9]+$ ]]; then
        seconds=${!#}
        set -- "${@:1:$#-1}"
    fi
    setup_clang
    mapfile -t targets < <(ninja -C "$clang_build" -t targets all | sed -n 's,^tests/fuzz/libfuzzer_\([a-z]*\): .*,\1,p')
    [ $# = 0 ] || [[ " ${targets[*]} " == *" $1 "* ]] || die "fuzz: targets are ${targets[*]}"
    [ $# = 0 ] || targets=("$1")
    ninja -C "$clang_build" "${targets[@]/#/tests/fuzz/fuzz_}" "${targets[@]/#/tests/fuzz/libfuzzer_}"
    # as many at once as there are cores
    export -f fuzz_target
    export clang_build
    printf '%s\n' "${targets[@]}" | xargs -P "$jobs" -I{} bash -c "fuzz_target {} $seconds || touch $clang_build/failed-{}"
    for name in "${targets[@]}"; do
        [ ! -e "$clang_build/failed-$name" ] || failed+=("$name")
        rm -f "$clang_build/failed-$name"
    done
    [ ${#failed[@]} = 0 ] || die "fuzz: found something: ${failed[*]}; the inputs are $clang_build/found-*"
}

# ---- ARM --------------------------------------------------------------------------------------------

# digest COMPILER OUT ISA FLAGS...: the program that hashes what the kernels of one instruction set give
digest()
{
    local objects=$2.objects flags=(-std=c11 -O2 -w -Wno-psabi -ffp-contract=off -fno-math-errno -fno-trapping-math
        -DAIMCI_ISA="$3" "${@:4}" -Ilib -Iinclude -I"$build/lib")
    mkdir -p "$objects"
    # a file each, as many at once as there are cores; a second time only what changed, where there is ccache
    { echo tests/kernels/digest.c lib/core/random.c lib/kernels/lanes.c; python3 lib/sources.py kernels | sed 's,^,lib/,'; } |
        tr ' ' '\n' | xargs -P "$jobs" -I{} sh -c '
            name=$(echo "$1" | tr / _) objects=$2
            shift 2
            exec "$@" -o "$objects/$name.o"' sh {} "$objects" $(command -v ccache) "$1" "${flags[@]}" -c {}
    "$1" -static "$objects"/*.o -lm -o "$2"
}

neon()
{
    want gcc-aarch64-linux-gnu aarch64-linux-gnu-gcc --version
    want libc6-dev-arm64-cross aarch64-linux-gnu-gcc --version
    want qemu-user qemu-aarch64 --version
    install_missing
    configure
    # the names of this machine's instruction sets stand in its configuration; ARM has its own
    mkdir -p "$build/neon"
    sed 's/define AIMCI_HAVE_\(AVX2\|AVX512\) 1/define AIMCI_HAVE_\1 0/; s/AIMCI_HAVE_NEON 0/AIMCI_HAVE_NEON 1/' \
        "$build/lib/aimci_config.h" >"$build/neon/aimci_config.h"
    digest aarch64-linux-gnu-gcc "$build/neon/arm" neon -DAIMCI_ISA_IS_NEON=1 -I"$build/neon" -iquote "$build/neon"
    digest cc "$build/neon/here" c
    qemu-aarch64 "$build/neon/arm" >"$build/neon/arm.txt"
    "$build/neon/here" >"$build/neon/here.txt"
    diff "$build/neon/here.txt" "$build/neon/arm.txt" || die "ARM gives other bits"
    echo "$(wc -l <"$build/neon/arm.txt") hashes of kernels are the same on ARM"
}

# ---- gates ------------------------------------------------------------------------------------------

# The tests under AddressSanitizer and UndefinedBehaviorSanitizer, but not those that compile or start other programs; or
# these alone: check_sanitizers NAME...
check_sanitizers()
{
    need_for_fuzz
    setup_clang
    if [ $# -gt 0 ]; then
        ninja -C "$clang_build" "${@/#/tests/}"
        "$meson" test -C "$clang_build" --no-rebuild --print-errorlogs --timeout-multiplier 10 "$@"
        return
    fi
    "$meson" compile -C "$clang_build"
    "$meson" test -C "$clang_build" --no-rebuild --print-errorlogs --timeout-multiplier 10 --no-suite slow \
        --no-suite python --no-suite install --no-suite abi --no-suite examples --no-suite headers
}

# test_alone NAME...: programs of tests, built without the rest
test_alone()
{
    configure
    look_for_files
    ninja -C "$build" "${@/#/tests/}"
    "$meson" test -C "$build" --no-rebuild --print-errorlogs "$@"
}

check_crash()
{
    test_alone t_crash
}

check_memory()
{
    test_alone t_no_memory t_json
}

check_files()
{
    test_alone t_saved_files t_loading t_bad_files
    ninja -C "$build" tools/aimc
    AIMC=$build/tools/aimc python3 tests/tools/t_threats.py
}

# Instructions and bytes of calls against their bounds.
check_work()
{
    want valgrind valgrind --version
    configure
    ninja -C "$build" tests/work
    python3 tests/gates/work.py "$build/tests/work" "$@"
}

# What runs on several threads, under ThreadSanitizer, which makes it some fifty times slower; or these alone.
check_threads()
{
    local programs=("$@")
    [ $# -gt 0 ] || programs=(t_pool t_promises t_network)
    need_for_build
    [ -f "$build-tsan/build.ninja" ] || "$meson" setup "$build-tsan" -Dtests=true -Db_sanitize=thread -Dbuildtype=debug \
        -Doptimization=1 -Dblas=disabled -Dinstruction_sets= -Dtools=false -Dexamples=false
    ninja -C "$build-tsan" "${programs[@]/#/tests/}"
    CK_TIMEOUT_MULTIPLIER=10 TSAN_OPTIONS=halt_on_error=1 "$meson" test -C "$build-tsan" --no-rebuild --print-errorlogs --timeout-multiplier 10 "${programs[@]}"
}

# The library of the build by clang, which has debug information, against what was settled.
check_interface()
{
    local settled=tests/abi/settled
    python3 tests/abi/settle.py .
    want abigail-tools abidiff --version
    install_missing
    need_for_fuzz
    setup_clang
    "$meson" compile -C "$clang_build" aimc:shared_library
    describe_interface "$clang_build/lib/libaimc.so.0" "$clang_build/libaimc.abixml"
    # a library without debug information would have no types to compare
    [ "$(grep -c '<function-decl' "$clang_build/libaimc.abixml")" -ge "$(grep -c 'aimc_[a-z0-9_]*;' lib/aimc.map)" ] ||
        die "the library has no debug information"
    abidiff --no-added-syms --suppressions "$settled/grown.suppr" "$settled/libaimc.abixml" "$clang_build/libaimc.abixml"
}

describe_interface()
{
    abidw --headers-dir include --exported-interfaces-only --drop-private-types --no-corpus-path --no-comp-dir-path \
        --no-show-locs "$1" >"$2"
}

check_arm()
{
    neon
}

check_fuzz()
{
    fuzz "$@" 20
}

check()
{
    local gates=(files memory crash work interface install arm fuzz threads sanitizers) gate failed=() began
    if [ "${1:-}" = --plant ]; then
        python3 tests/gates/plant.py "$build-plant" "${@:2}"
        return
    fi
    [ $# = 0 ] || gates=("$@")
    for gate in "${gates[@]}"; do
        declare -F "check_$gate" >/dev/null || die "check: there is no gate '$gate'"
        began=$SECONDS
        echo "check: $gate"
        # in a process of its own: what fails there ends this gate alone
        if "$PWD/dev" gate "$gate"; then
            echo "check: $gate passed in $((SECONDS - began)) s"
        else
            echo "check: $gate FAILED in $((SECONDS - began)) s"
            failed+=("$gate")
        fi
    done
    if [ ${#failed[@]} -gt 0 ]; then
        echo "check: failed: ${failed[*]}"
        return 1
    fi
    echo "check: all well"
}

# ---- soak -------------------------------------------------------------------------------------------

soak()
{
    # shellcheck source=tests/gates/soak.sh
    . tests/gates/soak.sh
    declare -F "soak_${1:-}" >/dev/null || die "soak: fuzz, life, commands, valgrind, msan or mutate; ./dev help says more"
    "soak_$1" "${@:2}"
}
