"""What the node reads of a pod's volumes (see `views`)."""

import msgspec

from kecs.embedded.node.container_views import FieldSelector, ResourceSelector


class _View(msgspec.Struct, omit_defaults=True, gc=False):
    pass


class KeyToPath(_View):
    """A key that becomes a file."""

    key: str
    path: str
    mode: int | None = None


class EmptyDir(_View):
    """Scratch space that lives as long as the pod."""

    medium: str = ""
    sizeLimit: str | int | None = None


class HostPath(_View):
    """A path of the machine."""

    path: str
    type: str = ""


class ConfigMapSource(_View):
    """A config map as files."""

    name: str = ""
    items: list[KeyToPath] = []
    defaultMode: int | None = None
    optional: bool = False


class SecretSource(_View):
    """A secret as files (`secretName` in a volume, `name` in a projection)."""

    secretName: str = ""
    name: str = ""
    items: list[KeyToPath] = []
    defaultMode: int | None = None
    optional: bool = False


class DownwardItem(_View):
    """A field of the pod as a file."""

    path: str
    fieldRef: FieldSelector | None = None
    resourceFieldRef: ResourceSelector | None = None
    mode: int | None = None


class DownwardSource(_View):
    """Fields of the pod as files."""

    items: list[DownwardItem] = []
    defaultMode: int | None = None


class TokenSource(_View):
    """A token of the pod's service account as a file."""

    path: str
    audience: str = ""
    expirationSeconds: int = 3600


class Projection(_View):
    """One source of a projected volume."""

    configMap: ConfigMapSource | None = None
    secret: SecretSource | None = None
    downwardAPI: DownwardSource | None = None
    serviceAccountToken: TokenSource | None = None


class ProjectedSource(_View):
    """Several sources in one directory."""

    sources: list[Projection] = []
    defaultMode: int | None = None


class Volume(_View):
    """A volume; a source that is none of these is one that this node cannot mount."""

    name: str
    emptyDir: EmptyDir | None = None
    hostPath: HostPath | None = None
    configMap: ConfigMapSource | None = None
    secret: SecretSource | None = None
    downwardAPI: DownwardSource | None = None
    projected: ProjectedSource | None = None
