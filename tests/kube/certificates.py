"""Certificates for tests: an authority of its own, a server's and a client's."""

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kecs.kube.access import Certificate


@dataclass(frozen=True)
class Signed:
    """A certificate with its key, and those that sign it."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pair(self) -> Certificate:
        """Both as PEM."""
        key = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return Certificate(self.certificate.public_bytes(serialization.Encoding.PEM), key)


def signed(name: str, by: Signed | None = None, *, host: str = "") -> Signed:
    """Make a certificate for a name, an authority when nobody signs it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
    )
    if host:
        address = x509.IPAddress(ipaddress.ip_address(host)) if host[0].isdigit() else x509.DNSName(host)
        builder = builder.add_extension(x509.SubjectAlternativeName([address]), critical=False)
    return Signed(builder.sign(by.key if by else key, hashes.SHA256()), key)


def server_context(directory: Path, server: Signed, clients: Signed) -> ssl.SSLContext:
    """Return TLS settings of a server that wants a client certificate of that authority."""
    file = directory / "server.pem"
    file.write_bytes(server.pair.certificate + server.pair.key)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cadata=clients.pair.certificate.decode())
    context.load_cert_chain(file)
    context.verify_mode = ssl.CERT_REQUIRED
    return context
