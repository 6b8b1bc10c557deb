"""What is typed: `tools/kubernetes/rig VERB DIR …`."""

import argparse
import os
import sys
from pathlib import Path

from kubernetes_rig import control, images, keeper, mounts, needs, node, pki, policies, storage, warden
from kubernetes_rig.binaries import build
from kubernetes_rig.companions import COMPANIONS
from kubernetes_rig.layout import Layout

_SIGNALS = {"freeze": 19, "thaw": 18}
_GRACE_SECONDS = 2.0  # the API server would wait for its watchers
_LAST_WORDS = 2000
_CONTROL_PROGRAMS = ("kubernetes", "etcd")
_NODE_PROGRAMS = (*_CONTROL_PROGRAMS, "coredns")


def _up(options: argparse.Namespace) -> None:
    programs = _programs(options)
    if lacking := needs.missing(programs, node=options.node):
        raise RuntimeError("a Kubernetes of its own needs " + "; ".join(lacking))
    if homeless := [name for name in options.companions if COMPANIONS[name].needs_node and not options.node]:
        raise RuntimeError(f"{homeless[0]} needs a node (--node)")
    if mounts.hidden(options.directory.resolve()):
        raise RuntimeError(
            "a cluster has directories of its own in place of /run, /var/lib and /var/log: choose another"
        )
    if (options.directory / "rig.json").exists():
        kubeconfig = Layout.load(options.directory).kubeconfig
        raise RuntimeError(f"there is a cluster already, whose kubeconfig is {kubeconfig}: end it first (down)")
    for name in programs:
        build(name)
    layout = Layout.new(options.directory, node=options.node, quick_nodes=options.quick_nodes)
    started = False
    try:
        warden.launch(layout, options.while_locked)
        pki.make(layout)
        if layout.node:
            node.prepare(layout)
        control.start(layout)
        if layout.node:
            node.start(layout)
        for name in options.companions:
            COMPANIONS[name].start(layout)
        started = True
    except RuntimeError as error:
        raise RuntimeError(f"{error}{_ended(layout)}") from error
    finally:
        if not (started or options.keep):
            warden.end(layout.directory)
    print(layout.kubeconfig)


def _ended(layout: Layout) -> str:
    """Return what the parts that have ended said last."""
    try:
        parts = keeper.tell(layout.directory, "parts")
    except RuntimeError:
        return ""
    logs = {name: layout.log(name).read_text(errors="replace").strip() for name in parts}
    said = [f"\n{logs[name][-_LAST_WORDS:]}" for name, state in parts.items() if state is not True]
    if any("too many open files" in log for log in logs.values()):
        said.append("\nroot has no inotify instances left (fs.inotify.max_user_instances): end other clusters first")
    return "".join(said)


def _programs(options: argparse.Namespace) -> list[str]:
    programs = [*(_NODE_PROGRAMS if options.node else _CONTROL_PROGRAMS)]
    return programs + [program for name in options.companions for program in COMPANIONS[name].programs]


def _down(options: argparse.Namespace) -> None:
    warden.end(options.directory)


def _missing(options: argparse.Namespace) -> None:
    lacking = needs.missing(_programs(options), node=options.node)
    print("\n".join(lacking), end="\n" if lacking else "")


def _build(options: argparse.Namespace) -> None:
    programs = _programs(options)
    if lacking := needs.missing(programs, node=options.node):
        if options.if_possible:
            return
        raise RuntimeError("a Kubernetes of its own needs " + "; ".join(lacking))
    for name in programs:
        build(name)


def _parts(options: argparse.Namespace) -> None:
    for name, state in keeper.tell(options.directory, "parts").items():
        print(f"{name}: {'runs' if state is True else f'ended with {state}'}")


def _pause(options: argparse.Namespace) -> None:
    keeper.tell(options.directory, "stop", name=options.part, seconds=_GRACE_SECONDS)


def _resume(options: argparse.Namespace) -> None:
    keeper.tell(options.directory, "resume", name=options.part)
    if options.part in ("etcd", "apiserver"):
        control.wait(Layout.load(options.directory))


def _restart(options: argparse.Namespace) -> None:
    _pause(options)
    _resume(options)


def _signal(options: argparse.Namespace) -> None:
    keeper.tell(options.directory, "signal", name=options.part, number=_SIGNALS[options.verb])


