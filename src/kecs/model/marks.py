"""The labels, annotations and finalizers that kecs writes, each with what it says.

Labels select, so their values are DNS-safe (`kecs.model.names`); annotations carry the facts in full.
"""

GROUP = "kecs.io"
VERSION = "v1alpha1"
MANAGER = "kecs"  # the field manager of everything that kecs applies

# Labels.
CLUSTER = "kecs.io/cluster"  # names.cluster() of the cluster, on everything in its namespace
SERVICE = "kecs.io/service"  # names.service() of the service
TASKSET = "kecs.io/taskset"  # id of the task set
TASKSET_EXTERNAL_ID = "kecs.io/taskset-external-id"
ROLE = "kecs.io/role"  # what the object stands for: cluster, service, taskset, task
REQUEST = "kecs.io/request"  # on pods and records of RunTask with a client token: digests of token, place and the rest
ATTRIBUTE = "attribute.kecs.io/"  # of nodes, before the name of an ECS attribute that a user gave them
FAMILY = "kecs.io/family"  # names.label() of the task definition's family
ECS_DEPLOYMENT = "kecs.io/ecsdeployment"  # names.label() of the ECSDeployment that it was made for, "" of several
TASK_GROUP = "kecs.io/group"  # names.label() of a task's group, where it is neither a service's nor a family's
NETWORK = "kecs.io/network"  # on pods that a network policy selects by their network mode: none
REGION = "kecs.io/region"  # of cluster-scoped resources; the default region when absent
ACCOUNT = "kecs.io/account"  # of cluster-scoped resources; the default account when absent

PART_OF = "app.kubernetes.io/part-of"  # on what kecs itself consists of, its namespace among it: `kecs`

ROLE_CLUSTER = "cluster"
ROLE_SERVICE = "service"
ROLE_TASK = "task"
ROLE_STORAGE = "storage"  # of a StorageClass
ROLE_RECORD = "service-record"  # of an ECSService that is over and only described

# Annotations.
CLUSTER_ARN = "kecs.io/cluster-arn"  # on the namespace and what is in it
SERVICE_ARN = "kecs.io/service-arn"
TASK = "kecs.io/task"  # on pods: what ECS knows of the task and Kubernetes has no field for (JSON, translate.facts)
DEPLOYMENT_ID = (
    "kecs.io/deployment-id"  # on a service's pod template: the ECS deployment that it is ("ecs-svc/19 digits")
)
DEPLOYMENT = "kecs.io/deployment"  # on an ECSService: the wanted deployment (JSON, objects.WantedDeployment)
DOCKER_LABELS = "kecs.io/docker-labels"  # on pods: the containers' Docker labels (JSON, by ECS name)
STOP = "kecs.io/stop"  # on pods, before they are deleted: why the task ends (JSON, objects.StopNote)
DELETED_AT = "kecs.io/deleted-at"  # on an ECSService or ECSCluster: the AWS API was asked to delete it (epoch seconds)
CREATED_AT = "kecs.io/created-at"  # epoch seconds with milliseconds, where creationTimestamp is too coarse
MADE_OF = "kecs.io/made-of"  # on the workload of an ECSDeployment: a digest of the definitions of its pod template
TEMPLATE = "kecs.io/template"  # beside it: a digest of the template that was made of them
HEAD = "kecs.io/head"  # on a revision: the head, and the generation of it, that it was made from
FORCE_NEW_DEPLOYMENT = (
    "kecs.io/force-new-deployment"  # any new value asks for a new deployment, as `rollout restart` does
)

# Finalizers.
TASK_FINALIZER = "kecs.io/task"  # holds a task's pod until its end is recorded as an ECSTask
SERVICE_FINALIZER = "kecs.io/service"  # holds an ECSService until its tasks have ended
CLUSTER_FINALIZER = "kecs.io/cluster"  # holds an ECSCluster until its namespace is gone

# Scheduling gates.
HELD = "kecs.io/held"  # on pods that keep the places of a DaemonSet's tasks while those are not to be started
