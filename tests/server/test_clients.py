"""The chain as AWS clients see it: boto3 and the aws CLI against a door with operations of our own."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from kecs.model.errors import ClusterNotFoundException
from kecs.model.generated import ecs
from kecs.server.run import Door, House
from kecs.services.context import Context
from kecs.wire.tokens import Tokens
from tests import process
from tests.server.support import app

TOKENS = Tokens(b"key")
ARNS = [f"arn:{number}" for number in range(5)]


async def list_clusters(ctx: Context, request: ecs.ListClustersRequest) -> ecs.ListClustersResponse:
    begin = int(TOKENS.open(request.nextToken, ctx.scope, request)) if request.nextToken else 0
    end = begin + (request.maxResults or 2)
    token = TOKENS.seal(str(end), ctx.scope, request) if end < len(ARNS) else None
    return ecs.ListClustersResponse(clusterArns=ARNS[begin:end], nextToken=token)


async def list_services(ctx: Context, request: ecs.ListServicesRequest) -> ecs.ListServicesResponse:
    raise ClusterNotFoundException("Cluster not found.")


async def describe_services(ctx: Context, request: ecs.DescribeServicesRequest) -> None:
    raise ZeroDivisionError


async def describe_tasks(ctx: Context, request: ecs.DescribeTasksRequest) -> ecs.DescribeTasksResponse:
    task = ecs.Task(taskArn=request.tasks[0], createdAt=1557119253.821, clusterArn=ctx.scope.region)
    return ecs.DescribeTasksResponse(tasks=[task], failures=[])


@asynccontextmanager
async def serving() -> AsyncIterator[str]:
    application = app(
        ListClusters=list_clusters,
        ListServices=list_services,
        DescribeServices=describe_services,
        DescribeTasks=describe_tasks,
    )
    house = House([Door("aws", application, "127.0.0.1", 0)])
    await house.open()
    try:
        yield f"http://{house.address('aws')}"
    finally:
        await house.close()


def client(endpoint: str) -> Any:
    return boto3.client(
        "ecs",
        endpoint_url=endpoint,
        region_name="eu-west-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=Config(retries={"total_max_attempts": 1}),
    )


async def test_boto3() -> None:
    def work(endpoint: str) -> None:
        ecs_client = client(endpoint)
        pages = ecs_client.get_paginator("list_clusters").paginate(PaginationConfig={"PageSize": 2})
        assert [arn for page in pages for arn in page["clusterArns"]] == ARNS
        answer = ecs_client.describe_tasks(tasks=["t"])
        assert answer["tasks"][0]["createdAt"].timestamp() == 1557119253.821
        assert answer["tasks"][0]["clusterArn"] == "eu-west-1"
        assert len(answer["ResponseMetadata"]["RequestId"]) == 36
        with pytest.raises(ecs_client.exceptions.ClusterNotFoundException, match=r"Cluster not found\."):
            ecs_client.list_services(cluster="x")
        with pytest.raises(ecs_client.exceptions.InvalidParameterException):
            ecs_client.list_clusters(nextToken="foreign")
        with pytest.raises(ecs_client.exceptions.ClientException, match="kecs does not support ListAttributes"):
            ecs_client.list_attributes(targetType="container-instance")
        with pytest.raises(ecs_client.exceptions.ServerException) as failed:
            ecs_client.describe_services(services=["a"])
        assert failed.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500

    async with serving() as endpoint:
        await asyncio.to_thread(work, endpoint)


async def test_wrong_types_are_told_as_aws_tells_them() -> None:
    def work(endpoint: str) -> None:
        unchecked = boto3.client(
            "ecs",
            endpoint_url=endpoint,
            region_name="eu-west-1",
            aws_access_key_id="a",
            aws_secret_access_key="b",
            config=Config(parameter_validation=False),
        )
        with pytest.raises(ClientError) as refused:
            unchecked.list_clusters(maxResults="two")
        assert refused.value.response["Error"] == {
            "Code": "SerializationException",
            "Message": "STRING_VALUE cannot be converted to Integer",
        }

    async with serving() as endpoint:
        await asyncio.to_thread(work, endpoint)


async def test_the_aws_cli() -> None:
    async with serving() as endpoint:
        run = await asyncio.to_thread(
            subprocess.run,
            [str(Path(sys.executable).with_name("aws")), "ecs", "list-clusters", "--endpoint-url", endpoint],
            env=process.environment()
            | {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_DEFAULT_REGION": "us-east-1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stderr
        assert json.loads(run.stdout) == {"clusterArns": ARNS}
