# ruff: noqa: INP001  a script, not a package
"""Mutation test of the engine: change one thing in a rule, and a test has to turn red.

Usage: python scripts/mutation.py [FILE[::QUALNAME] ...] [--tests PATH ...] [--report FILE]

Each mutant is one small change of one function (see ``variants``). The tests are collected once and run once with marks that
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
import ast
import gc
import importlib
import inspect
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
from functools import partial
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import pytest
from _pytest.runner import runtestprotocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ROOT: Final = Path(__file__).resolve().parents[1]
EXPLAINED: Final = ROOT / "docs" / "mutationen.md"
MODULES: Final = (
    *sorted(f"engine/specs/{p.name}" for p in (ROOT / "engine" / "specs").glob("*.py") if p.name != "__init__.py"),
    "engine/pruning.py", "engine/scopes.py", "engine/state.py", "engine/migration.py", "engine/moves.py",
)  # fmt: skip
TESTS: Final = (
    *(f"tests/unit/engine/test_{name}.py" for name in ("rules", "must_run", "behaviour", "elements", "scopes", "calls", "steps", "state", "budgets")),
    "tests/property/test_random.py",
)
PATIENCE: Final = 20  # seconds of computing time that one test of a mutant may take at most
ALIKE: Final = 3  # rows of a test with the same reach that a mutant meets first
AT_FIRST: Final = 3.0  # seconds of tests that a mutant meets first
TABLE: Final = 500  # a file with as many tests is a table
THINNED: Final = 7  # every seventh row is enough for a quick look
MEMORY: Final = 3 * 2**30  # bytes of a child: a loop without end must not take the machine with it

COMPARE: Final[dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]]] = {
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
}  # fmt: skip
OPERATOR: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
FUNCTION: Final = {"any": "all", "all": "any", "min": "max", "max": "min", "reversed": "list", "sorted": "list"}


@dataclass
class Mutant:
    """One change.

    Attributes:
        path: of the module, below the root.
        owner: qualified name of the function, or of the class or constant when the change lies outside a function.
        change: ``before → after`` as source text; with a number if the same text occurs again in the owner.
        line: of the statement that a test has to reach; 0: every test.
        apply: makes the change in this process.
        verdict: ``killed``, ``timeout``, ``survived`` or ``unreached``; ``by`` is the test that noticed.
    """

    path: str
    owner: str
    change: str
    line: int
    apply: Callable[[], None]
    verdict: str = ""
    by: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What ``docs/mutationen.md`` calls it."""
        return self.path, self.owner, self.change


class Site(NamedTuple):
    """A node that can be replaced: where it hangs, and in which function."""

    holder: ast.AST
    name: str
    place: int | None
    node: ast.AST
    function: ast.FunctionDef | None
    owner: str
    statement: ast.stmt | None

    def put(self, node: ast.AST) -> None:
        """Hang another node here."""
        if self.place is None:
            setattr(self.holder, self.name, node)
        else:
            getattr(self.holder, self.name)[self.place] = node


# -- what may be changed -------------------------------------------------------------------------------------------------------
def variants(site: Site) -> Iterator[ast.AST]:  # one operator after the other
    """The changes of one node."""
    node = site.node
    yield from condition_variants(node, site)
    yield from value_variants(node, site)
    if isinstance(node, ast.stmt) and site.function is not None and node is not site.function:
        yield from statement_variants(node, site)


def condition_variants(node: ast.AST, site: Site) -> Iterator[ast.AST]:
    """Comparisons, and/or/not, conditions that always or never hold."""
    if isinstance(node, ast.Compare):
        for number, operator in enumerate(node.ops):
            for other in COMPARE[type(operator)]:
                yield ast.Compare(node.left, [*node.ops[:number], other(), *node.ops[number + 1 :]], node.comparators)
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        for number in range(len(node.values)):
            rest = node.values[:number] + node.values[number + 1 :]
            yield rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand
    if (site.name == "test" and isinstance(site.holder, ast.If | ast.IfExp)) or site.name == "ifs":
        yield ast.Constant(value=True)
        yield ast.Constant(value=False)
    elif site.name == "test" and isinstance(site.holder, ast.While) and not isinstance(node, ast.Constant):
        yield ast.Constant(value=False)
    elif site.name == "iter":
        yield ast.Tuple([], ast.Load())


