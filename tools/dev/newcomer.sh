# SPDX-License-Identifier: MIT
# ./dev newcomer: how long it takes somebody who has a bare Debian from nothing to the last line of the demo. Sourced by dev.
# shellcheck shell=bash disable=SC2154

# A bare Debian as a folder, with this machine's way to the registries: bare_debian FOLDER
bare_debian()
{
    [ ! -f "$1/bare" ] || return 0
    rm -rf "$1"
    mmdebstrap --quiet --variant=minbase "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$1" http://deb.debian.org/debian || return 1
    cp --parents -L /etc/resolv.conf /etc/hosts "$1"
    [ -z "${PIP_CERT:-}" ] || cp -L "$PIP_CERT" "$1/root/certificates"
    touch "$1/bare"
}

# in_debian NAME FILE COMMANDS: COMMANDS where there is a bare Debian and FILE; prints seconds by the clock and of the processor
in_debian()
{
    local root=$build/newcomer-$1 TIMEFORMAT='%R %U %S'
    rm -rf "$root"
    cp -a "$build/newcomer" "$root" && cp "$2" "$root/root" || return 1
    { time env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root ${PIP_CERT:+PIP_CERT=/root/certificates} \
        unshare --mount sh -c 'mount -t proc proc "$0/proc" && exec chroot "$0" sh -exc "cd; $1"' "$root" "$3" >"$build/newcomer-$1.log" 2>&1; } 2>"$build/newcomer-$1.time" ||
        { tail -n 20 "$build/newcomer-$1.log"; return 1; }
    tail -n 1 "$build/newcomer-$1.log"
    awk -v name="$1" '{ printf "newcomer: %s: %.0f s by the clock, %.0f s of processor time\n", name, $1, $2 + $3 }' "$build/newcomer-$1.time"
    rm -rf "$root"
}

newcomer()
{
    local wheel sdist demo apt
    want mmdebstrap mmdebstrap --version
    install_missing
    wheel=$(find "$build/dist" -name "aimc-*-py3-none-manylinux*_$(uname -m).whl")
    sdist=$(find "$build/dist" -name 'aimc-*.tar.gz')
    [ -f "$wheel" ] && [ -f "$sdist" ] || die "newcomer: first ./dev wheel linux-$(uname -m) and ./dev sdist"
    bare_debian "$build/newcomer" || die "newcomer: failed: no bare Debian"
    apt='apt-get -q update; DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install'
    demo='; venv/bin/aimc train --data digits --device gokmen_vlasov --compare --out d.safetensors; venv/bin/aimc infer d.safetensors --data digits'
    in_debian wheel "$wheel" "$apt python3-venv; python3 -m venv venv; venv/bin/pip install -q *.whl$demo" &&
        in_debian source "$sdist" "$apt python3-venv gcc libc6-dev; python3 -m venv venv; venv/bin/pip install -q *.tar.gz$demo" ||
        die "newcomer: failed"
    echo "newcomer: passed"
}
