"""The README's example runs as it stands, and does what it says."""

import re

import retrograd as rg
from tests.packaging.project import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_example(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = re.search(r"<!-- example -->\n```python\n(.*?)```", README, re.DOTALL)[1]
    names = {}
    rg.manual_seed(0)
    exec(code, names)
    assert names["loss"].item() < 0.01
    assert (tmp_path / "graph.svg").read_text(encoding="utf-8").startswith("<svg")
