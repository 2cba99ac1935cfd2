"""Resizing of images and signals: interpolate and its older names."""
