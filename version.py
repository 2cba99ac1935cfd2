"""Versions under PyTorch's path: of this library, and of the CUDA that it was built for."""

from retrograd._version import __version__

__all__ = ["__version__", "cuda", "hip"]

# Nothing is built: CuPy brings its own CUDA.
cuda: str | None = None
hip: str | None = None
