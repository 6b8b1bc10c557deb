"""Volumes of a task.

| volume of the definition | volume of the pod |
|---|---|
| host with `sourcePath` | hostPath |
| host without, Docker volume of the task | emptyDir |
| Docker volume shared by tasks | a directory of the node: Docker's own driver keeps such volumes per host, too |
| EFS | claim on a static volume of the EFS driver; a shared directory where storage is local |
| EBS made at launch | ephemeral claim; scratch space where storage is local |
| shared memory, tmpfs | emptyDir in memory |
"""

from collections.abc import Iterator

from kecs.model import marks, names
from kecs.model.generated import ecs
from kecs.model.objects import TaskDefinitionSpec
from kecs.translate.body import Json
from kecs.translate.container.mounts import scratch, volume_name
from kecs.translate.launch import Launch
from kecs.translate.options import Options

_EBS_TYPE = "gp3"
_EBS_FILE_SYSTEM = "xfs"


def volumes(definition: TaskDefinitionSpec, launch: Launch, options: Options) -> list[Json]:
    """Return the pod's volumes."""
    made = [
        {"name": volume_name(volume.name or ""), **_source(volume, launch, options)}
        for volume in definition.volumes or ()
    ]
    for container in definition.containerDefinitions:
        for _, mebibytes, name in scratch(container):
            limit = {"sizeLimit": f"{mebibytes}Mi"} if mebibytes else {}
            made.append({"name": name, "emptyDir": {"medium": "Memory", **limit}})
    return made


def make_volumes(definition: TaskDefinitionSpec, namespace: str, options: Options) -> list[Json]:
    """Return the PersistentVolumes and PersistentVolumeClaims that a definition's pods in a namespace lean on."""
    if options.storage != "csi":
        return []
    made: list[Json] = []
    for volume in definition.volumes or ():
        if volume.efsVolumeConfiguration:
            made += _efs_objects(volume.efsVolumeConfiguration, namespace)
    return made


def make_storage_classes(launch: Launch, options: Options) -> list[Json]:
    """Return the StorageClasses of the EBS volumes that a launch asks for."""
    if options.storage != "csi":
        return []
    return [_storage_class(configuration) for configuration in _ebs(launch).values()]


def _source(volume: ecs.Volume, launch: Launch, options: Options) -> Json:
    if volume.host and volume.host.sourcePath:
        return {"hostPath": {"path": volume.host.sourcePath}}
    docker = volume.dockerVolumeConfiguration
    if docker and docker.scope == "shared":
        name = names.label(volume.name or "")
        path = f"{options.shared_volumes}/{launch.namespace}/{name}"
        return {"hostPath": {"path": path, "type": "DirectoryOrCreate"}}
    if volume.efsVolumeConfiguration:
        return _efs_source(volume.efsVolumeConfiguration, launch, options)
    ebs = _ebs(launch).get(volume.name or "")
    if ebs is not None:
        return _ebs_source(ebs, options)
    return {"emptyDir": {}}


def _efs_path(efs: ecs.EFSVolumeConfiguration) -> str:
    access = efs.authorizationConfig.accessPointId if efs.authorizationConfig else None
    directory = (efs.rootDirectory or "/").rstrip("/")
    return "/".join(part for part in (efs.fileSystemId or "", access or "", directory.lstrip("/")) if part)


def _efs_source(efs: ecs.EFSVolumeConfiguration, launch: Launch, options: Options) -> Json:
    if options.storage == "csi":
        claim = efs_claim(efs, launch.namespace)
        return {"persistentVolumeClaim": {"claimName": claim}}
    # Dots would lead out of the directory that is shared.
    steps = [step for step in _efs_path(efs).split("/") if step not in (".", "..")]
    path = f"{options.shared_volumes}/efs/{'/'.join(steps)}"
    return {"hostPath": {"path": path, "type": "DirectoryOrCreate"}}


def efs_claim(efs: ecs.EFSVolumeConfiguration, namespace: str) -> str:
    """Return the name of the claim, and of its volume, for one way to mount a file system in one namespace."""
    return names.label(f"efs/{namespace}/{','.join(_efs_options(efs))}/{_efs_handle(efs)}")


def _efs_handle(efs: ecs.EFSVolumeConfiguration) -> str:
    """Return what the EFS driver mounts: `fs:directory:access point`."""
    access = efs.authorizationConfig.accessPointId if efs.authorizationConfig else None
    return f"{efs.fileSystemId}:{(efs.rootDirectory or '').rstrip('/')}:{access or ''}".rstrip(":")


def _efs_options(efs: ecs.EFSVolumeConfiguration) -> list[str]:
    options = ["tls"] if efs.transitEncryption == "ENABLED" else []
    if efs.transitEncryptionPort:
        options.append(f"tlsport={efs.transitEncryptionPort}")
    if efs.authorizationConfig and efs.authorizationConfig.iam == "ENABLED":
        options.append("iam")
    return options


def _efs_objects(efs: ecs.EFSVolumeConfiguration, namespace: str) -> Iterator[Json]:
    name = efs_claim(efs, namespace)
    storage = {"storage": "5Gi"}  # both objects have to name a size, which EFS has none of
    labels = {marks.CLUSTER: namespace}
    yield {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "capacity": storage,
            "volumeMode": "Filesystem",
            "accessModes": ["ReadWriteMany"],
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": "",
            "claimRef": {"namespace": namespace, "name": name},
            "mountOptions": _efs_options(efs),
            "csi": {"driver": "efs.csi.aws.com", "volumeHandle": _efs_handle(efs)},
        },
    }
    yield {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "storageClassName": "",
            "volumeName": name,
            "resources": {"requests": storage},
        },
    }


_Ebs = ecs.TaskManagedEBSVolumeConfiguration | ecs.ServiceManagedEBSVolumeConfiguration


def _ebs(launch: Launch) -> dict[str, _Ebs]:
    return {
        volume.name or "": volume.managedEBSVolume for volume in launch.volumeConfigurations if volume.managedEBSVolume
    }


def _ebs_source(ebs: _Ebs, options: Options) -> Json:
    size = f"{ebs.sizeInGiB or 1}Gi"
    if options.storage != "csi":
        return {"emptyDir": {"sizeLimit": size}}
    spec = {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": _storage_class_name(ebs),
        "resources": {"requests": {"storage": size}},
    }
    return {"ephemeral": {"volumeClaimTemplate": {"spec": spec}}}


def _parameters(ebs: _Ebs) -> dict[str, str]:
    made = {"type": ebs.volumeType or _EBS_TYPE, "csi.storage.k8s.io/fstype": ebs.filesystemType or _EBS_FILE_SYSTEM}
    if ebs.encrypted:
        made["encrypted"] = "true"
    optional = {"kmsKeyId": ebs.kmsKeyId, "iops": ebs.iops, "throughput": ebs.throughput}
    made.update({name: str(value) for name, value in optional.items() if value})
    return made


def _storage_class_name(ebs: _Ebs) -> str:
    parameters = _parameters(ebs)
    return names.label("ebs/" + "/".join(f"{name}={parameters[name]}" for name in sorted(parameters)))


def _storage_class(ebs: _Ebs) -> Json:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": _storage_class_name(ebs), "labels": {marks.ROLE: marks.ROLE_STORAGE}},
        "provisioner": "ebs.csi.aws.com",
        "parameters": _parameters(ebs),
        "volumeBindingMode": "WaitForFirstConsumer",
        "reclaimPolicy": "Delete",
    }
