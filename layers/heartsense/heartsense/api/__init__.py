"""What every function's HTTP side shares: resolver, problems, identity, database."""

from heartsense.api.database import database
from heartsense.api.faults import told
from heartsense.api.identity import SIGNED_IN, Caller, Leaver, key_ring, require
from heartsense.api.media import json_only
from heartsense.api.ownership import readable
from heartsense.api.problems import Problem, documented
from heartsense.api.resolver import build_api

__all__ = [
    "SIGNED_IN",
    "Caller",
    "Leaver",
    "Problem",
    "build_api",
    "database",
    "documented",
    "json_only",
    "key_ring",
    "readable",
    "require",
    "told",
]
