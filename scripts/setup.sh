#!/bin/sh
# Virtual environment, locked dependencies, browser assets. `setup.sh run` or `setup.sh dev`.
# Each part leaves a stamp with the checksum of what it was built from, so a second call takes no time.
set -eu
cd "$(dirname "$0")/.."
kind="${1:-run}"
venv="${ETAPPE_VENV:-.venv}"

say() { printf '%s\n' "$*"; }
die() { printf '\n%s\n' "$*" >&2; exit 1; }
new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    for candidate in ${PYTHON:+"$PYTHON"} python3 python3.14 python3.13 python3.12 python3.11; do
        if command -v "$candidate" >/dev/null 2>&1 && new_enough "$candidate"; then command -v "$candidate"; return; fi
    done
    found="$(python3 --version 2>/dev/null || echo 'kein Python')"
    die "Etappe braucht Python 3.11 oder neuer, gefunden: $found. Bitte installieren Sie es (Debian 12, Ubuntu 24.04: apt-get install python3 python3-venv)
oder nennen Sie einen anderen Interpreter: PYTHON=/pfad/zu/python3.12 make $kind"
}

make_venv() {
    python="$(find_python)"
    if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
        package="$("$python" -c 'import sys; print(f"python{sys.version_info[0]}.{sys.version_info[1]}-venv")')"
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
            say "Installiere $package ..."
            { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$package"; } >/dev/null \
                || die "$package konnte nicht installiert werden. Bitte installieren Sie das Paket von Hand."
        else
            die "Diesem Python fehlt das Modul venv. Bitte einmal ausführen: sudo apt-get install $package"
        fi
    fi
    say "Lege die virtuelle Umgebung $venv an ($("$python" --version)) ..."
    rm -rf "$venv"
    "$python" -m venv "$venv"
}

# What a stamp vouches for: the lock file, how it is installed, and where the checkout lies.
checksum() { { cat "$1" scripts/setup.sh; pwd -P; } | cksum; }
fresh() { [ -x "$venv/bin/python" ] && [ -f "$venv/.stamp-$1" ] && [ "$(cat "$venv/.stamp-$1")" = "$(checksum "$2")" ]; }

install_lock() {  # $1 = name of the stamp, $2 = lock file
    say "Installiere $2 ..."
    "$venv/bin/python" -m pip install -qq --disable-pip-version-check --no-input --require-hashes --only-binary=:all: -r "$2" \
        || die "Die Abhängigkeiten konnten nicht installiert werden. Besteht eine Verbindung zum Paketverzeichnis?"
    # The application runs from this folder: a path file and a launcher instead of an installation.
    site="$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
    pwd -P > "$site/etappe.pth"
    printf '#!/bin/sh\nexec "$(dirname "$0")/python" -m web.cli "$@"\n' > "$venv/bin/etappe"
    chmod 755 "$venv/bin/etappe"
    checksum "$2" > "$venv/.stamp-$1"
}

ensure() {
    if fresh "$1" "$2"; then return; fi
    if ! "$venv/bin/python" -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then make_venv; fi
    install_lock "$1" "$2"
}

if [ "$kind" = dev ]; then ensure dev requirements-dev.lock; fi
ensure run requirements.lock
if ! "$venv/bin/python" scripts/assets.py; then
    # Every page works without style and script, so a failure here is no reason to keep people from their cases.
    [ "$kind" = run ] || exit 1
    say "Etappe startet trotzdem, aber ohne Gestaltung."
fi
