"""Benchmarks of retrograd against PyTorch."""
