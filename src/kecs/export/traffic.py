"""What lets traffic in: target groups as an Ingress, a route of the Gateway API, or one of Istio; and who may come.

Hosts and paths are those of the listener rules among the sources; without any, a route takes every host and path.
Connections (a network or a classic load balancer) come through a Service of type LoadBalancer.
"""

from collections.abc import Sequence

import msgspec

from kecs.export.application import Exported
from kecs.export.choices import Choices
from kecs.export.listening import Backend, Listener, Match, backends, is_host
from kecs.export.surroundings import Fact
from kecs.model import names
from kecs.translate.body import Json

GATEWAY = "gateway"
CERTIFICATE = "gateway-tls"  # the Secret of a tree's own Gateway


def make_routes(
    exported: Exported, ports: Sequence[int], choices: Choices, listeners: Sequence[Listener] = ()
) -> list[Json]:
    """Return what leads HTTP to a service's ports; nothing where it has no load balancer, or one of connections.

    `listeners` are all that the tree's Gateway has.
    """
    mine = [one for one in backends(exported) if one.matches and not one.is_connection and one.port in ports]
    service = names.service(exported.name)
    made = []
    for one in mine:
        name = service if len(mine) == 1 else names.label(f"{service}-{one.port}")
        if choices.traffic == "ingress":
            plain = msgspec.structs.replace(one, matches=[match for match in one.matches if not match.more])
            made += [_ingress(name, service, plain, choices)] if plain.matches else []
            continue
        for at, (hosts, matches) in enumerate(_by_hosts(one), 1):
            own = name if at == 1 else names.label(f"{name}-{at}")
            if choices.traffic == "gateway":
                made.append(_http_route(own, service, one, hosts, matches, _parent(choices, one, listeners)))
            else:
                made.append(_virtual_service(own, service, one, hosts, matches, choices.gateway or GATEWAY))
    return made


def _by_hosts(backend: Backend) -> list[tuple[list[str], list[Match]]]:
    """Return hosts with what leads there, those together that have the same: a route has one list for all its hosts."""
    found: dict[tuple[Match, ...], list[str]] = {}
    for host, matches in backend.hosts.items():
        found.setdefault(tuple(msgspec.structs.replace(one, host="") for one in matches), []).append(host)
    return [(sorted(hosts), list(matches)) for matches, hosts in found.items()]


def _ingress(name: str, service: str, backend: Backend, choices: Choices) -> Json:
    to = {"service": {"name": service, "port": {"number": backend.port}}}
    rules = []
    for host, matches in backend.hosts.items():
        paths = [{"path": one.path, "pathType": "Exact" if one.exact else "Prefix", "backend": to} for one in matches]
        rules.append({**({"host": host} if host else {}), "http": {"paths": paths}})
    spec: Json = {"ingressClassName": choices.ingress_class} if choices.ingress_class else {}
    if backend.is_secure:
        hosts = [host for host in backend.hosts if host]
        spec["tls"] = [{**({"hosts": hosts} if hosts else {}), "secretName": f"{name}-tls"}]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name},
        "spec": {**spec, "rules": rules},
    }


def _parent(choices: Choices, backend: Backend, listeners: Sequence[Listener]) -> list[Json]:
    """Return the Gateway of a route; those of its listeners that lead there, where others do not."""
    space, _, name = (choices.gateway or GATEWAY).rpartition("/")
    parent = {"name": name, **({"namespace": space} if space else {})}
    mine = {one.name for one in backend.listeners if one.is_http}
    if choices.gateway or not mine or mine == {one.name for one in listeners}:
        return [parent]
    return [{**parent, "sectionName": one} for one in sorted(mine)]


def _http_route(
    name: str, service: str, backend: Backend, hosts: list[str], matches: list[Match], parents: list[Json]
) -> Json:
    rules = [
        {
            "matches": [_match(one) for one in found],
            "backendRefs": [
                {"name": to, "port": port, **({"weight": weight} if weight else {})}
                for to, port, weight in _targets(found[0], service, backend)
            ],
        }
        for found in _alike(matches)
    ]
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": name},
        "spec": {"parentRefs": parents, "rules": rules, **({"hostnames": hosts} if "" not in hosts else {})},
    }


def _match(one: Match) -> Json:
    made: Json = {"path": {"type": "Exact" if one.exact else "PathPrefix", "value": one.path}}
    for condition in one.more:
        if condition.kind == "method":
            made["method"] = condition.value
        else:
            member = "headers" if condition.kind == "header" else "queryParams"
            made.setdefault(member, []).append({"name": condition.name, "value": condition.value})
    return made


