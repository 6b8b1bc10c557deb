"""The commands as processes: what they print, and how they end."""

import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

import kecs
from tests import process
from tests.process import KecsProcess


def test_version() -> None:
    for arguments in (["version"], ["--version"]):
        run = process.kecs(*arguments)
        assert (run.returncode, run.stdout) == (0, f"kecs {kecs.__version__}\n")


def test_help_imports_nothing_heavy() -> None:
    run = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "kecs", "serve", "--help"],
        env=process.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    imported = set(re.findall(r"\| +([\w.]+)$", run.stderr, re.MULTILINE))
    assert imported & {"kecs.cli.parser"}
    assert not imported & {"asyncio", "uvicorn", "sqlite3", "kecs.compose", "kecs.model.generated.ecs"}


def test_serving_imports_nothing_that_only_some_need(start_kecs: Callable[..., KecsProcess]) -> None:
    server = start_kecs()  # the first start makes certificates
    server.stop()
    server.start()
    mapped = Path(f"/proc/{server.pid}/maps").read_text()
    assert "sqlite3" in mapped
    for heavy in ("yaml", "_rust.abi3", "aiohttp", "botocore"):
        assert heavy not in mapped


def test_ready_line_health_and_end(start_kecs: Callable[..., KecsProcess]) -> None:
    server = start_kecs()
    for path in ("/healthz", "/readyz"):
        with urllib.request.urlopen(server.endpoint + path, timeout=10) as answer:
            assert (answer.status, answer.read()) == (200, b"ok\n")
    server.stop()
    out = server.data.with_name(f"{server.data.name}.out").read_text()
    assert out.startswith(f"kecs ready on {server.endpoint}")
    assert out.count("\n") == 1


def test_ctrl_c_ends_it_in_order(start_kecs: Callable[..., KecsProcess]) -> None:
    server = start_kecs()
    assert server._process
    server._process.send_signal(signal.SIGINT)
    assert server._process.wait(20) == 0
    assert "Traceback" not in server.log()
    server._process = None


def test_a_port_in_use_is_one_line_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        for flag in ("--listen", "--kubernetes-listen", "--metrics-listen"):
            others = {"--listen": "127.0.0.1:0", "--kubernetes-listen": "127.0.0.1:0"} | {flag: address}
            run = process.kecs(
                "serve",
                *("--data", str(tmp_path / "data"), "--engine", "simulated", "--log-level", "error"),
                *(part for pair in others.items() for part in pair),
            )
            assert run.returncode == 1
            way_out = f"{flag} HOST:PORT takes another address, port 0 a free one"
            assert run.stderr == f"kecs: cannot listen on {address}: the port is in use ({way_out})\n"
            assert not (tmp_path / "data").exists()
            assert run.stdout == ""


def test_a_data_directory_in_use_is_one_line(start_kecs: Callable[..., KecsProcess]) -> None:
    server = start_kecs()
    run = second(server.data)
    assert run.returncode == 1
    assert run.stderr.startswith("kecs: ")
    assert run.stderr.count("\n") == 1
    assert "in use" in run.stderr
    assert server.client().list_clusters()["clusterArns"] is not None


def test_a_data_directory_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no directory")
    run = second(blocked / "data")
    assert run.returncode == 1
    assert run.stderr.startswith("kecs: ")
    assert run.stderr.count("\n") == 1


def second(data: Path) -> subprocess.CompletedProcess[str]:
    """Start another one over the same data."""
    return process.kecs(
        "serve",
        *("--data", str(data), "--engine", "simulated", "--log-level", "error"),
        *("--listen", "127.0.0.1:0", "--kubernetes-listen", "127.0.0.1:0"),
    )
