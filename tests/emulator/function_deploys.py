"""Deploys of functions from source, as clients make them: upload URL, PUT, create or update, wait."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from google.cloud import functions_v2
from google.protobuf import field_mask_pb2

from tests.emulator.conftest import PARENT, Clients, finished

HELLO = """
import functions_framework

@functions_framework.http
def hello(request):
    return "hello"
"""
FUNCTION = f"{PARENT}/functions/hello"
SERVICE = f"{PARENT}/services/hello"


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    """A zip file of `files` by name."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writer:
        for name, content in files.items():
            writer.writestr(name, content)
    return archive.getvalue()


def folder_zipped(folder: Path) -> bytes:
    """A zip file of the files directly in `folder`."""
    return zipped({file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()})


async def upload_address(cloud: Clients) -> functions_v2.GenerateUploadUrlResponse:
    request = functions_v2.GenerateUploadUrlRequest(parent=PARENT, environment=functions_v2.Environment.GEN_2)
    response: functions_v2.GenerateUploadUrlResponse = await cloud.functions.generate_upload_url(request=request)
    return response


async def put(url: str, archive: bytes, content_type: str = "application/zip") -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        return await client.put(url, content=archive, headers={"content-type": content_type})


async def uploaded(cloud: Clients, archive: bytes) -> functions_v2.Source:
    """Uploads `archive` and returns it as a source."""
    address = await upload_address(cloud)
    assert (await put(address.upload_url, archive)).status_code == 200
    return functions_v2.Source(storage_source=address.storage_source)


async def begin_create(cloud: Clients, archive: bytes, entry_point: str = "hello", **config: Any) -> Any:
    """Sends CreateFunction for `hello`; returns the operation."""
    function = functions_v2.Function(
        build_config=functions_v2.BuildConfig(
            runtime="python311", entry_point=entry_point, source=await uploaded(cloud, archive)
        ),
        service_config=functions_v2.ServiceConfig(**config),
    )
    return await cloud.functions.create_function(parent=PARENT, function=function, function_id="hello")


async def create(cloud: Clients, archive: bytes, entry_point: str = "hello", **config: Any) -> functions_v2.Function:
    """Creates `hello` and waits for the end of the operation."""
    made: functions_v2.Function = await finished(await begin_create(cloud, archive, entry_point, **config), 30)
    return made


async def begin_update(cloud: Clients, function: functions_v2.Function, *paths: str) -> Any:
    request = functions_v2.UpdateFunctionRequest(function=function, update_mask=field_mask_pb2.FieldMask(paths=paths))
    return await cloud.functions.update_function(request=request)


async def begin_redeploy(cloud: Clients, archive: bytes, name: str = FUNCTION) -> Any:
    """Sends UpdateFunction with new source, as gcloud does."""
    function = functions_v2.Function(name=name)
    function.build_config.source = await uploaded(cloud, archive)
    return await begin_update(cloud, function, "build_config.source")


async def get(url: str, **options: Any) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        return await client.get(url, **options)
