"""The image of a sandbox, made here, so that no registry is needed: one program that does nothing, for ever.

The program is an ELF file with one segment and three instructions that call pause(2) in a loop: 129 bytes on x86-64.
"""

import hashlib
import io
import json
import struct
import tarfile

NAME = "kecs.local/sandbox:1"

# Machine number of the ELF header, and the program, by architecture as engines name it.
_PROGRAMS = {
    "amd64": (62, bytes.fromhex("b8220000000f05ebf7")),  # mov eax, 34; syscall; jmp back
    "arm64": (  # x0 to x3 = 0; x8 = 73, ppoll; svc 0; branch back
        183,
        struct.pack("<7I", 0xD2800000, 0xD2800001, 0xD2800002, 0xD2800003, 0xD2800928, 0xD4000001, 0x17FFFFFA),
    ),
    # a0 to a3 = 0; a7 = 73, ppoll; ecall; jump back
    "riscv64": (243, struct.pack("<7I", 0x513, 0x593, 0x613, 0x693, 0x04900893, 0x73, 0xFE9FF06F)),
}
_ALIASES = {"x86_64": "amd64", "aarch64": "arm64"}
_BASE = 0x400000
_HEADERS = 120


def program(architecture: str) -> bytes:
    """Return the program for an architecture. Raises `KeyError` for one that has none."""
    machine, code = _PROGRAMS[_ALIASES.get(architecture, architecture)]
    entry, size = _BASE + _HEADERS, _HEADERS + len(code)
    flags = 0x4 if machine == 243 else 0  # RISC-V: the ABI with double-precision floats
    header = b"\x7fELF\x02\x01\x01" + bytes(9)
    header += struct.pack("<HHIQQQIHHHHHH", 2, machine, 1, entry, 64, 0, flags, 64, 56, 1, 0, 0, 0)
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, _BASE, _BASE, size, size, 0x1000)
    return header + segment + code


def archive(architecture: str) -> bytes:
    """Return the image as `docker load` takes it. Raises `KeyError` for an architecture that has no program."""
    name = _ALIASES.get(architecture, architecture)
    layer = tar({"pause": program(name)}, mode=0o755)
    config = json.dumps(
        {
            "architecture": name,
            "os": "linux",
            "config": {"Entrypoint": ["/pause"]},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
        }
    ).encode()
    digest = hashlib.sha256(config).hexdigest()
    manifest = [{"Config": f"{digest}.json", "RepoTags": [NAME], "Layers": [f"{digest}/layer.tar"]}]
    return tar({f"{digest}.json": config, f"{digest}/layer.tar": layer, "manifest.json": json.dumps(manifest).encode()})


def tar(files: dict[str, bytes], mode: int = 0o644) -> bytes:
    """Return a tar of files, the same for the same files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as stream:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), mode
            stream.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def directory(name: str, mode: int, group: int) -> bytes:
    """Return a tar of one empty directory: unpacked over one that is there, it gives that its mode and group."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as stream:
        entry = tarfile.TarInfo(name)
        entry.type, entry.mode, entry.gid = tarfile.DIRTYPE, mode, group
        stream.addfile(entry)
    return buffer.getvalue()
