"""Reviews: resources that are asked, not stored. Whoever holds the token may do everything."""

from collections.abc import Callable
from dataclasses import dataclass

from kecs.embedded.http.answers import Answer, json_answer
from kecs.embedded.http.negotiation import decode
from kecs.embedded.http.request import Request
from kecs.kube.api import Json
from kecs.kube.errors import MethodNotAllowed
from kecs.kube.time import now, rfc3339

_USER: Json = {"username": "kecs-admin", "groups": ["system:masters", "system:authenticated"]}


@dataclass(frozen=True, slots=True)
class Review:
    """One kind of review; `status` answers the body that asked."""

    group: str
    kind: str
    plural: str
    status: Callable[[Json], Json]
    version: str = "v1"


def _access(body: Json) -> Json:
    return {"allowed": True}


def _rules(body: Json) -> Json:
    return {
        "resourceRules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}],
        "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
        "incomplete": False,
    }


def _user(body: Json) -> Json:
    return {"userInfo": _USER}


REVIEWS: dict[tuple[str, str], Review] = {
    (review.group, review.plural): review
    for review in (
        Review("authentication.k8s.io", "SelfSubjectReview", "selfsubjectreviews", _user),
        Review("authorization.k8s.io", "SelfSubjectAccessReview", "selfsubjectaccessreviews", _access),
        Review("authorization.k8s.io", "SelfSubjectRulesReview", "selfsubjectrulesreviews", _rules),
    )
}


async def answer_review(request: Request, review: Review) -> Answer:
    """Answer a POST of a review with its status."""
    if request.method != "POST":
        raise MethodNotAllowed("the server does not allow this method on the requested resource", details={})
    body = decode(request.headers.get("content-type", ""), await request.body(), review.kind)
    answer: Json = {"kind": review.kind, "apiVersion": f"{review.group}/{review.version}"}
    answer["metadata"] = {"creationTimestamp": rfc3339(now())}
    if "spec" in body:
        answer["spec"] = body["spec"]
    return json_answer({**answer, "status": review.status(body)}, 201)
