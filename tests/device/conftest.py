"""The device of these tests."""

import pytest

from retrograd.backends.device import set_default_device
from tests.devices import KINDS, cuda


@pytest.fixture(params=KINDS)
def backend(request):
    """The backend of "cuda": the stand-in, or with ``-m gpu`` a real one."""
    with cuda(request.param) as found:
        yield found
        set_default_device("cpu")
