# ruff: noqa: INP001  a script, not a package
"""Mutation test of the engine: change one thing in a rule, and a test has to turn red.

Usage: python scripts/mutation.py [FILE[::QUALNAME] ...] [--tests PATH ...] [--report FILE]

Each mutant is one small change of one function (see ``mutation_changes.py``). The tests are collected once and run once with marks that
note the statements each test reaches. Then every mutant gets a forked child: it swaps the code of that one function in the running
modules and runs the tests that reach the changed statement, the likeliest to fail first, until one fails. A child that hangs counts as
killed. One process at a time; tests that touch a database or the network do not belong here.

Survivors have to be explained in ``docs/mutationen.md`` (columns: place, change, why nobody can tell the difference). The exit code is 1
if one is not, or if an explanation has become stale.

A tool of its own, because the ready-made ones either swap text in a copy of the tree and start an interpreter per mutant (some
seconds each, half a day for these modules) or rename every function they touch, which the library's class checks do not survive.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import re
import resource
import select
import signal
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from _pytest.runner import runtestprotocol
from mutation_changes import ROOT, Mutant, instrument, mutants_of

if TYPE_CHECKING:
    from collections.abc import Sequence

EXPLAINED: Final = ROOT / "docs" / "mutationen.md"
MODULES: Final = (
    *sorted(f"engine/specs/{p.name}" for p in (ROOT / "engine" / "specs").glob("*.py") if p.name != "__init__.py"),
    "engine/pruning.py", "engine/scopes.py", "engine/state.py", "engine/migration.py", "engine/moves.py",
)  # fmt: skip
TESTS: Final = (
    *(f"tests/unit/engine/test_{name}.py" for name in (
        "rules", "rules_life", "rules_people", "rules_moves", "must_run", "behaviour", "elements", "scopes", "calls", "steps", "state", "migration",
        "timers", "element_report", "budgets")),
    "tests/property/test_random.py",
)
PATIENCE: Final = 20  # seconds of computing time that one test of a mutant may take at most
ALIKE: Final = 3  # rows of a test with the same reach that a mutant meets first
AT_FIRST: Final = 3.0  # seconds of tests that a mutant meets first
TABLE: Final = 500  # a file with as many tests is a table
THINNED: Final = 7  # every seventh row is enough for a quick look
MEMORY: Final = 3 * 2**30  # bytes of a child: a loop without end must not take the machine with it


# -- running -------------------------------------------------------------------------------------------------------------------
@dataclass
class Baseline:
    """What the tests do without a mutant."""

    seconds: dict[str, float] = field(default_factory=dict)
    reached: dict[str, dict[int, set[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))
    lines: dict[str, dict[str, frozenset[int]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(frozenset)))


class Tester:
    """Takes the place of pytest's run loop."""

    def __init__(self, wanted: Sequence[str], report: Path | None, again: Path | None = None, *, quick: bool) -> None:
        self.wanted, self.report, self.quick, self.reasons = wanted, report, quick, explained()
        rows = json.loads(again.read_text(encoding="utf-8")) if again else []
        self.killed = {(r["path"], r["owner"], r["change"]): r["by"] for r in rows if r["verdict"] in ("killed", "timeout")}
        self.base = Baseline()
        self.mutants: list[Mutant] = []
        self.luck: Counter[tuple[str, str, str]] = Counter()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Tables of a thousand rows are thinned out for a quick look."""
        rows = Counter(item.path for item in items)
        seen: Counter[Path] = Counter()
        kept = []
        for item in items:
            seen[item.path] += 1
            if not self.quick or rows[item.path] < TABLE or seen[item.path] % THINNED == 0:
                kept.append(item)
        items[:] = kept

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Baseline, then one child per mutant."""
        if session.testsfailed:
            return True
        started = time.monotonic()
        paths = list(dict.fromkeys(name.partition("::")[0] for name in self.wanted))
        self.observe(session.items, paths)
        say(f"{len(session.items)} tests once: {time.monotonic() - started:.0f} s")
        items = {item.nodeid: item for item in session.items}
        self.mutants = [m for path in paths for m in mutants_of(path) if self.is_wanted(m)]
        gc.freeze()  # children share the pages of what is there already
        for number, mutant in enumerate(self.mutants, 1):
            self.judge(mutant, items)
            if mutant.verdict in ("survived", "unreached"):
                say(f"[{number}/{len(self.mutants)}] {mutant.verdict} {mutant.path}:{mutant.line} {mutant.owner}: {mutant.change}")
            if number % 100 == 0:
                self.write()
                say(f"[{number}/{len(self.mutants)}] {time.monotonic() - started:.0f} s")
        say(f"{time.monotonic() - started:.0f} s")
        return True

    def write(self) -> None:
        """The report so far."""
        if self.report is not None:
            rows = [{"path": m.path, "owner": m.owner, "line": m.line, "change": m.change, "verdict": m.verdict, "by": m.by} for m in self.mutants]
            self.report.write_text(json.dumps(rows, ensure_ascii=False, indent=0), encoding="utf-8")

    def representatives(self, path: str, order: Sequence[str]) -> list[str]:
        """A few rows of each test that reach the same statements: the others seldom notice more, and never sooner."""
        taken: Counter[tuple[str, frozenset[int]]] = Counter()
        chosen, seconds = [], 0.0
        for name in order:
            same = (name.partition("[")[0], self.base.lines[path][name])
            taken[same] += 1
            if taken[same] <= ALIKE and seconds < AT_FIRST:
                chosen.append(name)
                seconds += self.base.seconds[name]
        return chosen

    def is_wanted(self, mutant: Mutant) -> bool:
        """Whether it lies where the caller wants to look."""
        return any(
            path == mutant.path and (not name or mutant.owner == name or mutant.owner.startswith(f"{name}."))
            for path, _, name in (w.partition("::") for w in self.wanted)
        )

    def observe(self, items: Sequence[pytest.Item], paths: Sequence[str]) -> None:
        """Run every test once and note its time and the statements it reaches."""
        hits: set[tuple[str, int]] = set()
        restore = [undo for path in paths for undo in instrument(path, hits)]
        for item in items:
            hits.clear()
            begun = time.process_time()
            if len(self.base.seconds) % 200 == 199:
                say(f"{len(self.base.seconds)} of {len(items)}")
            if not run(item):
                raise pytest.UsageError(f"{item.nodeid} fails without a mutant")
            self.base.seconds[item.nodeid] = time.process_time() - begun
            for path, line in hits:
                self.base.reached[path][line].add(item.nodeid)
            for path in paths:
                self.base.lines[path][item.nodeid] = frozenset(line for name, line in hits if name == path)
        for undo in restore:
            undo()

    def judge(self, mutant: Mutant, items: dict[str, pytest.Item]) -> None:
        """Run what reaches the mutant, in a child."""
        if mutant.key in self.killed:
            mutant.verdict, mutant.by = "killed", self.killed[mutant.key]
            return
        reached = self.base.reached[mutant.path]
        chosen = set(reached.get(mutant.line, ())) if mutant.line else set(items)
        if not chosen:
            mutant.verdict = "unreached"
            return
        order = sorted(chosen, key=lambda name: (-self.luck[mutant.path, mutant.owner, name], self.base.seconds[name]))
        first = self.representatives(mutant.path, order)
        mutant.verdict, mutant.by = in_child(mutant, [items[name] for name in first], self.base.seconds)
        if mutant.verdict == "survived" and not self.quick and mutant.key not in self.reasons:
            rest = [name for name in order if name not in set(first)]
            mutant.verdict, mutant.by = in_child(mutant, [items[name] for name in rest], self.base.seconds)
        if mutant.by:
            self.luck[mutant.path, mutant.owner, mutant.by] += 1


