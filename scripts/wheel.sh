#!/bin/sh
# Builds the wheel, installs it into an empty environment and lets it check every process model there.
set -eu
cd "$(dirname "$0")/.."
python="${ETAPPE_VENV:-.venv}/bin/python"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT INT TERM
"$python" -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir "$work" .
"$python" -m venv "$work/leer"
"$work/leer/bin/python" -m pip install -qq --no-compile --disable-pip-version-check --require-hashes --only-binary=:all: -r requirements.lock
"$work/leer/bin/python" -m pip install -qq --no-compile --disable-pip-version-check --no-deps --no-index "$work"/etappe-*.whl
cd "$work"   # so that the packages come from the wheel, not from this folder
"$work/leer/bin/etappe" lint --alle
"$work/leer/bin/python" -m pip check --disable-pip-version-check
echo "Das Paket läuft in einer leeren Umgebung: $(basename "$work"/etappe-*.whl)"
