"""Rows of the ops that the engine itself uses."""

from retrograd.autograd_core.op import Alias
from tests.ops.spec import Spec, real

SPECS = [
    Spec("Alias", Alias.function, (real(2, 3),), reference=lambda x: x),
]
