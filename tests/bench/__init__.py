"""Benchmarks, as ratios against a floor measured in the same run; started by hand with `python -m tests.bench`."""
