"""Telling an engine that forgets what the API says was there."""

from kecs.embedded.node import engine as engines
from kecs.embedded.node.container import Place, container_config, container_name
from kecs.embedded.node.context import Context
from kecs.embedded.node.engine import Claim, Found, Image, Mount
from kecs.embedded.node.environment import ConfigError
from kecs.embedded.node.record import PodRecord
from kecs.embedded.node.sources import read_sources
from kecs.embedded.node.views import Pod


async def recalled(context: Context, record: PodRecord, pod: Pod) -> list[Found]:
    """Let the engine take a pod's containers back, and return what it shows of them now."""
    every = {each.name: each for each in (*pod.spec.initContainers, *pod.spec.containers)}
    sandbox = container_name(pod, engines.SANDBOX, 0)
    place = Place(context.owner, sandbox, {volume.name: Mount("bind", "", "") for volume in pod.spec.volumes})
    known = [each for each in record.containers if each.run is not None and each.run.id]
    if not any(each.run is not None and each.run.state == "running" for each in known):
        return []
    sources = await read_sources(context, pod, every.values(), record.ip)
    claims = []
    for each in known:
        run = each.run
        if run is None:
            continue
        try:
            config = container_config(pod, every[each.name], run.attempt, place, sources, Image(run.image_id))
        except ConfigError:
            continue  # it lost its config map meanwhile; without its script it cannot be played again
        ended = run.state == "exited"
        found = Found(
            id=run.id,
            state="exited",
            started_at=run.started_at,
            finished_at=run.finished_at,
            exit_code=run.exit_code,
        )
        claims.append(Claim(config, run.id, run.started_at, record.ip, found if ended else None))
    await context.engine.recall(claims)
    shown = [await context.engine.inspect(claim.id) for claim in claims]
    return [*shown, await context.engine.inspect(sandbox)] if claims else []
