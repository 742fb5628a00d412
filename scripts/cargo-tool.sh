#!/usr/bin/env bash
# The tools that check and describe the dependencies, and the fuzzer, each in exactly one version.
#
#   scripts/cargo-tool.sh has TOOL        succeed if `cargo TOOL` is there in its version
#   scripts/cargo-tool.sh install TOOL    install it unless it is (TOOL: deny, cyclonedx or fuzz)
set -euo pipefail

case ${2:-} in
    deny) version=0.20.2 ;;
    cyclonedx) version=0.5.9 ;;
    fuzz) version=0.13.2 ;;
    *) version= ;;
esac

has() { cargo "$1" --version 2>/dev/null | grep -Eq "(^|[^0-9.])${version//./\\.}([^0-9.]|$)"; }

case ${version:+${1:-}} in
    has) has "$2" ;;
    install) has "$2" || cargo install --locked "cargo-$2@$version" ;;
    *)
        sed -n '2,5s/^# \{0,1\}//p' "$0" >&2
        exit 2
        ;;
esac
