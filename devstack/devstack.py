"""The whole development stack: starts its parts in order and stops them together."""

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from pymongo import MongoClient
from pymongo.errors import ConnectionFailure

from devstack import openapi
from devstack.backends import Backends, DevStackSettings, backends
from devstack.function_pool import ROOT, FunctionPool, base_environment
from devstack.gateway import Gateway, server
from devstack.mail_folder import serve_mail
from devstack.processes import HOST, DevStackError, check_port_free, free_port
from devstack.scheduler import Scheduler
from devstack.sqs_poller import SqsPoller
from devstack.static_pages import StaticPages
from devstack.template import Function, QueueEvent, Template
from heartsense.service import maintenance
from heartsense.service.accounts import KeyRing
from heartsense.service.ids import new_secret
from heartsense.service.settings import DatabaseSettings, load

_WATCH_SECONDS = 0.5
SECRETS = ("MONGODB_URI", "TOKEN_KEYS", "TOKEN_JWKS", "LIMITER_KEY")
_WORKER = "UploadWorkerFunction"
QUEUE_URLS = ("UPLOAD_QUEUE_URL", "EXPORT_QUEUE_URL")
_KEY_RING_FILE = "token-keys.json"
_LIMITER_KEY_FILE = "limiter-key"


@dataclass(frozen=True)
class DevStack:
    """A development stack: the gateway's port, the data folder, and the template.

    `firewall` tells whether each source's requests are limited.
    """

    port: int
    data: Path
    template: Path = ROOT / "template.yaml"
    firewall: bool = True

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def environment(self) -> Path:
        return self.data / "environment"

    @property
    def mails(self) -> Path:
        return self.data / "mails"

    def run(self, announce: Callable[[Backends], None]) -> None:
        """Run until a signal ends it; `announce` is called once requests are answered.

        Raises
        ------
        DevStackError
            A part does not start, or exits.
        SettingsError
            The environment holds an invalid value.
        """
        check_port_free(self.port, "the gateway")
        settings = load(DevStackSettings)
        template = Template(
            self.template, {"WebOrigin": self.url, "Firewall": "yes" if self.firewall else "no"}
        )
        self.data.mkdir(parents=True, exist_ok=True)
        keys = os.environ.get("TOKEN_KEYS") or _key_ring(self.data)
        smtp_port = free_port()
        with backends(self.data, template, settings, smtp_port) as services:
            _create_indexes(services.environment["MONGODB_URI"])
            self._write_environment(services, template, settings)
            shared = {
                **services.environment,
                "TOKEN_KEYS": keys,
                "TOKEN_JWKS": KeyRing.from_json(keys).public().to_jwks(),
                "LIMITER_KEY": _limiter_key(self.data),
                "WEB_ORIGIN": self.url,
                "HEARTSENSE_MODEL": str(ROOT / "layers" / "inference" / "model"),
                "POWERTOOLS_TRACE_DISABLED": "true",
            }
            queues = _queue_urls(services, template)
            pools = {
                name: FunctionPool(
                    function,
                    function_environment(function, {**shared, **queues}, os.environ),
                    self.data / "logs" / f"{name}.log",
                )
                for name, function in template.functions.items()
            }
            asyncio.run(self._serve(services, template, pools, settings, smtp_port, announce))

    def _write_environment(
        self, services: Backends, template: Template, settings: DevStackSettings
    ) -> None:
        """Write the variables that ``env $(cat FILE) heartsense admin`` needs."""
        known = {**services.environment, "PICTURES_BUCKET": _bucket(template, settings)}
        lines = [f"{name}={value}\n" for name, value in known.items() if name not in os.environ]
        self.environment.write_text("".join(lines))

    async def _serve(
        self,
        services: Backends,
        template: Template,
        pools: Mapping[str, FunctionPool],
        settings: DevStackSettings,
        smtp_port: int,
        announce: Callable[[Backends], None],
    ) -> None:
        async with AsyncExitStack() as stack:
            mail = await serve_mail(self.mails, smtp_port)
            stack.callback(mail.close)
            for pool in pools.values():
                stack.push_async_callback(pool.stop)
            await asyncio.gather(*(pool.start() for pool in pools.values()))
            description = await asyncio.to_thread(openapi.document, template)
            pages = StaticPages(description, ROOT / "web", _pictures(services, template, settings))
            gateway = server(Gateway(template, pools, pages), self.port)
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(SqsPoller(event, pool, services.client("sqs")).run())
                    for event, pool in _event_sources(template, pools, settings)
                ]
                tasks += [
                    group.create_task(Scheduler(event, pools[name]).run())
                    for name, function in template.functions.items()
                    for event in function.schedules
                ]
                tasks.append(group.create_task(_watch(services, gateway, announce)))
                await gateway.serve()
                for task in tasks:
                    task.cancel()


