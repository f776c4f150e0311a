"""What every test of the suite stands on."""

from __future__ import annotations

import os

# gRPC writes its notes to stderr unless it is told before the first import.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
