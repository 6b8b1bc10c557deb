"""The parser of the command line, made of the table of flags."""

import argparse
from collections.abc import Mapping, Sequence
from typing import NoReturn

import kecs
from kecs.cli.flags import FLAGS, Flag
from kecs.settings import Settings

_ABOUT = """\
Amazon ECS on this machine, with Kubernetes as its engine.

  kecs serve                              start, and serve until Ctrl-C
  export AWS_ENDPOINT_URL=http://127.0.0.1:4566
  aws ecs list-clusters                   the AWS API, from any AWS client
  kubectl --kubeconfig .kecs/kubeconfig get ecsservices,pods -A
"""

_SERVE = """\
Serve the AWS APIs and the Kubernetes API until SIGTERM or Ctrl-C. Prints one line, `kecs ready on http://HOST:PORT`,
as soon as it answers. Containers outlive it, and are found again at the next start.
"""

_SERVE_EXAMPLES = """\
examples:
  kecs serve                                  on 127.0.0.1:4566, with Docker or Podman where there is one
  kecs serve --engine simulated               without containers: quick, for tests and pipelines
  kecs serve --listen 127.0.0.1:0             on a free port
  KECS_DATA=/var/lib/kecs KECS_LOG_FORMAT=json kecs serve

Any AWS client reaches it with AWS_ENDPOINT_URL=http://127.0.0.1:4566 and any credentials; an access key of twelve
digits is the account, the client's region is the region.
"""

_CONTROLLER = """\
Carry out ECSDeployments on a Kubernetes cluster, and nothing else: no AWS API is served, and no ECS cluster is looked
after. `kecs serve` does this as well. Of several processes one works, and the others take over.
"""

_CONTROLLER_EXAMPLES = """\
examples:
  kecs controller --kubeconfig ~/.kube/config --context staging
  kubectl create -f samples/ecsdeployment.json
"""

_MANIFESTS = """\
Print what installs kecs in a Kubernetes cluster, as YAML: an overlay of the directory k8s of the source, for a
namespace, an image and a version.
"""

_MANIFESTS_EXAMPLES = """\
examples:
  kecs manifests --image example.com/kecs | kubectl apply --server-side -f -
  kecs manifests --overlay production --namespace ecs --allow-host ecs.example.com > kecs.yaml
"""

_UNINSTALL = """\
Remove kecs from a Kubernetes cluster: the clusters with their services and tasks, the custom resources and their
definitions, and what installed kecs. No finalizer and no namespace of kecs stays behind. It needs nobody of kecs, and
can be called again until it is done.
"""

_UNINSTALL_EXAMPLES = """\
examples:
  kecs uninstall --kubeconfig FILE                   says what would go
  kecs uninstall --kubeconfig FILE --yes             removes it
  kecs uninstall --kubeconfig FILE --release-pods    only lets go of pods that nobody is left to record
"""

_RESET = "End every container that kecs started for this data directory, and remove the directory."


class _Parser(argparse.ArgumentParser):
    """Complains in one line, without the whole usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def parse(arguments: Sequence[str] | None, environment: Mapping[str, str]) -> tuple[str, Settings]:
    """Return the command and its settings: of the flags, else of the environment, else the defaults.

    Exits with 2 and one line on standard error when something is wrong with them.
    """
    parser = build()
    given = parser.parse_args(arguments)
    if given.show_version:
        return "version", Settings()
    if given.command is None:
        parser.print_help()
        parser.exit(0)
    values = {}
    for flag in FLAGS:
        if given.command in flag.commands:
            source, text = _given(flag, getattr(given, flag.name), environment)
            if text is not None:
                try:
                    values[flag.name] = flag.value(text)
                except ValueError as error:
                    parser.error(f"{source}: {error}")
    return given.command, Settings(**values)


def _given(flag: Flag, texts: list[str] | None, environment: Mapping[str, str]) -> tuple[str, str | None]:
    """Return where a setting was given, and its text. An empty variable counts as not set."""
    if texts is not None:
        return flag.option, ",".join(texts) if flag.name == "allow_host" else texts[-1]
    return flag.variable, environment.get(flag.variable) or None


def build() -> argparse.ArgumentParser:
    """Return the parser."""
    parser = _Parser(prog="kecs", description=_ABOUT, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--version", action="store_true", dest="show_version", help="print the version")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for name, summary, about, examples in (
        ("serve", "serve the APIs", _SERVE, _SERVE_EXAMPLES),
        ("controller", "carry out ECSDeployments alone, on a Kubernetes cluster", _CONTROLLER, _CONTROLLER_EXAMPLES),
        ("reset", "end all containers and remove the data", _RESET, ""),
        ("manifests", "print what installs kecs in a Kubernetes cluster", _MANIFESTS, _MANIFESTS_EXAMPLES),
        ("uninstall", "remove kecs from a Kubernetes cluster", _UNINSTALL, _UNINSTALL_EXAMPLES),
        ("export", "write ECS definitions as a Kustomize tree (has a --help of its own)", None, ""),
        ("version", "print the version", None, ""),
    ):
        command = commands.add_parser(
            name,
            help=summary,
            usage=f"kecs {name} [flags]" if name != "version" else None,
            description=about,
            epilog=examples,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        for flag in FLAGS:
            if name in flag.commands:
                command.add_argument(
                    flag.option,
                    action="append",
                    dest=flag.name,
                    metavar=flag.metavar or "false",
                    help=described(flag),
                    nargs=None if flag.metavar else "?",
                    const=None if flag.metavar else "true",
                )
    return parser


def described(flag: Flag) -> str:
    """Return the help of a flag: its meaning, its choices, its environment variable and its default."""
    default = getattr(Settings(), flag.name) or ""
    shown = (
        ",".join(default) if isinstance(default, tuple) else f"{default:g}" if isinstance(default, float) else default
    )
    choices = f": {', '.join(flag.choices)}" if flag.choices and flag.name not in ("engine", "capacity", "sync") else ""
    return f"{flag.help}{choices} [{flag.variable}{f', default {shown}' if shown != '' else ''}]"


def version() -> str:
    """Return what `kecs version` prints."""
    return f"kecs {kecs.__version__}"