def _istio_match(one: Match) -> Json:
    made: Json = {"uri": {"exact" if one.exact else "prefix": one.path}}
    for condition in one.more:
        if condition.kind == "method":
            made["method"] = {"exact": condition.value}
        elif condition.kind == "header":
            made.setdefault("headers", {})[condition.name.lower()] = {"exact": condition.value}
        else:
            made.setdefault("queryParams", {})[condition.name] = {"exact": condition.value}
    return made


def _alike(matches: Sequence[Match]) -> list[list[Match]]:
    """Return paths together that are shared out to the same services."""
    found: dict[object, list[Match]] = {}
    for match in matches:
        found.setdefault(match.shares, []).append(match)
    return list(found.values())


def _targets(match: Match, service: str, backend: Backend) -> list[tuple[str, int, int]]:
    if not match.shares:
        return [(service, backend.port, 0)]
    return [(names.service(one.owner.service), one.owner.port, one.weight) for one in match.shares]


def _virtual_service(
    name: str, service: str, backend: Backend, hosts: list[str], matches: list[Match], gateway: str
) -> Json:
    http = []
    for found in _alike(matches):
        route = [
            {
                "destination": {"host": to, "port": {"number": port}},
                **({"weight": weight} if weight else {}),
            }
            for to, port, weight in _targets(found[0], service, backend)
        ]
        wanted = [_istio_match(one) for one in found]
        http.append({"match": wanted, "route": route})
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": name},
        "spec": {"hosts": ["*"] if "" in hosts else hosts, "gateways": [gateway], "http": http},
    }


def make_gateway(choices: Choices, listeners: Sequence[Listener] = ()) -> list[Json]:
    """Return the one Gateway that all routes of a tree belong to; none where they need none, or belong to another.

    After it stand the routes that send requests from one of its listeners on to another.
    """
    if choices.gateway or choices.traffic == "ingress":
        return []
    known = {one.name: one for one in sorted(listeners, key=lambda one: one.port) if one.is_http}
    if choices.traffic == "istio":
        servers = [_server(one) for one in known.values()] or [_server(None)]
        return [
            {
                "apiVersion": "networking.istio.io/v1",
                "kind": "Gateway",
                "metadata": {"name": GATEWAY},
                "spec": {"selector": {"istio": "ingressgateway"}, "servers": servers},
            }
        ]
    spec = {"gatewayClassName": choices.gateway_class, "listeners": [_listener(one) for one in known.values()]}
    spec["listeners"] = spec["listeners"] or [{"name": "http", "port": 80, "protocol": "HTTP"}]
    gateway: Json = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": {"name": GATEWAY},
        "spec": spec,
    }
    return [gateway, *(_redirect(one, one.redirect) for one in known.values() if one.redirect)]


def _listener(one: Listener) -> Json:
    made: Json = {"name": one.name, "port": one.port, "protocol": one.protocol}
    if one.protocol == "HTTPS":
        made["tls"] = {"certificateRefs": [{"name": CERTIFICATE}]}
    return made


def _server(one: Listener | None) -> Json:
    port, name, protocol = (one.port, one.name, one.protocol) if one else (80, "http", "HTTP")
    made: Json = {"port": {"number": port, "name": name, "protocol": protocol}, "hosts": ["*"]}
    if protocol == "HTTPS":
        made["tls"] = {"mode": "SIMPLE", "credentialName": CERTIFICATE}
    elif one and one.redirect:
        made["tls"] = {"httpsRedirect": True}
    return made


def _redirect(one: Listener, redirect: Fact) -> Json:
    """Return the route of a listener that sends everything on; what a redirect names as `#{…}` stays as it was."""
    to: Json = {}
    protocol, host, port = (redirect.text(name) for name in ("protocol", "host", "port"))
    if protocol in ("HTTP", "HTTPS"):
        to["scheme"] = protocol.lower()
    if is_host(host):
        to["hostname"] = host
    if port.isdecimal():
        to["port"] = int(port)
    to["statusCode"] = 302 if redirect.text("statusCode").endswith("302") else 301
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": names.label(f"redirect-{one.name}")},
        "spec": {
            "parentRefs": [{"name": GATEWAY, "sectionName": one.name}],
            "rules": [{"filters": [{"type": "RequestRedirect", "requestRedirect": to}]}],
        },
    }


def add_listeners(service: Json, found: Sequence[Backend]) -> None:
    """Let a Service of type LoadBalancer be reached at the ports of its listeners, too."""
    ports = service["spec"]["ports"]
    for backend in found:
        target = next((one for one in ports if one["port"] == backend.port), None)
        for listener in backend.listeners:
            taken = {(one["port"], one.get("protocol", "TCP")) for one in ports}
            protocol = (target or {}).get("protocol", "TCP")
            if target and backend.is_connection and (listener.port, protocol) not in taken:
                ports.append({**target, "name": f"listener-{listener.port}", "port": listener.port})