def function_environment(
    function: Function, shared: Mapping[str, str], own: Mapping[str, str]
) -> dict[str, str]:
    """The environment of a function's processes.

    The template's variables, overridden by those of this stack, then by the caller's variables of
    the same names. A secret that is given as a value is not looked up by its name, and only
    functions whose template names a secret have it.
    """
    known = {name.removesuffix("_SECRET") for name in function.environment}
    given = {
        name: value
        for name, value in shared.items()
        if name in known or name not in {*SECRETS, *QUEUE_URLS}
    }
    declared = {**function.environment, **given}
    chosen = {name: own[name] for name in declared if own.get(name)}
    merged = {
        **base_environment(),
        **declared,
        **chosen,
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
    }
    return {
        name: value
        for name, value in merged.items()
        if not (name.endswith("_SECRET") and name.removesuffix("_SECRET") in merged)
    }


def _key_ring(data: Path) -> str:
    """The JSON of the key ring that signs access tokens, created on the first start.

    Only the owner can read the file.
    """
    return KeyRing.from_json(_kept(data / _KEY_RING_FILE, KeyRing.generate().to_json())).to_json()


def _limiter_key(data: Path) -> str:
    """The key of the rate limiter's digests, created on the first start."""
    return _kept(data / _LIMITER_KEY_FILE, new_secret())


def _kept(path: Path, new: str) -> str:
    """The content of a file that only its owner can read; `new` where there is none yet."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text()
    with os.fdopen(handle, "w") as file:
        file.write(new)
    return new


def _create_indexes(uri: str) -> None:
    """As ``heartsense admin create-indexes`` does: a unique index keeps e-mail addresses unique."""
    with MongoClient[dict[str, Any]](uri, serverSelectionTimeoutMS=2000) as client:
        try:
            maintenance.create_indexes(client[load(DatabaseSettings).mongodb_database])
        except ConnectionFailure:
            raise DevStackError(
                "The database that MONGODB_URI names does not answer. "
                "Start it, or unset the variable."
            ) from None


def _pictures(services: Backends, template: Template, settings: DevStackSettings) -> str:
    """The origin of the pictures' presigned URLs; empty where no function has a bucket."""
    bucket = _bucket(template, settings)
    return services.origin(bucket) if bucket else ""


def _bucket(template: Template, settings: DevStackSettings) -> str:
    """The pictures bucket; empty where no function has one."""
    named = (f.environment.get("PICTURES_BUCKET") for f in template.functions.values())
    return settings.pictures_bucket or next(filter(None, named), "")


def _queue_urls(services: Backends, template: Template) -> dict[str, str]:
    """The URLs of queues that functions send to; what the template refers to is a name here."""
    named = {
        variable: function.environment[variable]
        for function in template.functions.values()
        for variable in QUEUE_URLS
        if variable in function.environment
    }
    return {
        variable: services.client("sqs").get_queue_url(QueueName=queue)["QueueUrl"]
        for variable, queue in named.items()
    }


def _event_sources(
    template: Template, pools: Mapping[str, FunctionPool], settings: DevStackSettings
) -> Iterable[tuple[QueueEvent, FunctionPool]]:
    """The functions' event source mappings; on AWS only of the queue that the settings name.

    On AWS the dispatcher fills that queue, so only the worker of this machine has work.
    """
    for name, function in template.functions.items():
        for event in function.queues:
            if settings.pictures_bucket is None:
                yield event, pools[name]
            elif settings.uploads_queue and name == _WORKER:
                remote = QueueEvent(
                    settings.uploads_queue, event.batch_size, event.partial_failures
                )
                yield remote, pools[name]


async def _watch(
    services: Backends, gateway: uvicorn.Server, announce: Callable[[Backends], None]
) -> None:
    """Announce the stack once the gateway is up; raise DevStackError when a backend exits."""
    while not gateway.started:
        await asyncio.sleep(0.01)
    announce(services)
    while True:
        services.check_alive()
        await asyncio.sleep(_WATCH_SECONDS)
