"""The pages run: every block of Python in them, every link, every command and name they mention.

A page's blocks run in order in one namespace, in an empty folder; ``rg``, ``nn`` and ``np`` are given. What
a block needs besides, and what is held of it, stands in comments of HTML before and behind it,
which readers do not see::

    <!-- run
    loader = [(rg.randn(2, 784), rg.tensor([0, 1]))]
    -->
"""

import importlib
import re
import textwrap

import numpy as np
import pytest

import retrograd as rg
from retrograd.autograd_core.op import Op
from tests.packaging.project import ROOT, SETTINGS

PAGES = sorted(
    str(path.relative_to(ROOT))
    for path in ROOT.rglob("*.md")
    if not {"build", "dist", "node_modules", "runs"} & {*path.relative_to(ROOT).parts}
    and not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
)
# The page whose example `test_readme.py` runs and judges.
ELSEWHERE = "README.md"
CODE = re.compile(r"^ *(```python|<!-- run)\n(.*?)^ *(```|-->)$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")
# Where commands put what they make.
MADE = ("benchmarks/results/", "runs/")
NAME = re.compile(r"`(?:rg|retrograd)\.([A-Za-z_][\w.]*)")


def text(page):
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(content):
    """The source of each block and comment, behind as many empty lines as make its line the page's."""
    for found in CODE.finditer(content):
        before = content[: found.start()].count("\n") + 1
        yield "\n" * before + textwrap.dedent(found[2])


def run(content, page):
    scope = {"rg": rg, "nn": rg.nn, "np": np, "__name__": "page"}
    for code in blocks(content):
        exec(compile(code, page, "exec"), scope)


@pytest.mark.parametrize("page", [p for p in PAGES if p != ELSEWHERE and [*blocks(text(p))]])
def test_python_runs(page, tmp_path, monkeypatch):
    if "<!-- needs torch -->" in text(page):
        pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Op, "registry", dict(Op.registry))  # pages define ops
    rg.manual_seed(0)
    run(text(page), page)


def anchors(content):
    """What headings are called in links, as GitHub has it."""
    headings = re.findall(r"^#+ (.*)$", content, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def leads_nowhere(page, link):
    if re.match(r"[a-z]+:", link):
        return False
    file, _, anchor = link.partition("#")
    target = (ROOT / page).parent / file if file else ROOT / page
    if not target.exists():
        return True
    return bool(anchor) and anchor not in anchors(target.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    links = [a or b for a, b in LINK.findall(text(page))]
    assert not [link for link in links if leads_nowhere(page, link)]


def is_there(name):
    """Whether the library has a thing of that name, be it a module that is yet to be imported."""
    thing, path = rg, "retrograd"
    for part in name.rstrip(".").split("."):
        path = f"{path}.{part}"
        if not hasattr(thing, part):
            try:
                importlib.import_module(path)
            except ModuleNotFoundError:
                return False
        thing = getattr(thing, part)
    return True


@pytest.mark.parametrize("page", PAGES)
def test_names_of_the_library_exist(page):
    assert not [name for name in NAME.findall(text(page)) if not is_there(name)]


@pytest.mark.parametrize("page", PAGES)
def test_extras_exist(page):
    extras = SETTINGS["project"]["optional-dependencies"]
    named = re.findall(r"retrograd\[([\w,-]+)\]|'\.\[([\w,-]+)\]'", text(page))
    mentioned = {extra for pair in named for extra in "".join(pair).split(",")}
    assert mentioned <= extras.keys()


@pytest.mark.parametrize("page", PAGES)
def test_files_exist(page):
    """Paths in backquotes may leave out the folders above."""
    paths = {*re.findall(r"`((?:[\w-]+/)+[\w-]*(?:\.\w+)?)`", text(page))}
    assert not [p for p in paths if not p.startswith(MADE) and not any(ROOT.rglob(p))]


def test_the_checks_see_what_they_look_for():
    assert len(PAGES) > 20
    with pytest.raises(ZeroDivisionError) as raised:
        run("# Page\n\n<!-- run\nx = 0\n-->\n- Text\n  ```python\n  1 / x\n  ```\n", "page")
    assert raised.traceback[-1].lineno == 7  # counted from 0
    assert leads_nowhere("README.md", "docs/none.md")
    assert leads_nowhere("README.md", "docs/cpu.md#none")
    assert not leads_nowhere("docs/README.md", "cpu.md#threads")
    assert is_there("backends.onednn.flags")
    assert not is_there("nn.Linar")
