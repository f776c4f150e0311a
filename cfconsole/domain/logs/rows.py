"""The rows of a log: entries and gaps, in the order of their keys."""

from __future__ import annotations

from cfconsole.domain.logs.entries import Gap, LogEntry

Row = LogEntry | Gap
RowKey = tuple[int, str, str, str]
"""Orders rows by time and insert id, and names each one: no two rows of a buffer have the same key."""

_ROW_BYTES = 640
_LABEL_BYTES = 160


def row_key(row: Row) -> RowKey:
    """The key of a row. A gap comes before the entries of the nanosecond in which it ends."""
    if isinstance(row, LogEntry):
        return (row.timestamp_ns, row.insert_id, row.log, "")
    return (row.to_ns, "", "", row.reason.value)


def row_bytes(row: Row) -> int:
    """About how many bytes a row takes up in memory; names of services, logs and projects count as shared."""
    if isinstance(row, Gap):
        return _ROW_BYTES
    message, payload = row.message, row.payload
    size = _ROW_BYTES + _LABEL_BYTES * len(row.labels) + len(message) + len(payload)
    return size if message.isascii() and payload.isascii() else size + 3 * (len(message) + len(payload))
