"""The files of a tree: a base with one directory for each service, and overlays for environments.

base/kustomization.yaml namespace.yaml resourcequota.yaml storageclass.yaml gateway.yaml
base/SERVICE/kustomization.yaml deployment.yaml service.yaml …
overlays/ENVIRONMENT/kustomization.yaml SERVICE/*.yaml volumes.yaml
"""

from collections.abc import Mapping, Sequence

import msgspec

from kecs.export import objects, traffic
from kecs.export.application import Application
from kecs.export.choices import Choices
from kecs.export.emit import Emitted, Path, emit
from kecs.export.listening import listener_of
from kecs.export.objects import Made
from kecs.export.readable import PART_OF, tidy
from kecs.model import names
from kecs.translate.body import Json
from kecs.translate.cluster import make_quota

# The order of the files of a service in its kustomization.
_ORDER = (
    "serviceaccount.yaml",
    "configmap.yaml",
    "secrets.yaml",
    "volumes.yaml",
    *objects.WORKLOADS,
    "service.yaml",
    "ingress.yaml",
    "gateway.yaml",
    "hpa.yaml",
    "pdb.yaml",
    "networkpolicy.yaml",
    "podmonitor.yaml",
)
Comments = Mapping[Path, Sequence[str]]


class Line(msgspec.Struct, frozen=True):
    """A place in a written file."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class Tree(msgspec.Struct):
    """Files by their path below the output directory, and where each value of each object stands.

    `kustomizations` are the values of those files that users add to. `lines` are by file, kind and name of the
    object, then by path.
    """

    files: dict[str, str] = {}
    kustomizations: dict[str, Json] = {}
    lines: dict[tuple[str, str], dict[Path, Line]] = {}

    def add(self, file: str, bodies: Sequence[Json], comments: Comments | None = None) -> None:
        """Write objects into a file."""
        text = ""
        for body in bodies:
            if text:
                text += "---\n"
            made = emit(body, comments)
            key = (body["kind"], body["metadata"]["name"])
            if file.startswith("base/"):
                self.lines[key] = _lines(file, made, text.count("\n"))
            text += made.text
        self.files[file] = text

    def add_kustomization(self, directory: str, body: Json) -> None:
        """Write the kustomization of a directory."""
        made = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", **body}
        made = {key: value for key, value in made.items() if value}
        self.kustomizations[f"{directory}/kustomization.yaml"] = made
        self.files[f"{directory}/kustomization.yaml"] = emit(made).text


def _lines(file: str, made: Emitted, offset: int) -> dict[Path, Line]:
    return {path: Line(file, line + offset) for path, line in made.at.items()}


def make_base(application: Application, made: Sequence[Made], choices: Choices, base: str = "base") -> Tree:
    """Return the tree with its base alone, in the directory of that name."""
    tree = Tree()
    space = application.namespace
    labels = {PART_OF: names.label(space)}
    tree.add(
        f"{base}/namespace.yaml",
        [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space, "labels": labels}}],
    )
    resources = ["namespace.yaml"]
    quota = make_quota(application.cluster) if application.cluster else None
    if quota:
        quota["metadata"]["name"] = space
        tree.add(f"{base}/resourcequota.yaml", [tidy(quota, part_of=names.label(space))])
        resources.append("resourcequota.yaml")
    classes = {one["metadata"]["name"]: one for service in made for one in service.classes}
    if classes:
        tree.add(f"{base}/storageclass.yaml", [classes[name] for name in sorted(classes)])
        resources.append("storageclass.yaml")
    gateway = traffic.make_gateway(choices, [listener_of(one) for one in application.listeners])
    if gateway and any("gateway.yaml" in service.files for service in made):
        for one in gateway:
            one["metadata"]["labels"] = labels
        tree.add(f"{base}/gateway.yaml", gateway)
        resources.append("gateway.yaml")
    claims: set[str] = set()
    for service in made:
        _add_service(tree, service, claims, base)
        resources.append(service.exported.object_name)
    tree.add_kustomization(base, {"namespace": space, "resources": resources})
    return tree


def _add_service(tree: Tree, service: Made, claims: set[str], base: str) -> None:
    """Write a service's directory; a claim that several services share is the first one's."""
    directory = f"{base}/{service.exported.object_name}"
    resources = []
    for file in _ORDER:
        bodies = service.files.get(file, [])
        if file == "volumes.yaml":
            bodies = [one for one in bodies if one["metadata"]["name"] not in claims]
            claims |= {one["metadata"]["name"] for one in bodies}
        if bodies:
            tree.add(f"{directory}/{file}", bodies, service.comments.get(file))
            resources.append(file)
    tree.add_kustomization(directory, {"resources": resources})
