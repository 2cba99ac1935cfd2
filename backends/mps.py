"""``torch.backends.mps``, for scripts that ask for Apple's GPUs: there is no backend for them."""


def is_available() -> bool:
    """Whether Apple's GPUs can be used: False.

    Examples
    --------
    >>> rg.backends.mps.is_available()
    False
    """
    return False


def is_built() -> bool:
    """Whether there is a backend for Apple's GPUs: False.

    Examples
    --------
    >>> rg.backends.mps.is_built()
    False
    """
    return False
