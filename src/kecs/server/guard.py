"""Who may call: nothing that a page in the user's browser could have sent.

Whoever can call kecs can start containers, so it answers only requests that name it by an address of its own, and
none that a browser made for another site. A page that resolves its own name to 127.0.0.1 sends its name as `Host`; a
page that posts to http://localhost sends its own `Origin`.
"""

from ipaddress import ip_address

from kecs.model.errors import AccessDeniedException

_CACHED = 4096  # the header comes from outside, so what is remembered of it is bounded


class Guard:
    """Knows the names that kecs answers to, and refuses everything else."""

    def __init__(self, names: tuple[str, ...] = ()) -> None:
        self._names = {name.lower().strip("[]") for name in names}
        self._verdicts: dict[tuple[bytes, str], bool] = {}

    def check(self, host: bytes, origin: bytes, fetch_site: bytes, local: str) -> None:
        """Raise AccessDeniedException unless a request with these headers may be answered.

        `local` is the address at which the connection arrived; the headers are empty where the request has none.
        """
        allowed = self._verdicts.get((host, local))
        if allowed is None:
            if len(self._verdicts) >= _CACHED:
                self._verdicts.clear()
            allowed = self._verdicts[host, local] = self._is_ours(_name(host), local)
        if not allowed:
            raise _refusal("kecs does not answer to this Host; name its address, or start it with --allow-host.")
        if origin and origin.partition(b"://")[2] != host:
            raise _refusal("kecs does not answer requests that a web page of another origin makes.")
        if fetch_site and fetch_site not in (b"same-origin", b"none"):
            raise _refusal("kecs does not answer requests that a web page of another site makes.")

    def _is_ours(self, name: str, local: str) -> bool:
        if name == "localhost" or name.endswith(".localhost") or name == local or name in self._names:
            return True
        try:
            address = ip_address(name)
        except ValueError:
            return False
        return address.is_loopback or address.is_unspecified  # 0.0.0.0, as it stands where kecs says how it is reached


def _refusal(message: str) -> AccessDeniedException:
    return AccessDeniedException(message).at(403)


def _name(host: bytes) -> str:
    """Return the name or address in a `Host` header, without its port and brackets."""
    text = host.decode("latin-1").lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0].rstrip(".")
