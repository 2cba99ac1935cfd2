"""The switches of ``torch.backends.cudnn``, for scripts that set them; they change nothing here."""

from __future__ import annotations

enabled = True
benchmark = False
deterministic = False
allow_tf32 = False


def is_available() -> bool:
    """Whether cuDNN is used: False.

    Examples
    --------
    >>> rg.backends.cudnn.is_available()
    False
    """
    return False


def version() -> int | None:
    """The version of cuDNN in use: None.

    Examples
    --------
    >>> rg.backends.cudnn.version()
    """
    return None
