#!/usr/bin/env bash
# Checks what we depend on with cargo-deny (deny.toml): licences, sources, duplicates; known vulnerabilities
# where RustSec's database can be fetched.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo deny check bans licenses sources

# Bounded: a host that does not answer must not hold everything up.
limit=$(command -v timeout || true)
if ${limit:+"$limit" 60} cargo deny fetch db >/dev/null 2>&1; then
    cargo deny --offline check advisories
else
    echo "RustSec's database cannot be fetched (github.com/RustSec/advisory-db): known vulnerabilities NOT checked"
fi
