"""`kecs export`: its flags, and what it says."""

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from kecs.export.choices import NEWEST, OLDEST, ROLLOUTS, SECRETS, TRAFFIC, USUAL, Choices
from kecs.export.problems import ExportError
from kecs.export.run import Request, Result, export
from kecs.export.writing import carry_out, differences

_ABOUT = """\
Write ECS definitions as a Kustomize tree, for those who leave ECS for Kubernetes: a base with a directory for each
service, overlays for dev, staging and production, and a report that says of every member of the definitions what became
of it, with its line in the source and its line in the tree.

SOURCE is a file, or a directory of files, in JSON or YAML: task definitions and services in either case of keys, what
`aws ecs describe-task-definition`, `describe-services` and `describe-clusters` print, CloudFormation templates, plans
of Terraform (`terraform show -json`), Compose files, ECSDeployments. What `aws application-autoscaling describe-*`,
`aws elbv2 describe-*`, `aws ec2 describe-security-groups` and `aws servicediscovery get-service` print goes in beside
them, for autoscalers, health checks, hosts, paths, weights, NetworkPolicies and names.
"""

_EXAMPLES = """\
examples:
  kecs export taskdef.json service.json -o k8s        write base/, overlays/ and export-report.md below k8s
  kubectl kustomize k8s/overlays/production           what production applies
  kubectl apply -k k8s/overlays/dev                   try it

  aws ecs describe-services --cluster shop --services web > web.json
  aws ecs describe-task-definition --task-definition web > web-definition.json
  kecs export web.json web-definition.json -o k8s
  kecs export --from-aws --cluster shop -o k8s        the same, without the AWS CLI, and what stands around services
  kecs export --from-aws --all -o k8s                 all clusters, each in namespaces of its own
  kecs export stack.yaml --parameter Image=example.com/web:7 -o k8s

  kecs export --env dev=ecs/dev --env production=ecs/production -o k8s
                                                      overlays that hold what the environments have otherwise

  kecs export definitions/ -o k8s                     again: what you added to the tree stays, also to kustomizations
  kecs export definitions/ -o k8s --check             in CI: say what would change, and fail if anything would
  kecs export definitions/ -o k8s --strict            fail if something of the definitions is lost

Values of secrets are never written. Without --secrets external the tree has an empty Secret for each service, with the
command that fills it.
"""


