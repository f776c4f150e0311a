"""An example function: it greets, names the revision that answered, and writes structured logs."""

from __future__ import annotations

import json
import os
import sys

import flask
import functions_framework

GREETING = os.environ.get("GREETING", "Hello")


@functions_framework.http
def greet(request: flask.Request) -> flask.typing.ResponseReturnValue:
    """Greets `name`, by default the world. `/health` is for probes."""
    if request.path == "/health":
        return {"status": "ok"}
    name = request.args.get("name", "World")
    log("INFO", f"greeted {name}", request)
    return {"greeting": f"{GREETING}, {name}!", "revision": os.environ.get("K_REVISION", "")}


def log(severity: str, message: str, request: flask.Request) -> None:
    """Writes a structured log line with the trace of the request."""
    trace = request.headers.get("x-cloud-trace-context", "").partition("/")[0]
    line = {"severity": severity, "message": message, "path": request.path, "logging.googleapis.com/trace": trace}
    sys.stdout.write(json.dumps(line) + "\n")
