"""The message of each kind of log entry: what a reader wants to see first."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, assert_never

from cfconsole.domain.durations import format_span
from cfconsole.domain.fleet.services import short_revision
from cfconsole.domain.logs.entries import Gap, GapReason, Request
from cfconsole.domain.logs.times import NS

_MESSAGE_KEYS = ("message", "msg", "textPayload")
_TRACEBACK = "Traceback (most recent call last)"
_STACK_KEYS = ("stack_trace", "exception", "stack")
_VERBS = {
    "CreateService": "created",
    "UpdateService": "changed",
    "ReplaceService": "changed",
    "DeleteService": "deleted",
    "DeleteRevision": "deleted revision",
    "CreateFunction": "created function",
    "UpdateFunction": "changed function",
    "DeleteFunction": "deleted function",
    "SetIamPolicy": "changed access to",
}


class Message(NamedTuple):
    text: str
    payload: str = ""
    """The whole payload as JSON; empty if the text has all of it."""


def request_message(request: Request) -> str:
    """`200 GET /cart 23 ms`; a status of 0, when no answer was sent, is `---`."""
    parts = [f"{request.status or '---'}", request.method, request.path]
    if request.latency_ms is not None:
        slow = request.latency_ms >= 999.5
        parts.append(f"{request.latency_ms / 1000:.1f} s" if slow else f"{request.latency_ms:.0f} ms")
    return " ".join(filter(None, parts))


def json_message(payload: Mapping[str, object]) -> Message:
    """The text under the usual keys, with the stack trace if that is separate; else the payload itself."""
    key = next((key for key in _MESSAGE_KEYS if payload.get(key) not in (None, "")), "")
    whole = compact_json(payload)
    if not key:
        return Message(whole)
    value = payload[key]
    text = value if isinstance(value, str) else compact_json(value)
    stack = next((found for name in _STACK_KEYS if isinstance(found := payload.get(name), str) and found), "")
    if stack and stack not in text:
        text = f"{text}\n{stack}"
    return Message(text, whole if len(payload) > 1 else "")


def message_headline(lines: Sequence[str]) -> str:
    """The most telling line of a message: of a Python traceback the last one, which names the error."""
    if not lines[0].startswith(_TRACEBACK):
        return lines[0]
    return next((line for line in reversed(lines) if line.strip()), lines[0])


def compact_json(value: object) -> str:
    """One line of JSON in the order of the payload; values unknown to JSON become text."""
    # Loaded with the first entry that needs it, after the first frame.
    import json

    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def audit_message(
    actor: str,
    method: str,
    resource: str,
    *,
    revision: str = "",
    split: tuple[tuple[str, int], ...] = (),
    error: str = "",
) -> str:
    """The text of an admin activity entry, such as `ci@shop deployed 00042`.

    `resource` is a name or path as the API writes it; `revision` is the one that the change created; `split` is the
    desired split of a change of traffic alone, where an empty name means the latest revision; `error` is the API's
    message if the call failed.
    """
    call = method.rsplit(".", 1)[-1]
    name = resource.rstrip("/").rsplit("/", 1)[-1]
    verb = _VERBS.get(call)
    if revision and verb:
        action = f"deployed {short_revision(name, revision.rsplit('/', 1)[-1])}"
    elif split and verb:
        action = f"set traffic of {name} to {_split_text(name, split)}"
    elif verb:
        action = f"{verb} {name}"
    else:
        action = f"called {call or 'an unnamed method'} on {name}"
    who = short_actor(actor) or "somebody"
    return f"{who} tried and failed: {action} ({error})" if error else f"{who} {action}".rstrip()


def _split_text(service: str, split: tuple[tuple[str, int], ...]) -> str:
    parts = [(short_revision(service, revision) if revision else "latest", percent) for revision, percent in split]
    return parts[0][0] if len(parts) == 1 else ", ".join(f"{name} {percent} %" for name, percent in parts)


def violation_message(log: str, labels: Mapping[str, str]) -> str:
    """`alert error rate opened: …`, from the labels of an entry of Monitoring; empty for any other entry."""
    if "violation_id" not in labels:
        return ""
    name = " ".join(filter(None, ("alert", labels.get("policy_display_name"))))
    facts = labels.get("terse_message") or labels.get("verbose_message")
    action = f"{name} {'opened' if 'ViolationOpenEvent' in log else 'closed'}"
    return f"{action}: {facts}" if facts else action


def short_actor(actor: str) -> str:
    """An account without the common suffix: `ci@shop` for `ci@shop.iam.gserviceaccount.com`."""
    return actor.removesuffix(".gserviceaccount.com").removesuffix(".iam")


def gap_message(gap: Gap) -> str:
    """How many entries are missing at least, and why."""
    count = f"≥ {gap.at_least:,} {'entry' if gap.at_least == 1 else 'entries'}" if gap.at_least > 0 else ""
    match gap.reason:
        case GapReason.RATE_LIMIT:
            return f"{count or 'entries'} not sent by Google (rate limit)"
        case GapReason.NOT_CONSUMED:
            return f"{count or 'entries'} not sent by Google (read too slowly)"
        case GapReason.DISCONNECTED:
            length = format_span((gap.to_ns - gap.from_ns) / NS)
            return f"connection lost for {length}: {count or 'entries may be'} missing"
        case GapReason.NOT_READ:
            return f"{count or 'more entries'} not read"
        case _:
            assert_never(gap.reason)
