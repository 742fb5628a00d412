#!/usr/bin/env bash
# Checks that the workspace builds without warnings with each feature alone, in every crate that has it, and with all of
# them together. (The build without any feature is the one that clippy and the tests use.) The feature `kafka-tls` needs
# OpenSSL's headers; without them it is left out, and the script ends with 77.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo=${CARGO:-cargo}

# The names under [features] of the manifest of the crate $1, each as "name crate/name".
features() {
    awk -v crate="rtfm-${1%/Cargo.toml}" '
        /^\[/ { inside = ($0 == "[features]") }
        inside && /^[a-z][a-z0-9_-]* *=/ { print $1, crate "/" $1 }' "$1"
}

has_openssl() { command -v pkg-config >/dev/null 2>&1 && pkg-config --exists libssl; }

check() {
    printf '== %s\n' "$1"
    "$cargo" clippy --quiet --workspace --all-targets --features "$1" -- -D warnings
}

left_out=
all=
known=$(for manifest in */Cargo.toml; do features "$manifest"; done)
mapfile -t names < <(cut -d ' ' -f 1 <<<"$known" | sort -u)
for feature in "${names[@]}"; do
    if [ "$feature" = kafka-tls ] && ! has_openssl; then
        left_out=1
        continue
    fi
    everywhere=$(awk -v feature="$feature" '$1 == feature { print $2 }' <<<"$known" | paste -sd ,)
    check "$everywhere"
    all=${all:+$all,}$everywhere
done
check "$all"
if [ -n "$left_out" ]; then
    echo "libssl-dev or pkg-config is missing: the feature kafka-tls is NOT checked"
    exit 77
fi
