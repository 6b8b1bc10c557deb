"""Whose resources these are: the AWS account and region of a request or an object."""

import msgspec

DEFAULT_ACCOUNT = "123456789012"
DEFAULT_REGION = "us-east-1"


class Scope(msgspec.Struct, frozen=True, order=True):
    """An account (twelve digits) and a region (any name). Resources of different scopes never see each other."""

    account: str = DEFAULT_ACCOUNT
    region: str = DEFAULT_REGION

    @property
    def partition(self) -> str:
        """The ARN partition of the region: `aws`, `aws-cn` or `aws-us-gov`."""
        if self.region.startswith("cn-"):
            return "aws-cn"
        if self.region.startswith("us-gov-"):
            return "aws-us-gov"
        return "aws"
