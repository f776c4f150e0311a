"""The store of uploaded sources, with an upload address for each."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

from msgspec import Struct

from cfconsole.emulator.world.names import Location

MAX_ARCHIVE_BYTES = 100 * 1024 * 1024
"""The size limit of one archive (`FunctionService.GenerateUploadUrl`)."""
MAX_STORED_BYTES = 3 * MAX_ARCHIVE_BYTES
VALID_FOR = timedelta(minutes=30)
CONTENT_TYPE = "application/zip"


class UploadRefused(Exception):
    """An upload that the signed address does not allow, with Cloud Storage's answer."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class UploadSlot(Struct, frozen=True):
    """The place of one upload, and how long it may be used."""

    bucket: str
    object_name: str
    signature: str
    until: datetime


class UploadStore:
    """Archives by bucket and object. The oldest are dropped beyond `MAX_STORED_BYTES`."""

    def __init__(self) -> None:
        self._slots: dict[tuple[str, str], UploadSlot] = {}
        self._archives: dict[tuple[str, str], bytes] = {}

    def reserve(self, location: Location, now: datetime) -> UploadSlot:
        """Reserves a place for one archive."""
        self._slots = {key: slot for key, slot in self._slots.items() if slot.until >= now}
        bucket = f"gcf-v2-uploads-{location.project}.{location.region}.cloudfunctions.appspot.com"
        slot = UploadSlot(bucket, f"{uuid.uuid4()}.zip", secrets.token_hex(16), now + VALID_FOR)
        self._slots[slot.bucket, slot.object_name] = slot
        return slot

    def check(self, bucket: str, object_name: str, signature: str, content_type: str, now: datetime) -> None:
        """Raises `UploadRefused` for an upload that the address does not allow."""
        slot = self._slots.get((bucket, object_name))
        if slot is None or not secrets.compare_digest(slot.signature, signature) or content_type != CONTENT_TYPE:
            message = "The request signature we calculated does not match the signature you provided."
            raise UploadRefused(403, "SignatureDoesNotMatch", f"{message} Send content-type: {CONTENT_TYPE}.")
        if now > slot.until:
            raise UploadRefused(400, "ExpiredToken", "The provided token has expired.")

    def store(self, bucket: str, object_name: str, archive: bytes) -> None:
        """Stores an archive; a second upload to the same address replaces the first."""
        self._archives.pop((bucket, object_name), None)
        self._archives[bucket, object_name] = archive
        while len(self._archives) > 1 and sum(map(len, self._archives.values())) > MAX_STORED_BYTES:
            del self._archives[next(iter(self._archives))]

    def get(self, bucket: str, object_name: str) -> bytes | None:
        """The archive; None if it was not uploaded or has been dropped."""
        return self._archives.get((bucket, object_name))


async def read_body(chunks: AsyncIterator[bytes], max_bytes: int = MAX_ARCHIVE_BYTES) -> bytes:
    """The whole body. Raises `UploadRefused` as soon as it exceeds `max_bytes`."""
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > max_bytes:
            raise UploadRefused(400, "EntityTooLarge", f"Your proposed upload is larger than {max_bytes} bytes.")
    return bytes(body)
