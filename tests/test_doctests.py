"""Every example in a docstring or in the documentation runs; ``rg`` and ``np`` are given.

For one module: ``pytest tests/test_doctests.py -k "retrograd.optim"``.
"""

import doctest
import importlib
import re

import numpy as np
import pytest

import retrograd as rg
from tests.packaging.project import ROOT, sources

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
MODULES = sorted(sources().keys() - {"retrograd.__main__"})
PAGES = sorted(str(p.relative_to(ROOT)) for p in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")])


def run(examples):
    report = []
    runner = doctest.DocTestRunner(verbose=False, optionflags=FLAGS)
    for example in examples:
        runner.run(example, out=report.append)
    assert runner.failures == 0, "".join(report)


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings(name):
    module = importlib.import_module(name)
    run(doctest.DocTestFinder().find(module, extraglobs={"rg": rg, "np": np}))


@pytest.mark.parametrize("page", PAGES)
def test_examples_in_documentation(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    without_fences = re.sub("^ *```.*$", "", text, flags=re.MULTILINE)
    run([doctest.DocTestParser().get_doctest(without_fences, {"rg": rg, "np": np}, page, page, 0)])
