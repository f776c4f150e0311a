"""The adapters to Google Cloud: the only client code that imports google and grpc. Protos never leave it."""
