# ruff: noqa: INP001  beside a script, not in a package
"""The changes of a mutation test: which a module allows, and how each is made in the running process. See ``mutation.py``."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT: Final = Path(__file__).resolve().parents[1]

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
    return code if code.co_freevars == old.co_freevars and not same(code, old) else None


def same(code: CodeType, old: CodeType) -> bool:
    """Whether the change makes no difference to the interpreter, such as leaving out the last ``return None``."""
    return all(getattr(code, name) == getattr(old, name) for name in ("co_code", "co_consts", "co_names", "co_varnames", "co_exceptiontable"))


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
