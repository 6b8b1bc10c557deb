"""Which proxy the environment names for a server, by the rules that kubectl and curl follow."""

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit


def proxy_for(server: str, environment: Mapping[str, str]) -> str:
    """Return the URL of the proxy for a server; "" for none. Loopback is never asked for through one."""
    url = urlsplit(server)
    names = ("HTTPS_PROXY", "https_proxy") if url.scheme == "https" else ("HTTP_PROXY", "http_proxy")
    proxy = next((environment[name] for name in names if environment.get(name)), "")
    if not proxy or not url.hostname:
        return ""
    exempt = environment.get("NO_PROXY") or environment.get("no_proxy") or ""
    port = url.port or (443 if url.scheme == "https" else 80)
    if _is_loopback(url.hostname) or any(_covers(one.strip(), url.hostname, port) for one in exempt.split(",")):
        return ""
    return proxy if "://" in proxy else f"http://{proxy}"


def is_usable(proxy: str) -> bool:
    """Say whether a URL names a proxy that can be asked."""
    try:
        url = urlsplit(proxy)
        return url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:  # a port that is none
        return False


def _is_loopback(host: str) -> bool:
    address = _address(host)
    return address.is_loopback if address else host == "localhost"


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return None


def _covers(entry: str, host: str, port: int) -> bool:
    """Say whether an entry of NO_PROXY means a host: `*`, a network, an address, or a domain with what is below it."""
    if entry in ("", "*"):
        return entry == "*"
    address = _address(host)
    if "/" in entry:
        try:
            return address is not None and address in ipaddress.ip_network(entry, strict=False)
        except ValueError:
            return False
    name, colon, wanted = entry.rpartition(":")
    if colon and wanted.isdecimal() and not _address(entry):
        if int(wanted) != port:
            return False
        entry = name
    if address is not None:
        return _address(entry) == address
    domain, host = entry.lower().removeprefix("*"), host.lower()
    return host.endswith(domain) if domain.startswith(".") else host == domain or host.endswith(f".{domain}")
