"""Attention: scaled dot products and multi-head."""
