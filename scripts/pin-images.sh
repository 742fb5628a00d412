#!/usr/bin/env bash
# Pins the images of others: writes the digest that each tag has now behind it, as in name:tag@sha256:…
# Asks their registries through `docker buildx imagetools`; needs no Docker engine. DOCKER names another docker.
set -euo pipefail
cd "$(dirname "$0")/.."

files=(Dockerfile docker-compose.yml scripts/*.compose.yml)
digest='sha256:[0-9a-f]{64}'

mapfile -t images < <(sed -nE "s/^ *(FROM|image:) +([^ @]+:[^ @]+).*/\2/p" "${files[@]}" | grep -v '^rtfm:' | sort -u)

# All answers first, so that a failure changes no file.
edits=()
for image in "${images[@]}"; do
    found=$("${DOCKER:-docker}" buildx imagetools inspect --format '{{.Manifest.Digest}}' "$image")
    if ! grep -Eqx "$digest" <<<"$found"; then
        echo "pin-images: the registry names no digest for $image: $found" >&2
        exit 1
    fi
    edits+=(-e "s#^( *(FROM|image:) +${image//./\\.})(@$digest)?( |\$)#\1@$found\4#")
    echo "$image@$found"
done
sed -i -E "${edits[@]}" "${files[@]}"