class _Parser(argparse.ArgumentParser):
    """Complains in one line, without the whole usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def build() -> argparse.ArgumentParser:
    """Return the parser of `kecs export`."""
    parser = _Parser(
        prog="kecs export",
        usage="kecs export SOURCE… [-o DIR] [flags]",
        description=_ABOUT,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("sources", nargs="*", metavar="SOURCE", help="files and directories of definitions")
    add("-o", "--output", type=Path, default=Path("k8s"), metavar="DIR", help="where the tree is written [k8s]")
    add("--from-aws", action="store_true", help="the services of a cluster, from Amazon ECS or an endpoint like it")
    add(
        "--endpoint-url", default="", metavar="URL", help="with --from-aws: the endpoint [AWS_ENDPOINT_URL, else AWS's]"
    )
    add(
        "--cluster",
        action="append",
        default=[],
        metavar="NAME",
        help="with --from-aws: the cluster; may be given several times [default]",
    )
    add("--all", action="store_true", help="with --from-aws: all clusters that have services")
    add(
        "--service",
        action="append",
        default=[],
        metavar="NAME",
        help="with --from-aws: a service; may be given several times [all of the cluster]",
    )
    add(
        "--env",
        action="append",
        default=[],
        type=_environment,
        metavar="NAME=SOURCE",
        help="an environment whose definitions are other ones; its overlay holds the difference. May be given several "
        "times, also for one environment. What SOURCE does not hold is as in the base, which is SOURCE… or production",
    )
    add("--namespace", type=_namespace, metavar="NAME", help="the namespace of the base [the cluster's name]")
    add(
        "--kubernetes",
        type=_minor,
        default=USUAL,
        metavar="1.N",
        help=f"write only what that version has, 1.{OLDEST} to 1.{NEWEST} [1.{USUAL}]",
    )
    add(
        "--traffic",
        choices=TRAFFIC,
        default="ingress",
        help="what leads traffic to services that have a load balancer: an Ingress, Gateway API, or Istio [ingress]",
    )
    add(
        "--gateway",
        default="",
        metavar="[NAMESPACE/]NAME",
        help="the Gateway that routes belong to, which is there already [one of the tree's own]",
    )
    add(
        "--gateway-class",
        default="default",
        metavar="NAME",
        help="the GatewayClass of the tree's own Gateway [default]",
    )
    add(
        "--ingress-class",
        default="",
        metavar="NAME",
        help="the IngressClass of Ingresses; with --rollouts argo, nginx and alb carry weights [the cluster's default]",
    )
    add(
        "--rollouts",
        choices=ROLLOUTS,
        default="plain",
        help="services as Deployments, or as Rollouts of Argo Rollouts, which carry out blue/green, canary and linear "
        "strategies [plain]",
    )
    add(
        "--secrets",
        choices=SECRETS,
        default="empty",
        help="an empty Secret to fill, or an ExternalSecret of the External Secrets Operator [empty]",
    )
    add("--secret-store", default="aws", metavar="NAME", help="the ClusterSecretStore of ExternalSecrets [aws]")
    add(
        "--parameter",
        action="append",
        default=[],
        type=_parameter,
        metavar="NAME=VALUE",
        help="a parameter of a CloudFormation template; may be given several times",
    )
    add(
        "--include",
        choices=("dashboards",),
        action="append",
        default=[],
        help="dashboards: a PodMonitor of the Prometheus operator for services whose Docker labels tell of metrics "
        "(ECS_PROMETHEUS_EXPORTER_PORT, ECS_PROMETHEUS_METRICS_PATH)",
    )
    add("--preview", action="store_true", help="also write preview.html: sources, tree and report, linked line by line")
    add("--strict", action="store_true", help="write nothing and fail when something is lost")
    add("--check", action="store_true", help="write nothing, show what would change, and fail when anything would")
    add("--overwrite", action="store_true", help="also write files that somebody has edited since the last export")
    return parser


def main(arguments: Sequence[str]) -> int:
    """Run `kecs export` and return the exit code: 0, 1 when it fails or a check does, 2 when it was called wrongly."""
    parser = build()
    given = parser.parse_args(arguments)
    if not given.sources and not given.env and not given.from_aws:
        parser.error("name the files with the definitions")
    if given.sources and given.from_aws:
        parser.error("--from-aws takes no files")
    if given.service and (given.all or len(given.cluster) > 1):
        parser.error("--service is of one cluster")
    if given.all and (given.cluster or not given.from_aws):
        parser.error("--all goes with --from-aws, and without --cluster")
    environments: dict[str, list[str]] = {}
    for name, path in given.env:
        environments.setdefault(name, []).append(path)
    choices = Choices(
        minor=given.kubernetes,
        traffic=given.traffic,
        gateway=given.gateway,
        gateway_class=given.gateway_class,
        ingress_class=given.ingress_class,
        rollouts=given.rollouts,
        secrets=given.secrets,
        secret_store=given.secret_store,
        dashboards="dashboards" in given.include,
        parameters=dict(given.parameter),
    )
    try:
        fetched = (
            _fetched(given.endpoint_url, given.cluster, given.service, everything=given.all) if given.from_aws else {}
        )
    except ExportError as error:
        return _told(error)
    request = Request(
        paths=given.sources,
        fetched=fetched,
        environments=environments,
        output=given.output,
        namespace=given.namespace or "",
        choices=choices,
        overwrite=given.overwrite,
        preview=given.preview,
    )
    try:
        result = export(request)
        if given.strict and result.report.lost:
            raise ExportError(
                f"{len(result.report.lost)} members would be lost:",
                [f"  {entry.source}: {entry.of}: {entry.member}: {entry.reason}" for entry in result.report.lost],
            )
        if given.check:
            return _check(result)
        carry_out(result.plan)
    except ExportError as error:
        return _told(error)
    print(_summary(result, given.output))
    return 0


def _fetched(endpoint: str, clusters: list[str], services: list[str], *, everything: bool) -> dict[str, str]:
    """Return what a live source says, by the files of the tree that keep it."""
    from kecs.export import aws, live

    client = aws.client_of(endpoint)
    if everything:
        found = live.fetch_all(client)
    elif len(clusters) > 1:
        found = live.fetch_clusters(client, clusters)
    else:
        found = live.fetch(client, clusters[0] if clusters else "default", services)
    return {f"sources/{name}": text for name, text in found.items()}


def _told(error: ExportError) -> int:
    for line in error.lines:
        print(f"kecs: {line}", file=sys.stderr)
    return 1


def _check(result: Result) -> int:
    for line in differences(result.plan):
        print(line)
    return 0 if result.plan.is_empty else 1


def _summary(result: Result, output: Path) -> str:
    totals = ", ".join(f"{count} {verdict}" for verdict, count in result.report.totals.items() if count)
    plan = result.plan
    changed = "as it was" if plan.is_empty else f"{len(plan.write)} files written, {len(plan.remove)} removed"
    kept = "".join(f"\n{file} is wanted no more, but was edited: it stays" for file in plan.kept)
    return f"{output}: {changed}. Members of the definitions: {totals}: see {output / 'export-report.md'}{kept}"


def _minor(text: str) -> int:
    match = re.fullmatch(r"v?1\.(\d+)(\.\d+)?", text)
    if not match or not OLDEST <= int(match[1]) <= NEWEST:
        raise argparse.ArgumentTypeError(f"{text!r} is not between 1.{OLDEST} and 1.{NEWEST}")
    return int(match[1])


def _namespace(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,51}[a-z0-9])?", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no name of a namespace, or too long for its environments")
    return text


def _environment(text: str) -> tuple[str, str]:
    name, equals, path = text.partition("=")
    if not equals or not path or not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?", name):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=SOURCE, with a name of small letters and digits")
    return name, path


def _parameter(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value
