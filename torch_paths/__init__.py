"""Packages under PyTorch's paths that may not lie at the root; it adds this folder to its path."""
