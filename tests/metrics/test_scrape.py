"""`/metrics` of a running kecs: what the doors did and what is there."""

import http.client
import socket
from collections.abc import Callable
from urllib.parse import urlsplit

from tests.metrics.test_page import samples
from tests.process import KecsProcess
from tests.waiting import until

DEFINITION = {"name": "app", "image": "app", "memory": 64, "essential": True}


def scrape(address: str, path: str = "/metrics", host: str = "") -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(address, timeout=10)
    connection.request("GET", path, headers={"Host": host} if host else {})
    return connection.getresponse()


def scraped(server: KecsProcess) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    answer = scrape(urlsplit(server.endpoint).netloc)
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return samples(answer.read())


def test_tasks_services_and_deployments(start_kecs: Callable[..., KecsProcess]) -> None:
    server = start_kecs("--steady-after", "0")
    ecs = server.client()
    ecs.create_cluster(clusterName="figures")
    definition = ecs.register_task_definition(family="figures", containerDefinitions=[DEFINITION])["taskDefinition"]
    arn = definition["taskDefinitionArn"]
    ecs.create_service(cluster="figures", serviceName="web", taskDefinition=arn, desiredCount=3)
    ecs.get_waiter("services_stable").wait(
        cluster="figures", services=["web"], WaiterConfig={"Delay": 1, "MaxAttempts": 20}
    )
    task = ecs.run_task(cluster="figures", taskDefinition=arn)["tasks"][0]["taskArn"]
    ecs.stop_task(cluster="figures", task=task)
    cluster = ("cluster", "figures-us-east-1")

    def tasks() -> dict[str, float]:
        found = scraped(server)
        states = ("PENDING", "RUNNING", "STOPPING", "STOPPED")
        return {state: found["kecs_tasks", (cluster, ("status", state))] for state in states}

    wanted = {"PENDING": 0.0, "RUNNING": 3.0, "STOPPING": 0.0, "STOPPED": 1.0}
    until(lambda: tasks() == wanted, 10, "the tasks are counted")
    found = scraped(server)
    assert found["kecs_services", (cluster, ("status", "ACTIVE"))] == 1
    assert found["kecs_deployments", (cluster, ("state", "COMPLETED"))] == 1
    assert found["kecs_service_tasks_missing", (cluster,)] == 0
    assert found["kecs_informer_objects", (("resource", "ecsservices"),)] == 1
    assert found["kecs_informer_lag_seconds", (("resource", "ecsservices"),)] == 0
    assert found["kecs_leader", ()] == 1
    assert found["kecs_reconcile_duration_seconds_count", (("controller", "services"),)] > 0
    assert found["kecs_work_queue_depth", (("controller", "services"),)] == 0
    assert found["kecs_requests_total", (("code", "200"), ("error", ""), ("operation", "RunTask"))] == 1
    assert found["kecs_request_duration_seconds_count", (("operation", "RunTask"),)] == 1

    ecs.register_task_definition(family="figures", containerDefinitions=[{**DEFINITION, "memory": 10**8}])
    ecs.create_service(cluster="figures", serviceName="big", taskDefinition="figures", desiredCount=2)
    until(lambda: scraped(server)["kecs_service_tasks_missing", (cluster,)] == 2, 10, "what is missing is counted")


def test_errors_are_counted_by_operation(start_kecs: Callable[..., KecsProcess]) -> None:
    server = start_kecs()
    ecs = server.client()
    for _ in range(2):
        try:
            ecs.list_tasks(cluster="none")
        except ecs.exceptions.ClusterNotFoundException:
            continue
    ecs.create_cluster()
    ecs.list_tasks()
    address = urlsplit(server.endpoint).netloc
    assert scrape(address, host="example.com").status == 403
    found = {
        tuple(value for _, value in labels): count
        for (name, labels), count in scraped(server).items()
        if name == "kecs_requests_total"
    }
    assert found == {
        ("400", "ClusterNotFoundException", "ListTasks"): 2,
        ("200", "", "ListTasks"): 1,
        ("200", "", "CreateCluster"): 1,
        ("403", "AccessDeniedException", "unknown"): 1,
    }


def test_a_door_for_figures_alone(start_kecs: Callable[..., KecsProcess]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    start_kecs("--metrics-listen", f"127.0.0.1:{port}")
    address = f"127.0.0.1:{port}"
    assert b"kecs_informer_objects" in scrape(address).read()
    assert [scrape(address, path).status for path in ("/healthz", "/readyz", "/", "/v1")] == [200, 200, 404, 404]
    connection = http.client.HTTPConnection(address, timeout=10)
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "AmazonEC2ContainerServiceV20141113.ListClusters",
    }
    connection.request("POST", "/", body="{}", headers=headers)
    assert connection.getresponse().status == 404
