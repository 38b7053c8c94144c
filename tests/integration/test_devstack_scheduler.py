"""Scheduled events of the development stack."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from devstack.function_pool import FunctionPool, base_environment
from devstack.processes import DevStackError
from devstack.scheduler import Scheduler
from devstack.servers import EMULATOR_ENVIRONMENT
from devstack.template import Function, ScheduleEvent, Template
from tests.support.paths import ROOT


def test_a_function_is_called_again_and_again(tmp_path: Path) -> None:
    delivered = tmp_path / "delivered"
    environment = {**base_environment(), **EMULATOR_ENVIRONMENT, "DELIVERED": str(delivered)}
    function = Function("EchoFunction", "tests.support.stub.echo.handler", 10, 128, {}, ())

    async def run() -> None:
        pool = FunctionPool(function, environment, tmp_path / "log")
        await pool.start()
        timer = asyncio.create_task(Scheduler(ScheduleEvent(0.05), pool).run())
        while not delivered.exists() or len(delivered.read_text().splitlines()) < 3:
            await asyncio.sleep(0.05)
        timer.cancel()
        with suppress(asyncio.CancelledError):
            await timer
        await pool.stop()

    asyncio.run(asyncio.wait_for(run(), 60))


def test_the_templates_schedule_rate_is_read() -> None:
    template = Template(ROOT / "template.yaml")
    assert template.functions["ReportFunction"].schedules == (ScheduleEvent(60.0),)
    assert template.functions["AuthFunction"].schedules == (ScheduleEvent(86400.0),)


def test_a_cron_expression_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(
        (ROOT / "template.yaml").read_text().replace("rate(1 minute)", "cron(0 5 * * ? *)")
    )
    with pytest.raises(DevStackError, match="cron"):
        _ = Template(path).functions
