"""Every example runs as a script, stays small, explains itself, and is in the table of the README."""

import ast
import re
import subprocess
import sys

import pytest

from tests.examples.load import FOLDER, NAMES

NEEDS = {"scipy_minimize": "scipy"}  # what an example needs besides; it is skipped without


@pytest.mark.parametrize("name", NAMES)
def test_runs_and_prints_something(name, tmp_path):
    if name in NEEDS:
        pytest.importorskip(NEEDS[name])
    run = subprocess.run(
        [sys.executable, "-W", "error", FOLDER / f"{name}.py"],
        capture_output=True, text=True, timeout=60, cwd=tmp_path,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip()
    assert not run.stderr
    assert not list(tmp_path.iterdir()), "an example leaves files behind"


def imported(source):
    """The top-level names of the modules that a source imports, inside functions too."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module.partition(".")[0])
    return names


@pytest.mark.parametrize("name", NAMES)
def test_imports_the_library_alone(name):
    names = imported((FOLDER / f"{name}.py").read_text(encoding="utf-8"))
    assert "retrograd" in names
    assert not names - {"retrograd"} - sys.stdlib_module_names


@pytest.mark.parametrize("name", NAMES)
def test_is_small_and_explains_itself(name):
    source = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    docstring = ast.get_docstring(ast.parse(source)) or ""
    title, _, explanation = docstring.partition("\n")
    assert title.endswith((".", ":", "?"))
    assert len(explanation) > 200
    assert source.count("\n") <= 120
    assert '\nif __name__ == "__main__":\n' in source


def test_the_table_lists_the_examples_that_are_there():
    table = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| \[(\w+)\]\(\1\.py\)", table, re.MULTILINE)) == NAMES
