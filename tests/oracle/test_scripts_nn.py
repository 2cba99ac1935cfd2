"""Scripts written for PyTorch run here with the import changed, and give the same loss curves."""

import re
import sys
import types
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytestmark = [
    pytest.mark.oracle,
    # PyTorch's own
    pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*torch.cuda.amp.*:FutureWarning"),
]

SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.py"))


def ported(text):
    """The script with what it imports from ``torch`` imported from here; nothing else changes."""
    text = re.sub(r"^import torch$", "import retrograd as torch", text, flags=re.MULTILINE)
    return re.sub(r"^(import|from) torch\b", r"\1 retrograd", text, flags=re.MULTILINE)


def run(name, text):
    """What the script's ``main()`` returns; it is a module, so that its classes can be pickled."""
    module = sys.modules[name] = types.ModuleType(name)
    try:
        exec(compile(text, f"{name}.py", "exec"), module.__dict__)
        return module.main()
    finally:
        del sys.modules[name]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_script(path):
    text = path.read_text(encoding="utf-8")
    theirs = run(f"{path.stem}_there", text)
    mine = run(f"{path.stem}_here", ported(text))
    assert len(mine) == len(theirs) > 10
    assert {type(value) for value in mine} <= {int, float}
    # To the accuracy of float32, after up to a hundred steps.
    np.testing.assert_allclose(mine, theirs, rtol=2e-5, atol=2e-6)
