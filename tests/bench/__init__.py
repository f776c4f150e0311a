"""Measurements as ratios against a floor taken in the same run; run by hand with `python -m tests.bench`."""
