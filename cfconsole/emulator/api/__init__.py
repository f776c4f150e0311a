"""The gRPC services of Cloud Run, Cloud Functions, operations and locations. The rules they apply are in `world`."""
