"""Distances and similarities of vectors."""
