"""The network of a task: its elastic network interface, or its ports on the host."""

from kecs.model.generated import ecs
from kecs.translate.facts import ContainerFacts, TaskFacts
from kecs.translate.observe import ids
from kecs.translate.views import Node, Pod

_EVERY_ADDRESS = "0.0.0.0"  # noqa: S104  # ECS's word for a port of the host
ZONE = "topology.kubernetes.io/zone"
_REGION = "topology.kubernetes.io/region"


def attachments(pod: Pod, facts: TaskFacts, *, stopped: bool) -> list[ecs.Attachment]:
    """Return the attachment of an awsvpc task: PRECREATED, ATTACHED once it has an address, DELETED at its end."""
    if facts.networkMode != "awsvpc":
        return []
    uid, address = pod.metadata.uid, pod.status.podIP
    details = {"subnetId": _subnet(pod, facts)}
    if address:
        details["networkInterfaceId"] = ids.interface_id(uid)
        details["macAddress"] = ids.mac_address(uid)
        details["privateDnsName"] = _dns_name(address, facts.scope.region)
        details["privateIPv4Address"] = address
    status = "DELETED" if stopped else "ATTACHED" if address else "PRECREATED"
    return [
        ecs.Attachment(
            id=ids.uuid(uid, "attachment"),
            type="ElasticNetworkInterface",
            status=status,
            details=[ecs.KeyValuePair(name=name, value=value) for name, value in details.items() if value],
        )
    ]


def interfaces(pod: Pod, facts: TaskFacts) -> list[ecs.NetworkInterface]:
    """Return a container's view of the task's interface."""
    if facts.networkMode != "awsvpc" or not pod.status.podIP:
        return []
    attachment = ids.uuid(pod.metadata.uid, "attachment")
    return [ecs.NetworkInterface(attachmentId=attachment, privateIpv4Address=pod.status.podIP)]


def bindings(pod: Pod, container: ContainerFacts) -> list[ecs.NetworkBinding]:
    """Return where a container's ports are reached: a fixed port at its host, any other at the pod's own address."""
    if not pod.status.podIP:
        return []
    return [
        ecs.NetworkBinding(
            bindIP=_EVERY_ADDRESS if binding.hostPort else pod.status.podIP,
            containerPort=binding.containerPort,
            hostPort=binding.hostPort or binding.containerPort,
            protocol=binding.protocol,
        )
        for binding in container.bindings
    ]


def availability_zone(pod: Pod, facts: TaskFacts, node: Node | None) -> str:
    """Return the zone of the task's node; where nodes name none in the task's region, one for each subnet."""
    labels = node.metadata.labels if node else {}
    zone = labels.get(ZONE)
    if zone and labels.get(_REGION, facts.scope.region) == facts.scope.region:
        return zone
    place = ids.pick(pod.metadata.uid, len(facts.subnets)) if facts.subnets else 0
    return f"{facts.scope.region}{'abcdef'[place % 6]}"


def _subnet(pod: Pod, facts: TaskFacts) -> str:
    return facts.subnets[ids.pick(pod.metadata.uid, len(facts.subnets))] if facts.subnets else ""


def _dns_name(address: str, region: str) -> str:
    domain = "ec2.internal" if region == "us-east-1" else f"{region}.compute.internal"
    return f"ip-{address.replace('.', '-').replace(':', '-')}.{domain}"
