"""The version of retrograd, in its one place."""

__version__ = "0.1.0"
