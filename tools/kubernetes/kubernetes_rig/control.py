"""The control plane: etcd, the API server, the controllers, the scheduler."""

from functools import partial

from kubernetes_rig import keeper, pki
from kubernetes_rig.api import Api, until
from kubernetes_rig.binaries import program
from kubernetes_rig.layout import SERVICES, Layout

ETCD = "http://127.0.0.1:2379"
_PEER = "http://127.0.0.1:2380"
READY_SECONDS = 120.0
# What the account of kecs in its usual namespace asks for, so that a test can hold its rights against it.
_AUDITED = """\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: Metadata
    users: ["system:serviceaccount:kecs-system:kecs"]
  - level: None
"""
_TOLERATED = ("--default-not-ready-toleration-seconds=1", "--default-unreachable-toleration-seconds=1")
_MONITORED = ("--node-monitor-period=1s", "--node-monitor-grace-period=5s")
_FAST = ("--kube-api-qps=1000", "--kube-api-burst=2000")  # tests make thousands of objects


def start(layout: Layout) -> None:
    """Start the control plane and return once pods can be created."""
    layout.path("etcd").mkdir(exist_ok=True)
    layout.path("audit.yaml").write_text(_AUDITED)
    keeper.start(layout, "etcd", _etcd(layout))
    keeper.start(layout, "apiserver", _api_server(layout))
    api = Api(layout)
    keeper.until(layout, partial(_is_ready, api), READY_SECONDS, "the API server is ready")
    # Only now: the controllers give up on a server that takes more than ten seconds.
    keeper.start(layout, "controllers", _controllers(layout))
    keeper.start(layout, "scheduler", _scheduler(layout))
    # Without it no pod is admitted, and the controllers make it.
    account = "/api/v1/namespaces/default/serviceaccounts/default"
    keeper.until(
        layout, partial(api.get, account), READY_SECONDS, "the controllers have made the default service account"
    )


def wait(layout: Layout) -> None:
    """Return once the control plane is ready again."""
    until(partial(_is_ready, Api(layout)), READY_SECONDS, "the API server is ready")


def _is_ready(api: Api) -> bool:
    return bool(api.get("/readyz") == "ok")


def _etcd(layout: Layout) -> list[str]:
    return [
        *(str(program("etcd")), "--data-dir", str(layout.path("etcd")), "--unsafe-no-fsync"),
        *("--listen-client-urls", ETCD, "--advertise-client-urls", ETCD, "--listen-peer-urls", _PEER),
        *("--initial-advertise-peer-urls", _PEER, "--initial-cluster", f"default={_PEER}", "--log-level", "warn"),
    ]


def _api_server(layout: Layout) -> list[str]:
    place = layout.directory / "pki"
    return [
        *(str(program("kubernetes")), "apiserver"),
        f"--etcd-servers={ETCD}",
        "--secure-port=6443",
        "--bind-address=0.0.0.0",
        f"--advertise-address={layout.node_address}",
        "--allow-privileged=true",
        "--authorization-mode=Node,RBAC",
        f"--client-ca-file={place}/ca.crt",
        f"--token-auth-file={place}/tokens.csv",
        f"--tls-cert-file={place}/apiserver.crt",
        f"--tls-private-key-file={place}/apiserver.key",
        f"--kubelet-client-certificate={place}/apiserver-kubelet.crt",
        f"--kubelet-client-key={place}/apiserver-kubelet.key",
        f"--kubelet-certificate-authority={place}/ca.crt",
        "--kubelet-preferred-address-types=InternalIP",
        f"--requestheader-client-ca-file={place}/ca.crt",
        "--requestheader-allowed-names=front-proxy",
        "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        f"--proxy-client-cert-file={place}/front-proxy.crt",
        f"--proxy-client-key-file={place}/front-proxy.key",
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        f"--service-account-key-file={place}/accounts.pub",
        f"--service-account-signing-key-file={place}/accounts.key",
        f"--service-cluster-ip-range={SERVICES}",
        "--shutdown-delay-duration=0s",
        "--profiling=false",
        f"--audit-policy-file={layout.directory}/audit.yaml",
        f"--audit-log-path={layout.log('audit')}",
        *(_TOLERATED if layout.quick_nodes else ()),
    ]


def _controllers(layout: Layout) -> list[str]:
    place = layout.directory / "pki"
    return [
        *(str(program("kubernetes")), "controllers"),
        f"--kubeconfig={pki.kubeconfig_of(layout, 'controllers')}",
        "--leader-elect=false",
        "--use-service-account-credentials=true",
        f"--service-account-private-key-file={place}/accounts.key",
        f"--root-ca-file={place}/ca.crt",
        f"--cluster-signing-cert-file={place}/ca.crt",
        f"--cluster-signing-key-file={place}/ca.key",
        "--bind-address=127.0.0.1",
        *_FAST,
        *(_MONITORED if layout.quick_nodes else ()),
    ]


def _scheduler(layout: Layout) -> list[str]:
    return [
        *(str(program("kubernetes")), "scheduler"),
        f"--kubeconfig={pki.kubeconfig_of(layout, 'scheduler')}",
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
        *_FAST,
    ]
