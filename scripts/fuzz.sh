#!/usr/bin/env bash
# Runs the fuzz targets in fuzz/, one after another. FUZZ_SECONDS is the time of each (default 600), FUZZ_TARGETS names
# some of them (default: all). What a run learns stays in fuzz/corpus; an input that crashes lands in fuzz/artifacts and
# ends the run. Ends with 77 where cargo-fuzz or a nightly toolchain is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo=${CARGO:-cargo}
seconds=${FUZZ_SECONDS:-600}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || { echo "FUZZ_SECONDS must be a number of seconds, not $seconds" >&2; exit 2; }

missing() {
    echo "$1: nothing was fuzzed" >&2
    exit 77
}
scripts/cargo-tool.sh has fuzz || missing "cargo-fuzz is missing in its version (scripts/cargo-tool.sh install fuzz)"
"$cargo" +nightly --version >/dev/null 2>&1 || missing "a nightly toolchain is missing (rustup toolchain install nightly)"

# The seeds: the repository's own samples, in the form that each target reads.
seeds=fuzz/target/seeds
rm -rf "$seeds"
mkdir -p "$seeds"/{answers,dotenv,events,import,masking}
for sample in shared/tests/samples/*/*.json; do
    kind=$(basename "${sample%%--*}")
    { echo "$kind"; cat "$sample"; } >"$seeds/events/$(basename "$sample")"
done
cp cli/demo/*.json "$seeds/import/"
cp .env.example "$seeds/dotenv/"
# Every setting with its example, as if somebody had filled it in.
sed -E 's/^# ?([A-Z_]+=)/\1/' .env.example >"$seeds/dotenv/filled-in"
cp README.md docs/discord.md "$seeds/masking/"
cp README.md processor/prompts/answer.md "$seeds/answers/"

# The project's own versions of its dependencies.
cp Cargo.lock fuzz/Cargo.lock

read -ra targets <<<"${FUZZ_TARGETS:-answers dotenv events import masking}"
# Builds all first. The code is safe Rust, in which the address sanitizer finds nothing and halves the speed.
fuzz=("$cargo" +nightly fuzz)
for target in "${targets[@]}"; do
    "${fuzz[@]}" build --sanitizer none "$target"
done
for target in "${targets[@]}"; do
    echo "== $target, for $seconds seconds"
    mkdir -p "fuzz/corpus/$target"
    options=(-max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=4096 -print_final_stats=1 -verbosity=0)
    [ ! -f "fuzz/dictionaries/$target.dict" ] || options+=(-dict="fuzz/dictionaries/$target.dict")
    "${fuzz[@]}" run --sanitizer none "$target" "fuzz/corpus/$target" "$seeds/$target" -- "${options[@]}"
done
