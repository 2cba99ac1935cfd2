"""Helpers for modules: gradient clipping, parameter vectors, hooks on weights."""
