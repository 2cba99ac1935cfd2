"""Lazy modules: their sizes come from the first input, and then they are ordinary ones."""

from __future__ import annotations

from typing import Any

from retrograd.nn.module import Module
from retrograd.nn.parameter import is_lazy


class LazyModule(Module):
    """Mixed in before a module class whose sizes `infer` takes from the first input.

    Attributes
    ----------
    becomes : type
        The class of the module once it has its sizes.
    """

    becomes: type[Module]

    def infer(self, *args: Any, **kwargs: Any) -> None:
        """Set the sizes and materialize the parameters; subclasses define it."""
        raise NotImplementedError

    def has_uninitialized_params(self) -> bool:
        """Whether any parameter or buffer still has no shape."""
        return any(is_lazy(t) for t in (*self._parameters.values(), *self._buffers.values()))

    def reset_parameters(self) -> None:
        """Draw new values, once there is something to draw."""
        if not self.has_uninitialized_params():
            super().reset_parameters()  # type: ignore[misc]

    def materialize(self, *shapes: tuple[str, tuple[int, ...]]) -> None:
        """Give parameters and buffers their shapes, those that have none yet."""
        for name, shape in shapes:
            waiting = getattr(self, name)
            if is_lazy(waiting):
                waiting.materialize(shape)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        fresh = self.has_uninitialized_params()
        self.infer(*args, **kwargs)
        if fresh:
            self.reset_parameters()
        self.__class__ = self.becomes  # type: ignore[assignment]
        return self(*args, **kwargs)
