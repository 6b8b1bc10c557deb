"""The one table of what may differ between an exported service and the one that kecs runs.

Defaults of Kubernetes are left out in a tree (`readable.DEFAULTS`). Everything else is the same, because both come from
`kecs.translate`; a test compares them and reads this table. kecs has controllers of its own beside its objects, which a
plain cluster has not: most rows follow from that.
"""

import msgspec


class Row(msgspec.Struct, frozen=True):
    """A path in objects of a kind (`*` is any name, `[]` any element), and why the two are not the same there."""

    kind: str
    path: str
    reason: str


TEMPLATE = "spec.template"
_POD = f"{TEMPLATE}.spec"

DIFFERENCES: tuple[Row, ...] = (
    Row("*", "metadata.namespace", "the kustomization sets it"),
    Row("*", "metadata.labels", "app.kubernetes.io/name and part-of take the place of kecs.io/*"),
    Row("*", "metadata.annotations", "ARNs and facts in annotations kecs.io/* mean nothing without kecs"),
    Row("*", "metadata.ownerReferences", "there is no ECSService that owns the objects"),
    Row("*", "metadata.name", "without the hash of what is no DNS label, where the name is free in the tree"),
    Row("*", f"{_POD}.containers[].name", "without its hash, as above"),
    Row("*", f"{_POD}.initContainers[].name", "without its hash, as above"),
    Row("*", f"{_POD}.volumes[].name", "without its hash, as above"),
    Row("*", f"{_POD}.containers[].volumeMounts[].name", "without its hash, as above"),
    Row("*", f"{_POD}.initContainers[].volumeMounts[].name", "without its hash, as above"),
    Row("*", f"{_POD}.volumes[].persistentVolumeClaim.claimName", "a shorter name"),
    Row("*", f"{_POD}.volumes[].ephemeral.volumeClaimTemplate.spec.storageClassName", "a shorter name"),
    Row("*", "spec.selector", "selects by app.kubernetes.io/name"),
    Row("Deployment", "spec.replicas", "belongs to the HorizontalPodAutoscaler where there is one"),
    Row("Deployment", "spec.strategy", "percentages, which hold at any scale; kecs writes whole numbers at each scale"),
    Row("Deployment", "spec.progressDeadlineSeconds", "Kubernetes's own, so that `kubectl rollout status` ends"),
    Row("*", "spec.minReadySeconds", "kecs counts tasks without a health check as good after a while"),
    Row("*", "spec.revisionHistoryLimit", "Kubernetes's own"),
    Row(
        "*",
        f"{TEMPLATE}.metadata",
        "labels and annotations as above; kecs holds pods with a finalizer for their record",
    ),
    Row("*", f"{_POD}.containers[].env", "plain values stand in a ConfigMap, secrets are references"),
    Row("*", f"{_POD}.initContainers[].env", "plain values stand in a ConfigMap, secrets are references"),
    Row("*", f"{_POD}.containers[].envFrom", "reads the ConfigMap"),
    Row("*", f"{_POD}.initContainers[].envFrom", "reads the ConfigMap"),
    Row("*", f"{_POD}.containers[].restartPolicy", "containers restart in place: nobody else replaces a stopped task"),
    Row("*", f"{_POD}.containers[].restartPolicyRules", "containers restart in place"),
    Row("*", f"{_POD}.containers[].readinessProbe", "a target group's health check, where no container has one"),
    Row("*", f"{_POD}.containers[].lifecycle", "a target group's deregistration delay"),
    Row("*", f"{_POD}.containers[].livenessProbe.initialDelaySeconds", "the grace period of load balancers"),
    Row("*", f"{_POD}.containers[].imagePullPolicy", "Kubernetes's own"),
    Row("*", f"{_POD}.initContainers[].imagePullPolicy", "Kubernetes's own"),
    Row("*", f"{_POD}.initContainers[].restartPolicy", "an init container that fails is tried again"),
    Row("*", f"{_POD}.serviceAccountName", "each service has an account of its own name"),
    Row("*", f"{_POD}.affinity", "tasks are found by app.kubernetes.io/name"),
    Row("*", f"{_POD}.topologySpreadConstraints", "tasks are found by app.kubernetes.io/name"),
    Row("*", f"{_POD}.terminationGracePeriodSeconds", "left out where it is Kubernetes's own"),
    Row("*", f"{_POD}.imagePullSecrets", "a registry's credentials are a Secret to fill"),
    Row("Service", "spec.publishNotReadyAddresses", "containers restart in place, so the pod becomes ready again"),
    Row("Service", "spec.type", "left out where it is Kubernetes's own; LoadBalancer for a network load balancer"),
    Row("PodDisruptionBudget", "spec.selector", "selects by app.kubernetes.io/name"),
    Row("ServiceAccount", "metadata.name", "each service has an account of its own name"),
)
