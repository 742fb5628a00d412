#!/usr/bin/env bash
# Checks that every crate builds with each of its features alone and with all of them together, without warnings.
# (The build without any feature is the one that clippy and the tests use.) The feature `kafka-tls` needs OpenSSL's
# headers; without them it is left out, and the script ends with 77.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo=${CARGO:-cargo}

# The names under [features] of a manifest.
features() { awk '/^\[/ { inside = ($0 == "[features]") } inside && /^[a-z][a-z0-9_-]* *=/ { print $1 }' "$1"; }

# The name of a manifest's package.
package() { awk -F '"' '/^name *=/ { print $2; exit }' "$1"; }

has_openssl() { command -v pkg-config >/dev/null 2>&1 && pkg-config --exists libssl; }

check() {
    printf '== %s with %s\n' "$1" "$2"
    "$cargo" clippy --quiet --package "$1" --features "$2" --all-targets -- -D warnings
}

left_out=
for manifest in */Cargo.toml; do
    name=$(package "$manifest")
    buildable=()
    while read -r feature; do
        if [ "$feature" = kafka-tls ] && ! has_openssl; then
            left_out=1
            continue
        fi
        buildable+=("$feature")
    done < <(features "$manifest")
    for feature in "${buildable[@]}"; do check "$name" "$feature"; done
    if [ "${#buildable[@]}" -gt 1 ]; then check "$name" "$(IFS=,; echo "${buildable[*]}")"; fi
done
if [ -n "$left_out" ]; then
    echo "libssl-dev or pkg-config is missing: the feature kafka-tls is NOT checked"
    exit 77
fi
