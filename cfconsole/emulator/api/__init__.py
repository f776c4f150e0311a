"""Thin gRPC servicers over the world: Cloud Run, Cloud Functions, operations, locations."""
