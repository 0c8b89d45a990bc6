"""The templates of the messages that are written down in calls: read from the source, without a run.

A template that no call names as it stands is looked up by its name in the same file; one that is put together there
cannot be found, and `unfound` names the place.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import tcpwatch
from tcpwatch.diagnose.message import several_of

ROOT = Path(tcpwatch.__file__).parent
FILES = ("diagnose/**/*.py", "report/*.py", "tui/bars/trouble.py", "tui/detail/**/*.py", "tui/screens/problems.py")
TABLES = (ast.Attribute, ast.Call)  # `trouble.must`, `reset_meaning(reason)`: whole tables, which `tools.texts` reads

Names = dict[str, list[str]]


def call_texts() -> set[str]:
    """The texts in all calls that make a message, a count, a limit, a sentence, or translate a text as it stands."""
    return {text for _, texts in _calls() for text in texts or ()}


def unfound() -> list[str]:
    """`diagnose/rules/leak.py:81`: each message whose template cannot be found."""
    return [place for place, texts in _calls() if texts is None]


@cache
def _calls() -> list[tuple[str, list[str] | None]]:
    return [found for path in _files() for found in _calls_of(path, ast.parse(path.read_text(encoding="utf-8")))]


def _files() -> list[Path]:
    return sorted(path for pattern in FILES for path in ROOT.glob(pattern))


def _calls_of(path: Path, tree: ast.Module) -> Iterator[tuple[str, list[str] | None]]:
    names = _names_of(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield f"{path.relative_to(ROOT)}:{node.lineno}", _texts_of(node, names)


def _texts_of(call: ast.Call, names: Names) -> list[str] | None:
    """The texts of one call; None where it makes a message of a template that cannot be found."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    first, second = (*call.args, None, None)[:2]
    if name == "message" and first is not None:
        return _resolved(first, names)
    if name in ("Count", "Several"):
        return [several_of(one) for one in _strings(second)]
    if name == "Listing":
        return [between for between in _strings(second) if any(map(str.isalpha, between))]
    if name in ("Limit", "Sentence", "translate", "_translate"):
        return [text for text in _strings(first) if text]
    return []


def _resolved(node: ast.expr, names: Names) -> list[str] | None:
    if isinstance(node, TABLES):
        return []
    if isinstance(node, (ast.IfExp, ast.BoolOp)):
        choices = [node.body, node.orelse] if isinstance(node, ast.IfExp) else node.values
        found = [_resolved(choice, names) for choice in choices]
        return None if None in found else [text for texts in found for text in texts or ()]
    if isinstance(node, ast.Subscript):
        return _resolved(node.value, names)
    if isinstance(node, ast.Name):
        return names.get(node.id)
    return _strings(node) or None


def _strings(node: ast.expr | None) -> list[str]:
    """The text of a literal."""
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def _names_of(tree: ast.Module) -> Names:
    """The texts that each name stands for in the file: those of a literal, or all in a dictionary's values."""
    names: Names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            texts = list(_values(node.value))
            if texts:
                names.setdefault(node.targets[0].id, []).extend(texts)
    return names


def _values(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.IfExp):
        yield from (*_values(node.body), *_values(node.orelse))
    elif isinstance(node, ast.Dict):
        yield from (text for value in node.values for text in _values(value))
    elif isinstance(node, ast.Tuple):
        yield from (text for value in node.elts for text in _values(value))
    else:
        yield from _strings(node)
