"""The stubs tell what the module has: they are generated, and this finds out when they are old.

`maturin generate-stubs --out python` makes them anew.
"""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import kring
from kring import _kring

STUB = ast.parse((Path(kring.__file__).parent / "_kring.pyi").read_text("utf-8"))


def test_public_names() -> None:
    names = {
        node.target.id if isinstance(node, ast.AnnAssign) else node.name
        for node in STUB.body
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AnnAssign)
    }
    assert names == set(_kring.__all__)
    errors = {"Error", "InputError", "ConvergenceError", "CautionWarning"}
    assert set(kring.__all__) == names | errors


def compare(stub: ast.FunctionDef, real: object) -> None:
    assert (ast.get_docstring(stub) or "") == (inspect.getdoc(real) or ""), stub.name
    if not callable(real):
        return
    arguments = stub.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.kwarg]
    stubbed = [argument.arg for argument in named if argument is not None]
    actual = list(inspect.signature(real).parameters)
    assert [name for name in stubbed if name != "self"] == [
        name for name in actual if name != "self"
    ], stub.name


def test_signatures_and_documentation() -> None:
    for node in STUB.body:
        if isinstance(node, ast.FunctionDef):
            compare(node, getattr(_kring, node.name))
        if isinstance(node, ast.ClassDef):
            kind = getattr(_kring, node.name)
            assert ast.get_docstring(node) == inspect.getdoc(kind)
            stubbed = {
                member.name: member for member in node.body if isinstance(member, ast.FunctionDef)
            }
            public = {name for name in vars(kind) if not name.startswith("_")}
            assert public == {name for name in stubbed if not name.startswith("_")}, node.name
            for name in public:
                compare(stubbed[name], getattr(kind, name))
