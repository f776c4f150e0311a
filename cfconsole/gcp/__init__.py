"""How Google says it: the only client code that imports google and grpc; protos never leave it."""
