"""Volumes of the EFS and EBS drivers: what the pods lean on is there before them, and goes with the cluster."""

from typing import Any

import msgspec

from kecs.embedded.engine import Engine
from kecs.kube.resources import NAMESPACES, PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES, STORAGE_CLASSES
from kecs.model import marks, objects
from kecs.model.generated import ecs
from kecs.translate.options import Options
from kecs.uninstall import uninstall
from tests.reconcile.conftest import NAMESPACE, SETTINGS, Stage, prepared, until
from tests.waiting import until_true

CSI = msgspec.structs.replace(SETTINGS, options=Options(storage="csi"))


async def _names(stage: Stage, resource: Any) -> list[str]:
    namespace = NAMESPACE if resource.namespaced else None
    return [one["metadata"]["name"] for one in (await stage.api.list(resource, namespace)).items]


async def _definition(stage: Stage) -> None:
    mounts = [ecs.MountPoint(sourceVolume=name, containerPath=f"/{name}") for name in ("files", "disk")]
    container = ecs.ContainerDefinition(name="app", image="busybox", memory=32, mountPoints=mounts)
    efs = ecs.EFSVolumeConfiguration(fileSystemId="fs-1")
    spec = objects.TaskDefinitionSpec(
        family="stored",
        revision=1,
        containerDefinitions=[container],
        volumes=[
            ecs.Volume(name="files", efsVolumeConfiguration=efs),
            ecs.Volume(name="disk", configuredAtLaunch=True),
        ],
    )
    meta = objects.Meta(name="stored.1.us-east-1", annotations={marks.CREATED_AT: "1.0"})
    await stage.create(objects.TaskDefinition(metadata=meta, spec=spec))


async def _service(stage: Stage) -> None:
    """Run a service that has a directory of EFS and a disk of EBS."""
    await _definition(stage)
    disk = ecs.ServiceManagedEBSVolumeConfiguration(roleArn="arn:aws:iam::123456789012:role/ebs", sizeInGiB=1)
    configurations = [ecs.ServiceVolumeConfiguration(name="disk", managedEBSVolume=disk)]
    await stage.service(taskDefinition="stored:1", volumeConfigurations=configurations)
    await until(lambda: stage.world.deployments.get(NAMESPACE, "web"))


async def test_a_service_has_its_volumes_and_leaves_none_behind(engine: Engine) -> None:
    async with prepared(engine, CSI) as stage:
        await _service(stage)
        (claim,) = await _names(stage, PERSISTENT_VOLUME_CLAIMS)
        assert await _names(stage, PERSISTENT_VOLUMES) == [claim]
        (storage_class,) = (await stage.api.list(STORAGE_CLASSES)).items
        assert storage_class["provisioner"] == "ebs.csi.aws.com"
        await stage.world.delete(stage.world.clusters, None, NAMESPACE)

        async def gone() -> bool:
            return not await _names(stage, PERSISTENT_VOLUMES)

        await until_true(gone, seconds=20)


async def test_volumes_do_not_outlive_a_namespace_that_is_made_anew(engine: Engine) -> None:
    """They would stay bound to claims that are gone, and the new ones of the same name would wait for ever."""
    async with prepared(engine, CSI) as stage:
        await _service(stage)
        assert len(await _names(stage, PERSISTENT_VOLUMES)) == 1
        old = (await stage.api.get(NAMESPACES, None, NAMESPACE))["metadata"]["uid"]
        await stage.api.delete(NAMESPACES, None, NAMESPACE)

        async def made_anew() -> bool:
            found = (await stage.api.list(NAMESPACES, fields=f"metadata.name={NAMESPACE}")).items
            return bool(found) and found[0]["metadata"]["uid"] != old

        await until_true(made_anew, seconds=20)
        assert await _names(stage, PERSISTENT_VOLUMES) == []


async def test_an_uninstallation_takes_the_volumes_along(engine: Engine) -> None:
    async with prepared(engine, CSI) as stage:
        await _service(stage)
    await uninstall(stage.api, "kecs-system", lambda _: None)
    assert await _names(stage, PERSISTENT_VOLUMES) == []
    assert await _names(stage, STORAGE_CLASSES) == []
