#!/bin/sh
# Pins every requirement with hashes for all platforms, as `make requirements`.
set -eu
uv=${1:-uv}
cd "$(dirname "$0")"
pin() {
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-annotate \
        --custom-compile-command "make requirements" "$@"
}
pin tools.in -o tools.txt
pin ../pyproject.toml build.in -o run.txt
pin dev.in -c run.txt -o dev.txt
pin model-server.in -o model-server.txt
# torch itself comes from pip, so that a machine may bring its own build of that version.
echo torch | pin torch.in -c run.txt --excludes - -o torch.txt