def in_child(mutant: Mutant, items: Sequence[pytest.Item], seconds: dict[str, float]) -> tuple[str, str]:
    """Verdict, and the test that noticed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)
        mutant.apply()
        for number, item in enumerate(items):
            signal.setitimer(signal.ITIMER_PROF, min(PATIENCE, 2 + 5 * seconds[item.nodeid]))
            os.write(writing, f"{number}\n".encode())
            if not run(item):
                os._exit(1)
        os._exit(0)
    os.close(writing)
    text = b""
    while select.select([reading], [], []) and (more := os.read(reading, 65536)):
        text += more
    os.close(reading)
    _, status = os.waitpid(child, 0)
    last = items[int(text.split()[-1])].nodeid if text else ""
    if os.WIFSIGNALED(status):
        return "timeout", last
    return ("killed", last) if os.WEXITSTATUS(status) else ("survived", "")


def run(item: pytest.Item) -> bool:
    """Whether a test passes."""
    return all(report.passed or report.skipped for report in runtestprotocol(item, log=False, nextitem=None))


def say(text: str) -> None:
    """A line now, not at the end."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


# -- what is explained ---------------------------------------------------------------------------------------------------------
def explained() -> dict[tuple[str, str, str], str]:
    """Key of a mutant to the reason why it may survive."""
    rows: dict[tuple[str, str, str], str] = {}
    path = ""
    for line in EXPLAINED.read_text(encoding="utf-8").splitlines() if EXPLAINED.exists() else ():
        if line.startswith("### `"):
            path = line.split("`")[1]
        cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if path and len(cells) == 3 and cells[0].startswith("`"):
            rows[path, cells[0].strip("`"), cells[1].strip("`")] = cells[2]
    return rows


