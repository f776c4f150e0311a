"""What every test of the suite stands on."""

from __future__ import annotations

import os

# gRPC writes its notes to stderr unless it is told before the first import.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
# Tests start programs with code of theirs between fork and exec; that of gRPC aborts there now and then.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
