"""Reads template.yaml: functions, routes, queues, buckets.

The file is evaluated as CloudFormation does: parameters have their defaults or the given values,
conditions hold or not, and references become the physical ids of this machine's resources.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from devstack.processes import DevStackError
from devstack.servers import REGION

ACCOUNT = "000000000000"
STACK = "heartsense-local"
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")

Properties = dict[str, Any]


@dataclass(frozen=True)
class Route:
    method: str
    resource: str
    function: str


@dataclass(frozen=True)
class QueueEvent:
    """An SQS event source of a function."""

    queue: str
    batch_size: int
    partial_failures: bool


@dataclass(frozen=True)
class ScheduleEvent:
    """A schedule of a function: its period in seconds."""

    seconds: float


@dataclass(frozen=True)
class Function:
    """A function of the template; timeout in seconds, memory in MB."""

    name: str
    handler: str
    timeout: float
    memory: int
    environment: Mapping[str, str]
    queues: tuple[QueueEvent, ...]
    schedules: tuple[ScheduleEvent, ...] = ()


class Template:
    """A SAM template with its parameters set.

    Parameters
    ----------
    path
        The YAML file.
    parameters
        Values that override the template's defaults.

    Raises
    ------
    DevStackError
        The file is missing or uses something that is not supported here.
    """

    def __init__(self, path: Path, parameters: Mapping[str, str] | None = None) -> None:
        if not path.is_file():
            raise DevStackError(f"There is no template at {path}.")
        self._path = path
        self._document: Properties = yaml_parse(path.read_text())
        declared = self._document.get("Parameters", {})
        self._values: dict[str, Any] = {
            "AWS::Region": REGION,
            "AWS::AccountId": ACCOUNT,
            "AWS::Partition": "aws",
            "AWS::StackName": STACK,
            "AWS::URLSuffix": "amazonaws.com",
            **{name: parameter.get("Default", "") for name, parameter in declared.items()},
            **{name: value for name, value in (parameters or {}).items() if name in declared},
        }

    @cached_property
    def functions(self) -> dict[str, Function]:
        return {
            name: self._function(name, properties)
            for name, properties in self.resources("AWS::Serverless::Function").items()
        }

    @cached_property
    def routes(self) -> list[Route]:
        return [
            Route(method, event["Path"], name)
            for name, properties in self.resources("AWS::Serverless::Function").items()
            for event in _events(properties, "Api")
            for method in (
                _METHODS
                if event["Method"].lower() in {"any", "x-amazon-apigateway-any-method"}
                else (event["Method"].upper(),)
            )
        ]

    @cached_property
    def api(self) -> Properties:
        """Properties of the REST API, merged over those of Globals."""
        shared = self.resolve(self._document.get("Globals", {}).get("Api", {}))
        own = next(iter(self.resources("AWS::Serverless::Api").values()), {})
        return {**shared, **own}

    def resources(self, kind: str) -> dict[str, Properties]:
        """Properties of all resources of a type by logical id, references resolved."""
        return {
            name: self.resolve(resource.get("Properties", {}))
            for name, resource in self._document["Resources"].items()
            if resource["Type"] == kind and self._is_true(resource.get("Condition"))
        }

    def nested(self, name: str) -> "Template":
        """The template of one nested stack, with the parameters that this one gives it."""
        stack = self.resolve(self._document["Resources"][name]["Properties"])
        return Template(self._path.parent / stack["TemplateURL"], stack["Parameters"])

    def resolve(self, node: Any) -> Any:
        """A part of the document with its intrinsic functions resolved."""
        if isinstance(node, list):
            items = [self.resolve(item) for item in node]
            return [item for item in items if item is not _NO_VALUE]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((name, argument),) = node.items()
            if name in self._intrinsics:
                return self._intrinsics[name](argument)
        found = {key: self.resolve(value) for key, value in node.items()}
        return {key: value for key, value in found.items() if value is not _NO_VALUE}

    def _function(self, name: str, own: Properties) -> Function:
        shared = self.resolve(self._document.get("Globals", {}).get("Function", {}))
        merged = {**shared, **own}
        environment = {
            **shared.get("Environment", {}).get("Variables", {}),
            **own.get("Environment", {}).get("Variables", {}),
        }
        return Function(
            name=name,
            handler=merged["Handler"],
            timeout=float(merged.get("Timeout", 3)),
            memory=int(merged.get("MemorySize", 128)),
            environment={key: str(value) for key, value in environment.items()},
            queues=tuple(
                QueueEvent(
                    queue=event["Queue"].rpartition(":")[2],
                    batch_size=int(event.get("BatchSize", 10)),
                    partial_failures="ReportBatchItemFailures"
                    in event.get("FunctionResponseTypes", []),
                )
                for event in _events(own, "SQS")
            ),
            schedules=tuple(
                ScheduleEvent(_seconds(event["Schedule"])) for event in _events(own, "Schedule")
            ),
        )

    @cached_property
    def _intrinsics(self) -> dict[str, Any]:
        return {
            "Ref": self._ref,
            "Fn::GetAtt": self._attribute,
            "Fn::Sub": self._sub,
            "Fn::Join": lambda pair: pair[0].join(map(str, self.resolve(pair[1]))),
            "Fn::If": lambda three: self.resolve(three[1 if self._is_true(three[0]) else 2]),
            "Fn::FindInMap": lambda keys: self._find_in_map(*map(self.resolve, keys)),
        }

    def physical_id(self, name: str) -> str:
        """The physical id on this machine: the template's name, or one from the logical id."""
        properties = self._document["Resources"][name].get("Properties", {})
        own = properties.get("BucketName") or properties.get("QueueName")
        return str(self.resolve(own)) if own else f"{STACK}-{name}".lower()

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return _NO_VALUE
        return self._values[name] if name in self._values else self.physical_id(name)

    def _attribute(self, path: str | list[str]) -> str:
        name, attribute = path.split(".", 1) if isinstance(path, str) else path
        match self._document["Resources"][name]["Type"], attribute:
            case "AWS::S3::Bucket", "Arn":
                return f"arn:aws:s3:::{self.physical_id(name)}"
            case "AWS::SQS::Queue", "Arn":
                return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{self.physical_id(name)}"
        return f"{self.physical_id(name)}.{attribute}"  # of resources that do not exist here

    def _sub(self, argument: str | list[Any]) -> str:
        text, own = (argument, {}) if isinstance(argument, str) else argument
        known = {key: self.resolve(value) for key, value in own.items()}

        def value(match: re.Match[str]) -> str:
            name = match[1]
            if name.startswith("!"):
                return f"${{{name[1:]}}}"
            if name in known:
                return str(known[name])
            return str(self._attribute(name) if "." in name else self._ref(name))

        return re.sub(r"\$\{([^}]+)\}", value, text)

    def _find_in_map(self, mapping: str, first: str, second: str) -> Any:
        return self._document["Mappings"][mapping][first][second]

    def _is_true(self, condition: Any) -> bool:
        """Evaluate a condition, given by name or as written."""
        if condition is None:
            return True
        if isinstance(condition, str):
            return self._is_true(self._document["Conditions"][condition])
        ((name, argument),) = condition.items()
        match name:
            case "Condition":
                return self._is_true(argument)
            case "Fn::Equals":
                return str(self.resolve(argument[0])) == str(self.resolve(argument[1]))
            case "Fn::Not":
                return not self._is_true(argument[0])
            case "Fn::And":
                return all(map(self._is_true, argument))
            case "Fn::Or":
                return any(map(self._is_true, argument))
        raise DevStackError(f"The template's condition function {name} is not supported.")


_NO_VALUE = object()


def _seconds(schedule: str) -> float:
    """The period of ``rate(N UNIT)``; DevStackError for cron expressions."""
    match = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", schedule)
    if match is None:
        raise DevStackError(f"The template's schedule {schedule} is not supported.")
    return int(match[1]) * {"minute": 60.0, "hour": 3600.0, "day": 86400.0}[match[2]]


def _events(properties: Properties, kind: str) -> list[Properties]:
    return [
        event["Properties"]
        for event in properties.get("Events", {}).values()
        if event["Type"] == kind
    ]
