"""Whatever containers wait for: each comes after what it waits for, and what is waited for can be."""

from hypothesis import given
from hypothesis import strategies as st

from kecs.model.generated import ecs
from kecs.translate.dependencies import arrange

CONDITIONS = ("START", "SUCCESS", "COMPLETE", "HEALTHY")


@st.composite
def graphs(draw: st.DrawFn) -> list[ecs.ContainerDefinition]:
    """Containers that wait for any before them, then shuffled."""
    made = []
    for at in range(draw(st.integers(1, 7))):
        needs = draw(st.lists(st.integers(0, at - 1), unique=True)) if at else []
        depends = [
            ecs.ContainerDependency(containerName=f"c{need}", condition=draw(st.sampled_from(CONDITIONS)))
            for need in needs
        ]
        made.append(ecs.ContainerDefinition(name=f"c{at}", dependsOn=depends))
    return draw(st.permutations(made))


@given(graphs())
def test_each_comes_after_what_it_waits_for(containers: list[ecs.ContainerDefinition]) -> None:
    places = arrange(containers)
    order = [place.container.name for place in places]
    kinds = {place.container.name: place.kind for place in places}

    assert sorted(order, key=str) == sorted((one.name for one in containers), key=str)
    assert any(place.kind == "" for place in places)  # Kubernetes wants a container beside the init part
    for place in places:
        for dependency in place.container.dependsOn or ():
            name, condition = dependency.containerName, dependency.condition
            assert order.index(name) < order.index(place.container.name)
            if condition in ("SUCCESS", "COMPLETE"):
                assert kinds[name] == "init"
            elif condition == "HEALTHY":
                assert kinds[name] in ("init", "sidecar")
            if place.kind:
                assert kinds[name], "the init part comes before the containers proper"


def test_containers_that_wait_for_nothing_keep_their_order() -> None:
    containers = [ecs.ContainerDefinition(name=name) for name in ("b", "a", "c")]

    assert [place.container.name for place in arrange(containers)] == ["b", "a", "c"]
    assert [place.kind for place in arrange(containers)] == ["", "", ""]


def test_a_container_that_nobody_knows_is_not_waited_for() -> None:
    depends = [ecs.ContainerDependency(containerName="gone", condition="START")]

    assert [place.kind for place in arrange([ecs.ContainerDefinition(name="a", dependsOn=depends)])] == [""]
