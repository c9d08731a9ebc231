"""Breaks one rule of the pipeline for the length of a block: an expression means something else.

The expression is found by what holds it and by its shape, which stay as they are when a module is
moved, put into another order or formatted anew:

- What holds it is a function, a class or a constant. It is named by as much of the end of its
  dotted name as tells it from all others: `STOCKS_CLOSE`, `contracts.closes`, `Figures.weight`.
- Its shape is an expression. In it X, Y and Z are any expressions, and *X all arguments that are
  left; they have the same meaning in what is said instead. A shape that is an f-string is a part
  of a text.
"""

import ast
import copy
import functools
import importlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import indextracker
import indextracker_catalogue
import indextracker_spark
from indextracker import readings
from indextracker.building.jobs import JOBS
from indextracker_catalogue import SUBJECTS

PACKAGES = (indextracker_catalogue, indextracker_spark, indextracker)
# What jobs are made of, but for the classes that tell their kinds apart.
OF_JOBS = ("indextracker.readings.{}.", "indextracker_spark.{}", "indextracker_spark.shared.")
# Whose jobs a rule breaks that is of no subject, such as of calendars.
FIRST = next(iter(SUBJECTS))
WILDCARDS = frozenset("XYZ")

Constant = ast.Assign | ast.AnnAssign
Holder = ast.FunctionDef | ast.ClassDef | Constant
# What wildcards stand for: an expression, or the arguments that are left.
Bound = dict[str, ast.expr | list[ast.expr]]


class NotFoundError(LookupError):
    """A rule is not where it is said to be, or there are several that are told alike."""


class HasRule(Protocol):
    """A case of a rule."""

    @property
    def rule(self) -> "Rule":
        """The rule that it breaks."""


@dataclass(frozen=True)
class Rule:
    """An expression of the pipeline, and another one that is to stand in its place.

    Attributes:
        holder: The end of the dotted name of what holds it.
        shape: Its shape.
        instead: What breaks it, in the words of the shape.
    """

    holder: str
    shape: str
    instead: str

    @functools.cached_property
    def module(self) -> str:
        """The module that has the holder.

        Raises:
            NotFoundError: No holder has the name, or several have.
        """
        return self._place[0]

    @functools.cached_property
    def _place(self) -> tuple[str, str]:
        found = [
            (module, name)
            for module, name in _names()
            if f".{module}.{name}".endswith(f".{self.holder}")
        ]
        if len(found) != 1:
            raise NotFoundError(f"{self.holder} is {found or 'nowhere'}")
        return found[0]

    def broken(self) -> ast.Module:
        """The module, with the other expression.

        Raises:
            NotFoundError: The holder has no expression of the shape, or several.
        """
        module, name = self._place
        return changed(_modules()[module], name, self.shape, self.instead)


def module_of(case: HasRule) -> str:
    """The module whose rule a case breaks."""
    return case.rule.module


def changed(source: ast.Module, name: str, shape: str, instead: str) -> ast.Module:
    """A module in which the one expression of a shape, in what has a name, is another one.

    Raises:
        NotFoundError: What has the name has no expression of the shape, or several.
    """
    tree = copy.deepcopy(source)
    holder = dict(_holders(tree))[name]
    change = _Change(_expression(shape), _expression(instead))
    if isinstance(holder, Constant):
        holder.value = change.visit(holder.value)
    else:
        change.visit(holder)
    if change.times != 1:
        raise NotFoundError(f"{name} has {change.times} times: {shape}")
    return ast.fix_missing_locations(tree)


@contextmanager
def broken(rule: Rule) -> Iterator[None]:
    """Runs the block as if the rule were another one."""
    # What has taken names from the module takes them again.
    parts = rule.module.split(".")
    subject = next((name for name in SUBJECTS if name in parts), FIRST)
    floors = tuple(floor.format(subject) for floor in OF_JOBS)
    names = _in_order(name for name in _modules() if name.startswith(floors))
    if rule.module not in names:
        names.insert(0, rule.module)
    modules = {name: importlib.import_module(name) for name in names}
    trees = {name: _modules()[name] for name in names} | {rule.module: rule.broken()}
    kept = {name: dict(vars(module)) for name, module in modules.items()}
    jobs = dict(JOBS)
    try:
        for name, module in modules.items():
            # Inside the module itself, so that whoever has imported it sees the change.
            exec(compile(trees[name], f"<broken {name}>", "exec"), vars(module))
        of_spark = modules[f"indextracker_spark.{subject}"].JOBS
        JOBS.update({job.name: job for job in (*readings.find_fillings(), *of_spark)})
        yield
    finally:
        for name, module in modules.items():
            vars(module).clear()
            vars(module).update(kept[name])
        JOBS.update(jobs)


