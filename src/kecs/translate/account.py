"""The task role as a ServiceAccount."""

from kecs.model.objects import TaskDefinitionSpec
from kecs.translate.body import Json
from kecs.translate.launch import Launch


def pod_account(definition: TaskDefinitionSpec, launch: Launch) -> Json:
    """Return `serviceAccountName` and `automountServiceAccountToken`."""
    return {"automountServiceAccountToken": False}
