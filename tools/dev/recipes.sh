# SPDX-License-Identifier: MIT
# Packages of distributions, from the recipes in packaging/. Sourced by dev.
# shellcheck shell=bash disable=SC2154

# The committed tree in a folder of its own: FOLDER
clean_tree()
{
    rm -rf "$1"
    mkdir -p "$1"
    git archive HEAD | tar -x -C "$1"
}

# Four packages by dpkg-buildpackage; lintian finds nothing, and nothing of the build's place is in them
recipe_debian()
{
    local place=$1/debian/libaimc-0.1.0 tags
    rm -rf "$1/debian"
    want debhelper dh --version
    want dh-python dh_python3 --help
    want lintian lintian --version
    install_missing
    clean_tree "$place"
    tar -C "$place/.." -cJf "$place/../libaimc_0.1.0.orig.tar.xz" "$(basename "$place")"
    cp -r "$place/packaging/debian" "$place/debian"
    (cd "$place" && PATH=/usr/sbin:/usr/bin:/sbin:/bin dpkg-buildpackage -us -uc >../build.log 2>&1) || { tail -n 30 "$place/../build.log"; return 1; }
    ls "$place"/../*.deb
    # nobody has asked for the package yet, and the data name their licence by its address
    tags=$(lintian --fail-on error,warning --allow-root --suppress-tags initial-upload-closes-no-bugs,incomplete-creative-commons-license \
        "$place"/../*.changes) || { echo "$tags"; return 1; }
    [ "$(for deb in "$place"/../*.deb; do dpkg -c "$deb"; done | grep -c '/libaimc\.so\.0\.1\.0$')" = 1 ] ||
        { echo "the library is in more packages than one"; return 1; }
}

# conan create, with the test package's program run
recipe_conan()
{
    local venv=$1/conan-venv
    [ -x "$venv/bin/conan" ] || { python3 -m venv "$venv" && "$venv/bin/pip" -q install conan meson ninja; } || return 1
    clean_tree "$1/conan"
    export CONAN_HOME=$1/conan-home
    [ -f "$CONAN_HOME/profiles/default" ] || "$venv/bin/conan" profile detect || return 1
    PATH=$venv/bin:$PATH "$venv/bin/conan" create "$1/conan/packaging/conan" --build=missing
}

# recipes [NAME...]: those that the machine has the tools of
recipes()
{
    local place name failed=0 log
    need_for_build
    place=$(realpath -m "$build/recipes")
    mkdir -p "$place"
    [ $# -gt 0 ] || set -- debian conan
    for name; do
        log=$place/$name.log
        if (recipe_"$name" "$place") >"$log" 2>&1; then
            echo "$name: passed ($log)"
        else
            tail -n 30 "$log"
            echo "$name: failed ($log)"
            failed=1
        fi
    done
    [ $failed = 0 ]
}
