#!/bin/sh
# Recomputes requirements.lock and requirements-dev.lock from pyproject.toml, for every supported Python and platform.
set -eu
cd "$(dirname "$0")/.."
tools="$(mktemp -d)"
trap 'rm -rf "$tools"' EXIT INT TERM
"${ETAPPE_VENV:-.venv}/bin/python" -m pip install --quiet --target "$tools" uv
export PYTHONPATH="$tools"
for kind in "" -dev; do
    group=""
    if [ -n "$kind" ]; then group="--group dev"; fi
    # shellcheck disable=SC2086  # two words on purpose
    "$tools/bin/uv" pip compile pyproject.toml $group --quiet --universal --generate-hashes --no-header --no-emit-index-url \
        --no-emit-find-links --python-version 3.11 -o "requirements$kind.lock"
done