def value_variants(node: ast.AST, site: Site) -> Iterator[ast.AST]:
    """Constants, arithmetic, and functions with an opposite."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield ast.Constant(value=not node.value)
        elif isinstance(node.value, int | float):
            yield ast.Constant(value=node.value + 1)
        elif isinstance(node.value, str) and isinstance(site.holder, ast.Compare):
            yield ast.Constant(value=node.value + "_")
    elif isinstance(node, ast.BinOp) and type(node.op) in OPERATOR:
        yield ast.BinOp(node.left, OPERATOR[type(node.op)](), node.right)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FUNCTION:
        yield ast.Call(ast.Name(FUNCTION[node.func.id], ast.Load()), node.args, node.keywords)


def statement_variants(node: ast.stmt, site: Site) -> Iterator[ast.AST]:
    """Statements left out, answers replaced by none."""
    if isinstance(node, ast.Return):
        if site.function is not None and site.function.body[-1] is node and isinstance(node.value, ast.Constant) and node.value.value is None:
            return
        if node.value is None or (isinstance(node.value, ast.Constant) and node.value.value is None):
            yield ast.Pass()
        elif not (isinstance(node.value, ast.Constant) and node.value.value is False):  # none and false are the same to whoever asks
            yield ast.Return(ast.Constant(value=None))
    elif isinstance(node, ast.AugAssign) and type(node.op) in OPERATOR:
        yield ast.AugAssign(node.target, OPERATOR[type(node.op)](), node.value)
        yield ast.Pass()
    elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Continue | ast.Break | ast.Raise | ast.Delete) or (
        isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant)
    ):
        yield ast.Pass()


def sites(tree: ast.Module) -> Iterator[Site]:
    """Every node that can change what the module does: no annotations, docstrings, imports, decorators, assertions."""

    def walk(node: ast.AST, function: ast.FunctionDef | None, owner: str, statement: ast.stmt | None) -> Iterator[Site]:
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list", "bases", "keywords") and not isinstance(node, ast.Call):
                continue
            children = list(enumerate(value)) if isinstance(value, list) else [(None, value)]
            for index, child in children:
                if not isinstance(child, ast.AST) or passed_over(child):
                    continue
                inner, called, around = function, owner, child if isinstance(child, ast.stmt) else statement
                if isinstance(child, ast.FunctionDef | ast.ClassDef) and function is None:
                    called = f"{owner}.{child.name}" if owner else child.name
                    inner = child if isinstance(child, ast.FunctionDef) else None
                yield Site(node, name, index, child, inner, called, around)
                yield from walk(child, inner, called, around)

    yield from walk(tree, None, "", None)


def passed_over(node: ast.AST) -> bool:
    """What is not looked into."""
    if isinstance(node, ast.Import | ast.ImportFrom | ast.Assert | ast.expr_context | ast.JoinedStr):
        return True
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        return True
    if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Name):  # NotImplementedError: nothing to test
        return True
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


# -- making a change -----------------------------------------------------------------------------------------------------------
def mutants_of(path: str) -> Iterator[Mutant]:
    """All mutants of a module."""
    source = (ROOT / path).read_text(encoding="utf-8")
    module = importlib.import_module(path.removesuffix(".py").replace("/", "."))
    tree = ast.parse(source, path)
    seen: Counter[tuple[str, str]] = Counter()
    for site in list(sites(tree)):
        for variant in variants(site):
            applied = changer(module, tree, site, variant)
            if applied is None:
                continue
            change = f"{text_of(site)} → {text_of(site._replace(node=variant))}"
            seen[site.owner, change] += 1
            if seen[site.owner, change] > 1:
                change += f" ({seen[site.owner, change]})"
            yield Mutant(path, site.owner, change, line_of(site), applied)


def line_of(site: Site) -> int:
    """The statement that a test has to reach; 0 where every test does."""
    if site.function is None or site.statement is None:
        return 0
    return site.function.body[0].lineno if site.statement is site.function else site.statement.lineno


def text_of(site: Site) -> str:
    """The node as source, in one line, with what makes it recognisable."""
    text = " ".join(ast.unparse(ast.fix_missing_locations(site.node)).split())
    if site.name in ("test", "ifs"):
        return f"if {text}"
    if site.name == "iter":
        return f"in {text}"
    if isinstance(site.node, ast.Constant) and isinstance(site.holder, ast.Assign | ast.AnnAssign | ast.keyword | ast.Dict | ast.Compare):
        text = f"{text} in {' '.join(ast.unparse(site.holder).split())}" if isinstance(site.holder, ast.Dict | ast.Compare) else text
    return text if len(text) <= 110 else text[:107] + "..."


def changer(module: ModuleType, tree: ast.Module, site: Site, variant: ast.AST) -> Callable[[], None] | None:
    """A function that makes the change in the running modules, or None where that is impossible."""
    if site.function is None:
        return constant_changer(module, site, variant)
    function = live(module, site.owner)
    if function is None:
        return None
    if site.statement is site.function:  # a default of a parameter
        return default_changer(function, module, site, variant)
    code = compiled(tree, site, variant, function)
    if code is None:
        return None

    def apply() -> None:
        function.__code__ = code

    return apply


def live(module: ModuleType, qualname: str) -> FunctionType | None:
    """The function that is called under this name."""
    found: Any = module
    for name in qualname.split("."):
        found = vars(found).get(name)
    if isinstance(found, property):
        found = found.fget
    found = inspect.unwrap(getattr(found, "__func__", found))
    return found if isinstance(found, FunctionType) else None


def compiled(tree: ast.Module, site: Site, variant: ast.AST, function: FunctionType) -> CodeType | None:
    """The code of the changed function; a name it no longer uses is kept alive where Python insists on it."""
    old = function.__code__
    site.put(variant)
    assert site.function is not None
    body = site.function.body
    try:
        code = code_of(tree, old)
        if code.co_freevars != old.co_freevars:
            site.function.body = [ast.If(ast.Constant(value=0), [ast.Expr(ast.Name(n, ast.Load())) for n in old.co_freevars], []), *body]
            code = code_of(tree, old)
    except SyntaxError:
        return None
    finally:
        site.function.body = body
        site.put(site.node)
    return code if code.co_freevars == old.co_freevars else None


def code_of(tree: ast.Module, like: CodeType) -> CodeType:
    """The code object that stands where ``like`` stood."""
    todo = [compile(ast.fix_missing_locations(tree), like.co_filename, "exec", dont_inherit=True)]
    while todo:
        code = todo.pop()
        if (code.co_qualname, code.co_firstlineno) == (like.co_qualname, like.co_firstlineno):
            return code
        todo += [c for c in code.co_consts if isinstance(c, CodeType)]
    raise LookupError(like.co_qualname)


def default_changer(function: FunctionType, module: ModuleType, site: Site, variant: ast.AST) -> Callable[[], None] | None:
    """A change of a default value."""
    assert site.function is not None
    arguments = site.function.args
    if site.holder is not arguments or site.place is None:
        return None
    value = eval(compile(ast.fix_missing_locations(ast.Expression(cast("ast.expr", variant))), "default", "eval"), vars(module))  # noqa: S307 - our own source
    if site.name == "defaults":
        changed = (*(function.__defaults__ or ())[: site.place], value, *(function.__defaults__ or ())[site.place + 1 :])
        return lambda: setattr(function, "__defaults__", changed)
    name = arguments.kwonlyargs[site.place].arg
    return lambda: (function.__kwdefaults__ or {}).update({name: value})


def constant_changer(module: ModuleType, site: Site, variant: ast.AST) -> Callable[[], None] | None:
    """A change of a constant of a module or class: set it anew where it stands."""
    statement = site.statement
    if isinstance(statement, ast.Assign):
        target = statement.targets[0]
    elif isinstance(statement, ast.AnnAssign):
        target = statement.target
    else:
        return None
    if not isinstance(target, ast.Name) or target.id == "__all__" or statement.value is None or site.node in (statement, target):
        return None
    site.put(variant)
    try:
        value = eval(compile(ast.fix_missing_locations(ast.Expression(statement.value)), "constant", "eval"), dict(vars(module)))  # noqa: S307 - our own source
    except Exception:  # noqa: BLE001 - a constant that cannot be computed would stop the import: killed by every test
        return None
    finally:
        site.put(site.node)
    owner: Any = module
    for name in filter(None, site.owner.split(".")):
        owner = vars(owner)[name]
    if owner is not module and "__dataclass_fields__" in vars(owner):
        return lambda: owner.__init__.__kwdefaults__.update({target.id: value})
    return lambda: setattr(owner, target.id, value)


class Marked(ast.NodeTransformer):
    """Every statement of a function tells that it was reached."""

    def __init__(self, path: str) -> None:
        self.path = path

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """Put a mark before each statement of each block."""
        super().generic_visit(node)
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list) and block and isinstance(block[0], ast.stmt) and not isinstance(node, ast.Module | ast.ClassDef):
                setattr(node, name, [new for old in block for new in (self.mark(old), old)])
        return node

    def mark(self, statement: ast.stmt) -> ast.stmt:
        """The call before a statement."""
        return ast.copy_location(ast.parse(f"__hits__.add(({self.path!r}, {statement.lineno}))").body[0], statement)


def instrument(path: str, hits: set[tuple[str, int]]) -> Iterator[Callable[[], None]]:
    """Swap in code that tells which statements are reached; yields how to take it back."""
    module = importlib.import_module(path.removesuffix(".py").replace("/", "."))
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"), path)
    owners = {site.owner for site in sites(tree) if site.function is not None}
    vars(module)["__hits__"] = hits
    marked = ast.fix_missing_locations(Marked(path).visit(tree))
    for owner in owners:
        function = live(module, owner)
        if function is not None:
            old = function.__code__
            function.__code__ = code_of(marked, old)
            yield partial(setattr, function, "__code__", old)


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
    pytest.main(["-q", "-s", "-p", "no:cacheprovider", "-p", "no:xdist", *options.tests], plugins=[tester])
    return conclude(tester)


if __name__ == "__main__":
    sys.exit(main())
