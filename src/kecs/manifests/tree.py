"""The objects of an overlay for a namespace, an image and a version of the user's."""

from collections.abc import Iterator
from importlib import resources
from typing import NamedTuple

from kecs.crds import definitions
from kecs.kube.api import Json

NAMESPACE = "kecs-system"  # what the overlays say, to be replaced
IMAGE = "kecs"
HOST = "kecs.example.com"
_VERSION = "app.kubernetes.io/version"
_HOSTS = "KECS_ALLOW_HOST"


class Place(NamedTuple):
    """Where kecs is to go, and what of it. `hosts` are names at which it is called besides those of its Service."""

    namespace: str
    image: str
    version: str
    hosts: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        """The image with the version as its tag, unless it says a tag or a digest itself."""
        return (
            self.image if ":" in self.image.rpartition("/")[2] or "@" in self.image else f"{self.image}:{self.version}"
        )


def text(overlay: str, place: Place) -> str:
    """Return the overlay as YAML, for `kubectl apply --server-side -f -`."""
    import yaml

    return str(yaml.dump_all(objects(overlay, place), Dumper=yaml.CSafeDumper, sort_keys=False))


def objects(overlay: str, place: Place) -> Iterator[Json]:
    """Yield what an overlay consists of, the custom resource definitions first."""
    import yaml

    source = resources.files(__package__).joinpath("overlays", f"{overlay}.yaml").read_text()
    found = [_placed(each, place) for each in yaml.load_all(source, Loader=yaml.CSafeLoader)]
    labels = next(each["metadata"]["labels"] for each in found if each["kind"] == "Deployment")
    for kind in definitions.KINDS:
        definition = definitions.definition(kind)
        definition["metadata"]["labels"] = dict(labels)
        yield definition
    yield from found


def _placed(each: Json, place: Place) -> Json:
    metadata = each["metadata"]
    if each["kind"] == "Namespace":
        metadata["name"] = place.namespace
    elif "namespace" in metadata:
        metadata["namespace"] = place.namespace
    metadata["labels"][_VERSION] = place.version
    for subject in each.get("subjects") or ():
        subject["namespace"] = place.namespace
    if each["kind"] == "Deployment":
        _place_pods(each["spec"]["template"], place)
    elif each["kind"] == "Ingress" and place.hosts:
        _place_ingress(each["spec"], place.hosts)
    return each


def _place_pods(template: Json, place: Place) -> None:
    template["metadata"]["labels"][_VERSION] = place.version
    (container,) = template["spec"]["containers"]
    container["image"] = place.reference
    if place.hosts:
        variable = next(one for one in container["env"] if one["name"] == _HOSTS)
        names = [name for name in variable["value"].split(",") if name != HOST]
        variable["value"] = ",".join((*names, *place.hosts))


def _place_ingress(spec: Json, hosts: tuple[str, ...]) -> None:
    (rule,) = spec["rules"]
    spec["rules"] = [{**rule, "host": host} for host in hosts]
    spec["tls"] = [{**each, "hosts": list(hosts)} for each in spec["tls"]]
