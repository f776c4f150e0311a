"""A small, honest Google for local use. Imports nothing else of cfconsole."""
