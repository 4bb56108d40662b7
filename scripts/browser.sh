#!/bin/sh
# The browser of the browser tests: Debian's Chromium (or what ETAPPE_CHROMIUM names).
set -eu
if [ -n "${ETAPPE_CHROMIUM:-}" ] && [ -x "$ETAPPE_CHROMIUM" ]; then exit 0; fi
for candidate in /usr/bin/chromium /usr/bin/chromium-browser /usr/bin/google-chrome; do
    if [ -x "$candidate" ]; then exit 0; fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installiere Chromium für die Browsertests ..."
    if apt-get update -q >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends chromium >/dev/null; then exit 0; fi
fi
echo "Für die Browsertests fehlt Chromium. Bitte einmal ausführen: sudo apt-get install chromium (Ubuntu: sudo apt-get install chromium-browser)," >&2
echo "oder den Pfad eines vorhandenen Chromium nennen: ETAPPE_CHROMIUM=/pfad/zu/chromium make test" >&2
exit 1
