"""Every message that can reach a user, as the source has it: where it is built, and its remedy.

Sentences are templates: what is filled in when the message is built stands as "…". Constants of
the module, of a module that it imports them from, and of the function itself are resolved, and
rows of a table that a loop goes through. Of a remedy that is one of two, each is a message of its
own.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from support.sources import ROOT, modules, tree_of

SOURCES = {
    "sargeo": ROOT,
    "sargeo_cli": ROOT / "cli",
    "sargeo_training": ROOT / "training",
    "sargeo_qgis": ROOT / "qgis_plugin",
}
"""Packages, and the folder that each lies in."""

_BASES = ("SargeoError", "PluginError")

_FILLED = "…"

_NAME_ONLY = 1000


@dataclass(frozen=True)
class Message:
    """A place that builds an error, with its sentences.

    Attributes
    ----------
    where : str
        Module and function, such as ``sargeo.scene.refuse:check_pixels``.
    problem, remedy : str
        Templates.
    path : Path
    lines : range
        Of the call.
    """

    where: str
    problem: str
    remedy: str
    path: Path
    lines: range

    def __str__(self) -> str:
        return f'"{self.where}", "{self.remedy}"  # {self.problem}'


@cache
def all_messages() -> tuple[Message, ...]:
    """Return the messages of all packages, in the order of the files."""
    modules = {name: _Module(name, path) for name, path in _python_files()}
    errors = _error_classes(modules.values())
    relays = _relays(modules.values(), errors)
    return tuple(
        message for module in modules.values() for message in module.messages(errors, relays)
    )


def _python_files() -> Iterator[tuple[str, Path]]:
    for package, folder in SOURCES.items():
        for path in modules((folder / package).relative_to(ROOT).as_posix()):
            parts = path.relative_to(folder).with_suffix("").parts
            yield ".".join(p for p in parts if p != "__init__"), path


def _error_classes(modules: Iterator[_Module]) -> frozenset[str]:
    """Return the names of all classes that derive from the bases."""
    bases = defaultdict(set)  # two packages may have a class of one name
    for module in modules:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef):
                bases[node.name] |= {_last_name(b) for b in node.bases}
    known = set(_BASES)
    while True:
        more = {name for name, of in bases.items() if of & known} - known
        if not more:
            return frozenset(known)
        known |= more


def _relays(modules: Iterable[_Module], errors: frozenset[str]) -> Mapping[str, int]:
    """Return what takes a remedy from its caller, and at which place of arguments.

    Functions, and classes that are no errors.
    """
    relays = {}
    for module in modules:
        for node in ast.walk(module.tree):
            match node:
                case ast.FunctionDef(name=name) if name != "__init__":
                    relays[name] = _place_of_remedy(node)
                case ast.ClassDef(name=name, body=body) if name not in errors:
                    for method in body:
                        if isinstance(method, ast.FunctionDef) and method.name == "__init__":
                            relays[name] = _place_of_remedy(method) - 1
    return {name: place for name, place in relays.items() if place >= 0}


def _place_of_remedy(function: ast.FunctionDef) -> int:
    """Return the place of the parameter, a large number where it goes by name only, or -1."""
    if "remedy" in [a.arg for a in function.args.kwonlyargs]:
        return _NAME_ONLY
    names = [a.arg for a in function.args.args]
    return names.index("remedy") if "remedy" in names else -1


class _Module:
    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self.path = path
        self.tree = tree_of(path)

    def messages(self, errors: frozenset[str], relays: Mapping[str, int]) -> Iterator[Message]:
        for scopes, call in _calls(self.tree, ()):
            name = _last_name(call.func)
            if name in errors or _is_handed_class(call.func, scopes):
                pair = _argument(call, 0, "problem"), _argument(call, 1, "remedy")
            elif name in relays:
                pair = None, _argument(call, relays[name], "remedy")
            else:
                continue
            if pair[1] is not None:
                yield from self._of(call, scopes, *pair)

    def _of(
        self,
        call: ast.Call,
        scopes: tuple[ast.AST, ...],
        problem: ast.expr | None,
        remedy: ast.expr,
    ) -> Iterator[Message]:
        names = [s.name for s in scopes if isinstance(s, ast.FunctionDef | ast.ClassDef)]
        where = f"{self.name}:{'.'.join(names)}"
        said = _SEPARATOR.join(self._problem(problem, scopes))
        for text in self.texts(remedy, scopes):
            if text == _FILLED:
                continue  # handed on: the caller's own words are listed where they stand
            lines = range(call.lineno, (call.end_lineno or call.lineno) + 1)
            yield Message(where, said, text, self.path, lines)

    def _problem(self, problem: ast.expr | None, scopes: tuple[ast.AST, ...]) -> list[str]:
        """Return what a problem may say; of several of one name, the one just before."""
        if problem is None:
            return []
        if isinstance(problem, ast.Name) and isinstance(scopes[-1], ast.FunctionDef):
            values = [v for v in _assigned(scopes[-1], problem.id) if v.lineno < problem.lineno]
            if values:
                return self.texts(max(values, key=lambda v: v.lineno), scopes)
        return self.texts(problem, scopes)

    def texts(self, node: ast.expr, scopes: tuple[ast.AST, ...]) -> list[str]:
        """Return what an expression may say."""
        match node:
            case ast.Constant(value=str(text)):
                return [text]
            case ast.IfExp():
                return self.texts(node.body, scopes) + self.texts(node.orelse, scopes)
            case ast.BinOp(op=ast.Add()):
                lefts, rights = self.texts(node.left, scopes), self.texts(node.right, scopes)
                return [left + right for left in lefts for right in rights]
            case ast.JoinedStr():
                return ["".join(self._part(v, scopes) for v in node.values)]
            case ast.Name():
                return self._named(node.id, scopes)
        return [_FILLED]

    def _part(self, value: ast.expr, scopes: tuple[ast.AST, ...]) -> str:
        if isinstance(value, ast.FormattedValue):
            if not isinstance(value.value, ast.Name):
                return _FILLED
            texts = self._named(value.value.id, ())
            return texts[0] if len(texts) == 1 else _FILLED
        return self.texts(value, scopes)[0]

    def _named(self, name: str, scopes: tuple[ast.AST, ...]) -> list[str]:
        for scope in (*reversed(scopes), self.tree):
            if isinstance(scope, ast.ClassDef):
                continue
            values = [*_assigned(scope, name), *_default(scope, name)]
            values = values or list(self._told_in_rows(scope, name))
            if values:
                return [text for value in values for text in self.texts(value, scopes)]
        source = self._imported_from(name)
        return source.texts(ast.Name(name), ()) if source else [_FILLED]

    def _told_in_rows(self, scope: ast.AST, name: str) -> Iterator[ast.expr]:
        """Yield what a name stands for in a loop over a table of the module, row by row."""
        for node in ast.walk(scope) if isinstance(scope, ast.FunctionDef) else ():
            match node:
                case ast.For(target=ast.Tuple(elts=columns), iter=ast.Name(id=table)):
                    names = [getattr(column, "id", "") for column in columns]
                    rows = [
                        row for value in _assigned(self.tree, table) for row in _elements(value)
                    ]
                    if name in names:
                        yield from (_elements(row)[names.index(name)] for row in rows)

    def _imported_from(self, name: str) -> _Module | None:
        for node in self.tree.body:
            if isinstance(node, ast.ImportFrom) and name in [a.name for a in node.names]:
                paths = dict(_python_files())
                found = (node.module or "") if not node.level else self._relative(node)
                return _Module(found, paths[found]) if found in paths else None
        return None

    def _relative(self, node: ast.ImportFrom) -> str:
        above = self.name.split(".")[: -node.level or None]
        return ".".join([*above, *([node.module] if node.module else [])])


_SEPARATOR = " | "


def _calls(
    node: ast.AST, scopes: tuple[ast.AST, ...]
) -> Iterator[tuple[tuple[ast.AST, ...], ast.Call]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call):
            yield scopes, child
        inner = isinstance(child, ast.FunctionDef | ast.ClassDef)
        yield from _calls(child, (*scopes, child) if inner else scopes)


def _assigned(scope: ast.AST, name: str) -> Iterator[ast.expr]:
    """Yield what a name is set to: in a module only at its top, in a function anywhere."""
    for node in scope.body if isinstance(scope, ast.Module) else ast.walk(scope):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        value = getattr(node, "value", None)
        if value is not None and name in [t.id for t in targets if isinstance(t, ast.Name)]:
            yield value


def _default(scope: ast.AST, name: str) -> Iterator[ast.expr]:
    """Yield what a parameter that is given by name only is where nobody gives it."""
    if isinstance(scope, ast.FunctionDef):
        for parameter, value in zip(scope.args.kwonlyargs, scope.args.kw_defaults, strict=True):
            if parameter.arg == name and value is not None:
                yield value


def _is_handed_class(func: ast.expr, scopes: tuple[ast.AST, ...]) -> bool:
    """Tell whether what is called is a parameter or an attribute that takes a class of errors."""
    match func:
        case ast.Name(id=name):
            return any(
                argument.arg == name and _takes_error_class(argument.annotation)
                for scope in scopes
                if isinstance(scope, ast.FunctionDef)
                for argument in (*scope.args.args, *scope.args.kwonlyargs)
            )
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            return any(
                isinstance(node, ast.AnnAssign)
                and isinstance(node.target, ast.Name)
                and node.target.id == name
                and _takes_error_class(node.annotation)
                for scope in scopes
                if isinstance(scope, ast.ClassDef)
                for node in scope.body
            )
    return False


def _takes_error_class(annotation: ast.expr | None) -> bool:
    told = "" if annotation is None else ast.unparse(annotation)
    return "type[" in told and "Error" in told


def _elements(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.Tuple | ast.List) else []


def _argument(call: ast.Call, place: int, name: str) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    return call.args[place] if len(call.args) > place else None


def _last_name(node: ast.expr) -> str:
    return getattr(node, "id", "") or getattr(node, "attr", "")
