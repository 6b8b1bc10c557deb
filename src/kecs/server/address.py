"""Addresses as people write them: `HOST:PORT`, an IPv6 address in brackets."""


def split(text: str) -> tuple[str, int]:
    """Return host and port. Raises ValueError when `text` is no address."""
    host, colon, port = text.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    if not colon or not host or not port.isdecimal() or int(port) > 65535 or (":" in host) != bracketed:
        raise ValueError("not of the form HOST:PORT")
    return host.strip("[]"), int(port)


def join(host: str, port: int) -> str:
    """Return `HOST:PORT`."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
