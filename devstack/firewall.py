"""AWS WAF's rate-based rules on one machine, read from infra/firewall.yaml."""

import re
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from devstack.events import HttpResponse, Request
from devstack.template import Template

STACK = "FirewallStack"


@dataclass
class RateRule:
    """One rule: at most `limit` requests of a source within `window` seconds.

    Unlike WAF, which looks every few seconds, it refuses from the first request above the limit.
    As there, refused requests count too, so a source that goes on stays refused.
    """

    matches: Callable[[str], bool]
    limit: int
    window: float
    refusal: HttpResponse
    _times: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def refuses(self, source: str, path: str, now: float) -> bool:
        """Count a request; whether it is above the limit."""
        if not self.matches(path):
            return False
        times = self._times[source]
        while times and times[0] <= now - self.window:
            times.popleft()
        times.append(now)
        if len(times) > self.limit + 1:  # a longer memory would change nothing
            times.popleft()
        return len(times) > self.limit


class Firewall:
    """The rules of a template's firewall stack; without that stack, none."""

    def __init__(self, template: Template) -> None:
        self._rules: list[RateRule] = []
        if STACK in template.resources("AWS::CloudFormation::Stack"):
            acls = template.nested(STACK).resources("AWS::WAFv2::WebACL")
            self._rules = [
                _rule(rule, acl["CustomResponseBodies"])
                for acl in acls.values()
                for rule in sorted(acl["Rules"], key=lambda rule: int(rule["Priority"]))
            ]

    def refusal(self, request: Request) -> HttpResponse | None:
        """The response to a request above a limit; None for one to let through."""
        now = time.monotonic()
        for rule in self._rules:
            if rule.refuses(request.source_ip, request.path, now):
                return rule.refusal
        return None


def _rule(rule: Mapping[str, Any], bodies: Mapping[str, Any]) -> RateRule:
    statement = rule["Statement"]["RateBasedStatement"]
    answer = rule["Action"]["Block"]["CustomResponse"]
    headers = [(entry["Name"], str(entry["Value"])) for entry in answer["ResponseHeaders"]]
    body = bodies[answer["CustomResponseBodyKey"]]["Content"]
    return RateRule(
        _matcher(statement.get("ScopeDownStatement")),
        int(statement["Limit"]),
        float(statement["EvaluationWindowSec"]),
        HttpResponse(
            int(answer["ResponseCode"]),
            [("Content-Type", "application/json"), *headers],
            body.encode(),
        ),
    )


def _matcher(scope: Mapping[str, Any] | None) -> Callable[[str], bool]:
    """Whether a path is in a rule's scope; the two kinds of statements that the rules have."""
    if scope is None:
        return lambda path: True
    if regex := scope.get("RegexMatchStatement"):
        pattern = re.compile(regex["RegexString"])
        return lambda path: pattern.search(path) is not None
    suffix = scope["ByteMatchStatement"]["SearchString"]
    return lambda path: path.endswith(suffix)
