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

checksum() { cat "$@" | cksum; }

install_lock() {  # $1 = lock file, $2 = name of the stamp
    stamp="$venv/.stamp-$2"
    sum="$(checksum "$1")"
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$sum" ]; then return; fi
    say "Installiere $1 ..."
    "$venv/bin/python" -m pip install -qq --disable-pip-version-check --no-input --require-hashes --only-binary=:all: -r "$1" \
        || die "Die Abhängigkeiten konnten nicht installiert werden. Besteht eine Verbindung zum Paketverzeichnis?"
    printf '%s' "$sum" > "$stamp"
}

# The application runs from this folder: a path file and a launcher instead of an installation.
link_project() {
    site="$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
    here="$(pwd -P)"
    if [ ! -f "$site/etappe.pth" ] || [ "$(cat "$site/etappe.pth")" != "$here" ]; then printf '%s\n' "$here" > "$site/etappe.pth"; fi
    if [ ! -x "$venv/bin/etappe" ]; then
        printf '#!/bin/sh\nexec "$(dirname "$0")/python" -m web.cli "$@"\n' > "$venv/bin/etappe"
        chmod 755 "$venv/bin/etappe"
    fi
}

if [ ! -x "$venv/bin/python" ] || ! "$venv/bin/python" -c 'import pip' 2>/dev/null || ! new_enough "$venv/bin/python"; then make_venv; fi
if [ "$kind" = dev ]; then install_lock requirements-dev.lock dev; fi
install_lock requirements.lock run
link_project
# Compiled here because some machines forbid Python to write it down (PYTHONDONTWRITEBYTECODE); every start is quicker for it.
"$venv/bin/python" -m compileall -q engine forms processes services web
"$venv/bin/python" scripts/assets.py
