"""Sampling of images at a grid of points."""
