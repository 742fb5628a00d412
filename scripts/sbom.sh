#!/usr/bin/env bash
# Writes the bills of materials of the three programs, with the image's features, as CycloneDX 1.5 to target/sbom.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/cargo-tool.sh install cyclonedx
out=${CARGO_TARGET_DIR:-target}/sbom
mkdir -p "$out"
# cargo-cyclonedx writes beside each manifest of the workspace, and cannot be told otherwise.
trap 'rm -f -- */sbom-of-rtfm.json' EXIT
cargo cyclonedx --quiet --format json --spec-version 1.5 --target x86_64-unknown-linux-gnu --no-build-deps \
    --features kafka-tls,local-embeddings,otel --override-filename sbom-of-rtfm
for crate in cli bot processor; do
    mv "$crate/sbom-of-rtfm.json" "$out/rtfm-$crate.cdx.json"
    echo "$out/rtfm-$crate.cdx.json"
done
