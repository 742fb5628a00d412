#!/usr/bin/env bash
# Checks the dependencies with cargo-deny (deny.toml): licences, sources, duplicates, and known vulnerabilities.
# Ends with 77 where RustSec's database of vulnerabilities cannot be fetched; everything else is checked then.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo deny check bans licenses sources

# Bounded, so that a host that does not answer holds nothing up.
limit=$(command -v timeout || true)
if ${limit:+"$limit" 60} cargo deny fetch db >/dev/null 2>&1; then
    cargo deny --offline check advisories
else
    echo "RustSec's database cannot be fetched (github.com/RustSec/advisory-db): known vulnerabilities NOT checked"
    exit 77
fi
