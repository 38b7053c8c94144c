"""What every function's HTTP side shares: resolver, problems, authentication, authorization."""

from heartsense.service.http.authentication import (
    BEARER_AUTH,
    Caller,
    DeletingCaller,
    build_rate_limiter,
    key_ring,
)
from heartsense.service.http.authorization import readable_prediction, require_role
from heartsense.service.http.json_body import require_json
from heartsense.service.http.problems import Problem, openapi_responses
from heartsense.service.http.resolver import build_api

__all__ = [
    "BEARER_AUTH",
    "Caller",
    "DeletingCaller",
    "Problem",
    "build_api",
    "build_rate_limiter",
    "key_ring",
    "openapi_responses",
    "readable_prediction",
    "require_json",
    "require_role",
]
