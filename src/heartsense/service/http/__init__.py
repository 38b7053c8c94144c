"""What every function's HTTP side shares: resolver, problems, identity, database."""

from heartsense.service.database import database
from heartsense.service.error_log import describe
from heartsense.service.http.authentication import (
    SIGNED_IN,
    Caller,
    DeletingCaller,
    key_ring,
    require,
)
from heartsense.service.http.authorization import readable
from heartsense.service.http.json_body import json_only
from heartsense.service.http.problems import Problem, documented
from heartsense.service.http.resolver import build_api

__all__ = [
    "SIGNED_IN",
    "Caller",
    "DeletingCaller",
    "Problem",
    "build_api",
    "database",
    "describe",
    "documented",
    "json_only",
    "key_ring",
    "readable",
    "require",
]
