"""The certificate of the door: self-signed, made once, because clients send a token over TLS only."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kecs.embedded.http.auth import write_private

if TYPE_CHECKING:  # importing it costs more than the rest of the start; a certificate is made once
    from cryptography import x509

_CERTIFICATE, _KEY = "apiserver.crt", "apiserver.key"
_HOSTS = ("127.0.0.1", "::1", "localhost")
_LIFETIME = timedelta(days=3650)
_RENEW_BEFORE = timedelta(days=30)
_CLOCK_SKEW = timedelta(hours=1)


class TlsFiles(NamedTuple):
    """Where the certificate and its key are, as PEM."""

    certificate: Path
    key: Path


def ensure_tls(directory: Path, hosts: frozenset[str] = frozenset()) -> TlsFiles:
    """Return the certificate files in `directory`; made anew when missing, near their end, or not naming all hosts."""
    names = [*_HOSTS, *sorted(hosts - set(_HOSTS))]
    files = TlsFiles(directory / _CERTIFICATE, directory / _KEY)
    if not _usable(files, names):
        _make(files, names)
    return files


def _usable(files: TlsFiles, names: list[str]) -> bool:
    if not (files.certificate.exists() and files.key.exists()):
        return False
    marks = files.certificate.read_text().splitlines()[:2]  # reading them spares importing cryptography at each start
    if len(marks) < 2 or marks[0] != f"hosts: {' '.join(names)}" or not marks[1].startswith("until: "):
        return False
    try:
        until = datetime.fromisoformat(marks[1].removeprefix("until: "))
    except ValueError:
        return False
    return until - datetime.now(UTC) > _RENEW_BEFORE


def _make(files: TlsFiles, names: list[str]) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kecs")])
    start = datetime.now(UTC) - _CLOCK_SKEW
    until = start + _LIFETIME
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(until)
        .add_extension(x509.SubjectAlternativeName([_alternative(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    marks = f"hosts: {' '.join(names)}\nuntil: {until.isoformat()}\n".encode()
    write_private(files.key, private)
    write_private(files.certificate, marks + certificate.public_bytes(serialization.Encoding.PEM))


def _key_usage() -> "x509.KeyUsage":
    """Return what RFC 5280 wants a certificate to say that vouches for itself."""
    from cryptography import x509

    unused = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    more = dict.fromkeys((*unused, "crl_sign", "encipher_only", "decipher_only"), False)
    return x509.KeyUsage(digital_signature=True, key_cert_sign=True, **more)


def _alternative(name: str) -> "x509.GeneralName":
    from cryptography import x509

    try:
        return x509.IPAddress(ip_address(name.strip("[]")))
    except ValueError:
        return x509.DNSName(name)
