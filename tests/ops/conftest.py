"""Fixtures of the op table."""

import pytest

from tests.devices import gpu


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def where(request):
    """The device that the table is run on; the stand-in for a GPU is in ``tests/device``."""
    if request.param == "cuda":
        gpu()
    return request.param