def _compact(options: argparse.Namespace) -> None:
    print(storage.compact(Layout.load(options.directory)))


def _snapshot(options: argparse.Namespace) -> None:
    storage.snapshot(Layout.load(options.directory), options.file)


def _restore(options: argparse.Namespace) -> None:
    storage.restore(Layout.load(options.directory), options.file)


def _load(options: argparse.Namespace) -> None:
    node.load(Layout.load(options.directory), options.image.read_bytes())


def _stand_in(options: argparse.Namespace) -> None:
    node.load(Layout.load(options.directory), images.stand_in(tuple(options.images)))


def _enforce(options: argparse.Namespace) -> None:
    policies.enforce(Layout.load(options.directory))


def _run(options: argparse.Namespace) -> None:
    argv = [*warden.inside(options.directory.resolve()), *options.command]
    os.execvp(argv[0], argv)


def _companions(words: str) -> list[str]:
    names = words.replace(",", " ").split()
    if unknown := [name for name in names if name not in COMPANIONS]:
        raise argparse.ArgumentTypeError(f"there is no companion {unknown[0]}: choose from {', '.join(COMPANIONS)}")
    return names


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="rig", description="A real Kubernetes in a directory.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")

    def verb(name: str, act: object, help: str) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, help=help, description=help)
        added.set_defaults(act=act)
        return added

    def directed(name: str, act: object, help: str) -> argparse.ArgumentParser:
        added = verb(name, act, help)
        added.add_argument("directory", type=Path, metavar="DIR")
        return added

    up = directed("up", _up, "start a cluster and print the path of its kubeconfig")
    up.add_argument("--while-locked", type=Path, metavar="FILE", help="end it when nobody holds a lock on this file")
    up.add_argument("--keep", action="store_true", help="leave what there is when the start fails, to look into it")
    up.add_argument(
        "--quick-nodes", action="store_true", help="give a silent node up after 5 s, its pods a second later"
    )
    directed("down", _down, "end a cluster and remove every trace of it")
    directed("parts", _parts, "say what runs")
    for name, act, purpose in (
        ("pause", _pause, "end a part of the cluster (etcd, apiserver, kubelet…) until it is resumed"),
        ("resume", _resume, "start a paused part again"),
        ("restart", _restart, "end a part and start it again"),
        ("freeze", _signal, "stop a part in its tracks: it keeps its connections and answers nothing"),
        ("thaw", _signal, "let a frozen part go on"),
    ):
        directed(name, act, purpose).add_argument("part", metavar="PART")
    directed("compact", _compact, "let etcd forget what was before, and print the version that it still knows")
    for name, act, purpose in (
        ("snapshot", _snapshot, "copy what etcd knows into a file"),
        ("restore", _restore, "put a snapshot back: the cluster knows nothing of what was since"),
    ):
        directed(name, act, purpose).add_argument("file", type=Path, metavar="FILE")
    load = directed("load", _load, "give the node an image")
    load.add_argument("image", type=Path, metavar="IMAGE.tar", help="as `docker save` writes it")
    others = directed("stand-in", _stand_in, "give the node images of these names, of busybox, which sleep")
    others.add_argument("images", nargs="+", metavar="IMAGE", help="as nginx:1.27")
    directed("enforce", _enforce, "be what enforces network policies; runs inside, as the companion `policies`")
    run = directed("run", _run, "run a command in the namespaces of the cluster")
    run.add_argument("command", nargs=argparse.REMAINDER, metavar="COMMAND")
    built = verb("build", _build, "build the programs of a cluster, so that it starts quickly")
    built.add_argument("--if-possible", action="store_true", help="do nothing where something is missing")
    for parser_of in (up, built, verb("missing", _missing, "say what the machine lacks")):
        parser_of.add_argument("--node", action="store_true", help="with a real node; else with a control plane alone")
        parser_of.add_argument("--with", dest="companions", type=_companions, default=[], metavar="COMPANIONS",
                               help=f"and with companions: {', '.join(COMPANIONS)}")  # fmt: skip
    return parser


def main() -> None:
    """Do what the command line says."""
    needs.search_programs()
    options = _parser().parse_args()
    try:
        options.act(options)
    except (RuntimeError, OSError) as error:
        sys.exit(f"rig: {error}")