class _Change(ast.NodeTransformer):
    """Puts another expression in the place of each one that has a shape, and counts them."""

    def __init__(self, shape: ast.expr, instead: ast.expr) -> None:
        self.shape = shape
        self.instead = instead
        self.times = 0

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(self.shape, ast.JoinedStr) and _is_text(node):
            return self._in_text(node)
        bound = _matched(self.shape, node)
        if bound is None or isinstance(getattr(node, "ctx", None), ast.Store):
            return self.generic_visit(node)
        self.times += 1
        return _Filled(bound).visit(copy.deepcopy(self.instead))

    def _in_text(self, text: ast.expr) -> ast.expr:
        parts, sought = _parts(text), _parts(self.shape)
        said, wanted = ([ast.dump(part) for part in some] for some in (parts, sought))
        starts = [n for n in range(len(parts)) if said[n : n + len(sought)] == wanted]
        self.times += len(starts)
        for start in reversed(starts):
            parts[start : start + len(sought)] = _parts(self.instead)
        return ast.JoinedStr(parts) if starts else text


class _Filled(ast.NodeTransformer):
    """Puts what wildcards stand for in their places."""

    def __init__(self, bound: Bound) -> None:
        self.bound = bound

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.bound.get(node.id, node)

    def visit_Starred(self, node: ast.Starred) -> ast.AST | list[ast.expr]:
        rest = _rest(node)
        return self.bound[rest] if rest else self.generic_visit(node)


def _matched(shape: object, node: object) -> Bound | None:
    """What the wildcards of a shape stand for in a node; None of a node of another shape."""
    if isinstance(shape, ast.Name) and shape.id in WILDCARDS and isinstance(node, ast.expr):
        return {shape.id: node}
    if type(shape) is not type(node):
        return None
    if isinstance(shape, list):
        rest = _rest(shape[-1]) if shape else None
        if rest:
            start = len(shape) - 1
            return _all([_matched(shape[:-1], node[:start]), {rest: node[start:]}])
        matches = [_matched(*pair) for pair in zip(shape, node, strict=False)]
        return _all(matches) if len(shape) == len(node) else None
    if isinstance(shape, ast.AST):
        fields = [name for name in shape._fields if name not in {"ctx", "kind", "type_comment"}]
        return _all([_matched(getattr(shape, name), getattr(node, name)) for name in fields])
    return {} if shape == node else None


def _all(matches: Iterable[Bound | None]) -> Bound | None:
    bound: Bound = {}
    for match in matches:
        if match is None:
            return None
        bound |= match
    return bound


def _rest(node: object) -> str | None:
    """The wildcard that stands for all arguments that are left."""
    starred = isinstance(node, ast.Starred) and isinstance(node.value, ast.Name)
    return node.value.id if starred and node.value.id in WILDCARDS else None


def _is_text(node: ast.AST) -> bool:
    written = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return written or isinstance(node, ast.JoinedStr)


def _parts(text: ast.expr) -> list[ast.expr]:
    """The letters of a text, and what is formatted into it."""
    parts: list[ast.expr] = []
    for value in text.values if isinstance(text, ast.JoinedStr) else [text]:
        written = isinstance(value, ast.Constant)
        parts += [ast.Constant(letter) for letter in value.value] if written else [value]
    return parts


def _expression(source: str) -> ast.expr:
    return ast.parse(source, mode="eval").body


@functools.cache
def _modules() -> dict[str, ast.Module]:
    """The sources of the pipeline, by the names of their modules."""
    found = {}
    for package in PACKAGES:
        folder = Path(package.__file__).parent
        for file in folder.rglob("*.py"):
            name = ".".join(file.relative_to(folder.parent).with_suffix("").parts)
            found[name.removesuffix(".__init__")] = ast.parse(file.read_text(encoding="utf-8"))
    return found


@functools.cache
def _names() -> list[tuple[str, str]]:
    """Module and name of each function, class and constant of the pipeline."""
    return [(module, name) for module, tree in _modules().items() for name, _ in _holders(tree)]


def _holders(tree: ast.AST, within: str = "") -> Iterator[tuple[str, Holder]]:
    """Functions, classes and constants of a module, by their names in it."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield f"{within}{node.name}", node
            yield from _holders(node, f"{within}{node.name}.")
        elif isinstance(node, Constant) and isinstance(tree, ast.Module) and node.value:
            targets = [node.target] if isinstance(node, ast.AnnAssign) else node.targets
            yield from ((target.id, node) for target in targets if isinstance(target, ast.Name))


def _in_order(modules: Iterable[str]) -> list[str]:
    """The modules, each after those of them that it needs."""
    wanted = set(modules)
    found: dict[str, None] = {}
    begun: set[str] = set()

    def add(name: str) -> None:
        if name in begun:
            return
        begun.add(name)
        for node in ast.walk(_modules()[name]):
            if isinstance(node, ast.ImportFrom) and node.module:
                for full in (f"{node.module}.{alias.name}" for alias in node.names):
                    needed = full if full in _modules() else node.module
                    if needed in wanted:
                        add(needed)
        found[name] = None

    for name in sorted(wanted):
        add(name)
    return list(found)
