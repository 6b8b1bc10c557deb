"""Opening and closing doors."""

import asyncio
import datetime
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest

from kecs.model.generated import ecs
from kecs.server.run import Door, House, StartError
from kecs.services.context import Context
from tests.server.support import app
from tests.server.test_connection import answer, message


async def clusters(ctx: Context, request: Any) -> ecs.ListClustersResponse:
    return ecs.ListClustersResponse(clusterArns=[])


def port(house: House, name: str) -> int:
    return int(house.address(name).rpartition(":")[2])


async def test_two_doors_tell_their_ports() -> None:
    house = House([Door("a", app(ListClusters=clusters), "127.0.0.1", 0), Door("b", app(), "127.0.0.1", 0)])
    await house.open()
    try:
        assert house.address("a") != house.address("b")
        reader, writer = await asyncio.open_connection("127.0.0.1", port(house, "a"))
        writer.write(message())
        assert (await answer(reader))[0] == 200
        writer.close()
    finally:
        await house.close()


async def test_ipv6() -> None:
    house = House([Door("a", app(), "::1", 0)])
    try:
        await house.open()
    except StartError:
        pytest.skip("this machine has no IPv6 loopback")
    assert house.address("a").startswith("[::1]:")
    await house.close()


async def test_a_port_in_use_is_a_reason_and_leaves_nothing_open() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        first = Door("a", app(), "127.0.0.1", 0)
        house = House([first, Door("b", app(), "127.0.0.1", number)])
        with pytest.raises(StartError, match=f"^cannot listen on 127.0.0.1:{number}: the port is in use$"):
            await house.open()
        with pytest.raises(KeyError):
            house.address("a")


@pytest.mark.parametrize("host", ["203.0.113.7", "no.such.host.invalid"])
async def test_an_address_that_is_not_ours_is_a_reason(host: str) -> None:
    with pytest.raises(StartError, match=f"^cannot listen on {host}:0: "):
        await House([Door("a", app(), host, 0)]).open()


async def test_closing_lets_a_request_finish() -> None:
    entered, gate = asyncio.Event(), asyncio.Event()

    async def slow(ctx: Context, request: Any) -> ecs.ListClustersResponse:
        entered.set()
        await gate.wait()
        return ecs.ListClustersResponse(clusterArns=["done"])

    house = House([Door("a", app(ListClusters=slow), "127.0.0.1", 0)])
    await house.open()
    number = port(house, "a")
    reader, writer = await asyncio.open_connection("127.0.0.1", number)
    writer.write(message())
    await entered.wait()
    closing = asyncio.create_task(house.close())
    with pytest.raises(OSError):  # refused or reset, by platform
        async with asyncio.timeout(10):
            while True:
                (await asyncio.open_connection("127.0.0.1", number))[1].close()
    gate.set()
    assert await answer(reader) == (200, b'{"clusterArns":["done"]}')
    await closing
    writer.close()


async def test_closing_cancels_what_does_not_finish() -> None:
    entered = asyncio.Event()

    async def stuck(ctx: Context, request: Any) -> None:
        entered.set()
        await asyncio.Event().wait()

    house = House([Door("a", app(ListClusters=stuck), "127.0.0.1", 0, grace=0)])
    await house.open()
    reader, writer = await asyncio.open_connection("127.0.0.1", port(house, "a"))
    writer.write(message())
    await entered.wait()
    await house.close()
    assert (await answer(reader))[0] == 503
    writer.close()


async def test_a_door_with_a_certificate_speaks_tls(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    house = House([Door("a", app(ListClusters=clusters), "127.0.0.1", 0, certificate=certificate, key=key)])
    await house.open()
    trusting = ssl.create_default_context(cafile=str(certificate))
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port(house, "a"), ssl=trusting, server_hostname="localhost"
    )
    writer.write(message())
    assert (await answer(reader))[0] == 200
    writer.close()
    await house.close()


def self_signed(directory: Path) -> tuple[Path, Path]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = directory / "cert.pem", directory / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths
