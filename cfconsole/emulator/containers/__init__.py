"""Containers that answer the requests to a revision: simulated ones, and processes that run real code."""
