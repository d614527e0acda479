# SPDX-License-Identifier: MIT
# The library as a few C files and one header. Sourced by dev.
# shellcheck shell=bash disable=SC2154,SC2046

flat_limit=120 # seconds of processor time: a minute on two cores

# flat [FOLDER]: make the files, compile them as a stranger would, and run what shows that they are the library
flat()
{
    local folder=${1:-$build/flat} object=$build/flat-objects used tests=tests/scenarios
    need_for_build
    mkdir -p "$build"
    rm -rf "$folder" "$object"
    mkdir "$object"
    python3 tools/dev/flat.py "$folder" || die "the files are not made"
    folder=$(realpath "$folder")
    local TIMEFORMAT=%U
    used=$({ time (cd "$object" && printf '%s\n' "$folder"/*.c | xargs -n 1 -P 2 "${CC:-cc}" -O2 -Wno-psabi -c >&2); } 2>&1 | tee /dev/stderr | tail -n 1)
    [ "$(find "$object" -name '*.o' | wc -l)" = "$(find "$folder" -name '*.c' | wc -l)" ] || die "flat: the files do not compile"
    used=${used%.*}
    "${CC:-cc}" "$object"/*.o -lm -lpthread -o "$object/smoke"
    (cd "$object" && ./smoke) || die "flat: the program does not pass"
    rm "$object/smoke.o"
    echo "$(find "$folder" -name '*.[ch]' | wc -l) files, $(cat "$folder"/*.[ch] | wc -c) bytes, $used s of processor time to compile"
    "${CC:-cc}" -O1 -D_POSIX_C_SOURCE=200809L -Iinclude -Itests -I$tests $tests/{t_scenarios,scenario,devices,inference,networks,optimizers,parts,reads}.c \
        "$object"/*.o $(pkg-config --cflags --libs check) -lm -lpthread -o "$object/t_scenarios"
    AIMC_TEST_DATA=$PWD/tests/data "$object/t_scenarios" || die "flat: results are not those of the library"
    [ "$used" -le $flat_limit ] || die "flat: compiling took $used s of processor time; a minute on two cores is allowed"
    echo "passed: $folder"
}
