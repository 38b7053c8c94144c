"""The whole stack: what is started, in which order, and how it ends."""

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from pymongo import MongoClient

from devstack import openapi
from devstack.backends import Backends, backends
from devstack.function_pool import ROOT, Pool, base_environment
from devstack.gateway import Gateway, server
from devstack.mail_folder import serve_mail
from devstack.processes import HOST, demand_free, free_port
from devstack.scheduler import Scheduler
from devstack.settings import DevStackSettings
from devstack.sqs_poller import SqsPoller
from devstack.static_pages import Pages
from devstack.template import Function, QueueEvent, Template
from devstack.token_keys import create_key_ring
from heartsense.service import maintenance
from heartsense.service.settings import DatabaseSettings, load

_WATCH_SECONDS = 0.5


@dataclass(frozen=True)
class Stack:
    """One local stack: its port, the folder it keeps everything in, and its template."""

    port: int
    data: Path
    template: Path = ROOT / "template.yaml"

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
        """Run until a signal ends it; `announce` is called once everything answers.

        Raises
        ------
        DevStackError
            A part does not start, or ended by itself.
        SettingsError
            The environment holds something that cannot be used.
        """
        demand_free(self.port, "the gateway")
        settings = load(DevStackSettings)
        template = Template(self.template, {"WebOrigin": self.url})
        self.data.mkdir(parents=True, exist_ok=True)
        keys = os.environ.get("TOKEN_KEYS") or create_key_ring(self.data)
        smtp_port = free_port()
        with backends(self.data, template, settings, smtp_port) as behind:
            _create_indexes(behind.environment["MONGODB_URI"])
            self._write_environment(behind, template, settings)
            shared = {
                **behind.environment,
                "TOKEN_KEYS": keys,
                "WEB_ORIGIN": self.url,
                "HEARTSENSE_MODEL": str(ROOT / "layers" / "inference" / "model"),
                "POWERTOOLS_TRACE_DISABLED": "true",
            }
            pools = {
                name: Pool(
                    function,
                    function_environment(function, shared, os.environ),
                    self.data / "logs" / f"{name}.log",
                )
                for name, function in template.functions.items()
            }
            asyncio.run(self._serve(behind, template, pools, settings, smtp_port, announce))

    def _write_environment(
        self, behind: Backends, template: Template, settings: DevStackSettings
    ) -> None:
        """Keep what ``env $(cat FILE) heartsense admin`` needs besides the caller's own."""
        known = {**behind.environment, "PICTURES_BUCKET": _bucket(template, settings)}
        lines = [f"{name}={value}\n" for name, value in known.items() if name not in os.environ]
        self.environment.write_text("".join(lines))

    async def _serve(
        self,
        behind: Backends,
        template: Template,
        pools: Mapping[str, Pool],
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
            pages = Pages(description, ROOT / "web", _pictures(behind, template, settings))
            gateway = server(Gateway(template, pools, pages), self.port)
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(SqsPoller(event, pool, behind.client("sqs")).run())
                    for event, pool in _sources(template, pools, settings)
                ]
                tasks += [
                    group.create_task(Scheduler(event, pools[name]).run())
                    for name, function in template.functions.items()
                    for event in function.schedules
                ]
                tasks.append(group.create_task(_watch(behind, gateway, announce)))
                await gateway.serve()
                for task in tasks:
                    task.cancel()


def function_environment(
    function: Function, shared: Mapping[str, str], own: Mapping[str, str]
) -> dict[str, str]:
    """The environment of a function's processes.

    What the template says, then what this machine offers instead, then what the caller set by the
    same names. A secret that is given is not looked up.
    """
    declared = {**function.environment, **shared}
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


def _create_indexes(uri: str) -> None:
    """What ``heartsense admin create-indexes`` does: without them one address has two accounts."""
    with MongoClient[dict[str, Any]](uri, serverSelectionTimeoutMS=5000) as client:
        maintenance.create_indexes(client[load(DatabaseSettings).mongodb_database])


def _pictures(behind: Backends, template: Template, settings: DevStackSettings) -> str:
    """The origin that browsers send pictures to and get them from; empty where there is none."""
    bucket = _bucket(template, settings)
    return behind.origin(bucket) if bucket else ""


def _bucket(template: Template, settings: DevStackSettings) -> str:
    """The bucket of the pictures; empty where no function has one."""
    named = (f.environment.get("PICTURES_BUCKET") for f in template.functions.values())
    return settings.pictures_bucket or next(filter(None, named), "")


def _sources(
    template: Template, pools: Mapping[str, Pool], settings: DevStackSettings
) -> Iterable[tuple[QueueEvent, Pool]]:
    """Which queue goes to which function; on AWS only a queue that was named for it."""
    for name, function in template.functions.items():
        for event in function.queues:
            if settings.pictures_bucket is None:
                yield event, pools[name]
            elif settings.uploads_queue:
                elsewhere = QueueEvent(
                    settings.uploads_queue, event.batch_size, event.partial_failures
                )
                yield elsewhere, pools[name]


async def _watch(
    behind: Backends, gateway: uvicorn.Server, announce: Callable[[Backends], None]
) -> None:
    """Announce the stack once it answers; end it when a server behind it ends."""
    while not gateway.started:
        await asyncio.sleep(0.01)
    announce(behind)
    while True:
        behind.demand_alive()
        await asyncio.sleep(_WATCH_SECONDS)
