"""The bounds of the house that no linter knows."""

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

import nbembed
from tests import check_wheel

ROOT = Path(__file__).parent.parent
SOURCES = sorted(p for folder in ("nbembed", "tests", "js/src", "js/test", "benchmarks") for p in (ROOT / folder).rglob("*")
                 if p.suffix in (".py", ".ts", ".tsx", ".css") and "node_modules" not in p.parts and "static" not in p.parts)  # fmt: skip
MAX_FILE, MAX_BODY = 400, 40


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_file_is_too_long(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_FILE


def bodies():
    for path in (ROOT / "nbembed").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                first = (
                    node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
                )
                yield f"{path.name}:{node.name}", (node.end_lineno or 0) - first.lineno + 1


def test_no_function_is_too_long():
    assert [f"{name} {lines}" for name, lines in bodies() if lines > MAX_BODY] == []


def test_every_public_name_is_documented_and_importable():
    for name in nbembed.__all__:
        assert getattr(nbembed, name).__doc__


def test_every_room_has_its_test():
    rooms = {
        p.stem
        for p in (ROOT / "nbembed").iterdir()
        if not p.name.startswith("_") and p.name not in ("static", "py.typed")
    }
    tested = {p.stem.removeprefix("test_") for p in (ROOT / "tests").glob("test_*.py")}
    assert rooms - tested - {"errors", "callbacks"} == set()


def test_versions_agree():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == nbembed.__version__
    assert f'"version": "{nbembed.__version__}"' in (ROOT / "js/package.json").read_text(
        encoding="utf-8"
    )
    assert f"version: {nbembed.__version__}" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"[{nbembed.__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_both_sides_speak_of_the_same_traits():
    from nbembed.widget import EmbedWidget

    state = (ROOT / "js/src/state.ts").read_text(encoding="utf-8")
    block = re.search(r"export interface Traits \{(.*?)\}", state, re.DOTALL)
    theirs = set(re.findall(r"^\s*(\w+)\??:", block.group(1), re.MULTILINE))
    ours = {
        name
        for name, trait in EmbedWidget.class_traits(sync=True).items()
        if trait.this_class.__module__.startswith("nbembed") and not name.startswith("_")
    }
    assert theirs == ours


def test_nothing_dangerous_is_called():
    bad = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|pickle\.load|yaml\.load\(|allow_pickle=True"
    )
    for path in SOURCES:
        if "tests" not in path.parts and "test" not in path.parts:
            assert not bad.search(path.read_text(encoding="utf-8")), path


def test_the_repository_names_no_folder_of_one_machine():
    home = "/" + "work/"
    listed = subprocess.run(
        ["git", "grep", "-lI", home], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert listed.stdout == ""


@pytest.mark.parametrize(
    ("missing", "size", "problem"),
    [
        ("widget.js", 10, "widget.js is missing"),
        ("widget.css", 10, "widget.css is missing"),
        ("", 250_001, "250,001 bytes"),
    ],
)
def test_the_wheel_check_fails_where_it_must(missing, size, problem):
    sizes = {name: size for name in check_wheel.NEEDED if not missing or not name.endswith(missing)}
    assert any(problem in p for p in check_wheel.problems(sizes))
    assert check_wheel.problems(dict.fromkeys(check_wheel.NEEDED, 10)) == []