def conclude(tester: Tester) -> int:
    """Totals; 1 if a survivor is not explained or an explanation is stale."""
    reasons = tester.reasons
    left = [m for m in tester.mutants if m.verdict in ("survived", "unreached")]
    stale = [m for m in tester.mutants if m not in left and m.key in reasons]
    known = {m.key for m in tester.mutants}
    gone = [key for key in reasons if key not in known and any(w == key[0] for w in tester.wanted)]
    open_ = [m for m in left if m.key not in reasons]
    for path in dict.fromkeys(m.path for m in tester.mutants):
        found = [m for m in tester.mutants if m.path == path]
        alive = [m for m in found if m in left]
        say(f"{path}: {len(found)} mutants, {len(found) - len(alive)} killed, {len([m for m in alive if m.key in reasons])} explained, "
            f"{len([m for m in alive if m.key not in reasons])} open")  # fmt: skip
    for m in open_:
        say(f"open: {m.verdict} {m.path}:{m.line} {m.owner}: {m.change}")
    for m in stale:
        say(f"stale: {m.path} {m.owner}: {m.change} (killed by {m.by})")
    for key in gone:
        say(f"gone: {' '.join(key)}")
    say(f"{len(tester.mutants)} mutants, {len(tester.mutants) - len(left)} killed, {len(left) - len(open_)} explained, {len(open_)} open")
    tester.write()
    return int(bool(open_ or stale or gone))


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("place", nargs="*", default=list(MODULES), help="FILE or FILE::QUALNAME; default: the rules of the engine")
    parser.add_argument("--tests", nargs="+", default=list(TESTS))
    parser.add_argument("--report", type=Path)
    parser.add_argument("--again", type=Path, help="take over what was killed according to this earlier report")
    parser.add_argument("--quick", action="store_true", help="a first look: fewer rows of long tables, fewer tests that reach the same lines")
    options = parser.parse_args()
    os.environ.setdefault("MODELS", "80")
    os.nice(10)
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    tester = Tester(options.place, options.report, options.again, quick=options.quick)
    pytest.main(["-q", "-s", "-p", "no:cacheprovider", "-p", "no:xdist", "--assert=plain", "--tb=no", *options.tests], plugins=[tester])
    return conclude(tester)


if __name__ == "__main__":
    sys.exit(main())
