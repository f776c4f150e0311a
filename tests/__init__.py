"""Tests of the console; see .github/CONTRIBUTING.md for where a test belongs."""
