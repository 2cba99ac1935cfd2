"""Fixtures of the op table."""

import pytest


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def where(request):
    """The device that the table is run on."""
    return request.param
