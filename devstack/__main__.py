"""``python -m devstack``: the cloud's parts on this machine."""

import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import boto3
import typer

from devstack import artifacts, measurement
from devstack import openapi as description
from devstack.backends import Backends
from devstack.deploy import deployment
from devstack.errors import DevStackError
from devstack.function_pool import ROOT
from devstack.publish import publish
from devstack.stack import Stack
from devstack.template import Template
from heartsense.errors import HeartSenseError

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help=__doc__,
)

Data = Annotated[Path, typer.Option(help="Where everything is kept.")]


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="Where the API listens.")] = 8000,
    data: Data = Path(".local"),
    template: Annotated[Path, typer.Option(help="What to serve.")] = Path("template.yaml"),
) -> None:
    """Run HeartSense on this machine until Ctrl-C."""
    stack = Stack(port, data.resolve(), template.resolve())

    def announce(behind: Backends) -> None:
        typer.echo(
            f"HeartSense    {stack.url}\n"
            f"API           {stack.url}/docs\n"
            f"MongoDB       {behind.environment['MONGODB_URI']}\n"
            f"AWS           {behind.endpoint or 'the real one'}\n"
            f"Mails         {stack.mails}\n"
            f"Logs          {stack.data / 'logs'}\n"
            f"Operating     env $(cat {stack.environment}) heartsense admin\n"
            "Ctrl-C stops everything."
        )

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with suppress(KeyboardInterrupt):
        stack.run(announce)
    typer.echo("Stopped.")


@app.command()
def openapi(
    write: Annotated[Path | None, typer.Option(help="Write the document there.")] = None,
    check: Annotated[Path | None, typer.Option(help="Fail unless it is the code's.")] = None,
    template: Annotated[Path, typer.Option(help="Whose functions.")] = Path("template.yaml"),
) -> None:
    """The API's description, made from the code of all functions."""
    document = description.document(Template(template))
    if write:
        description.write(document, write)
    if check:
        description.check(document, check)


@app.command()
def sizes() -> None:
    """How large the built functions and layers are; fails above Lambda's limit."""
    typer.echo(artifacts.report(artifacts.Artifacts()))


@app.command()
def deploy(data: Data = Path(".local/deployed")) -> None:
    """Deploy what was built into an emulator of its own, by sam, and run it until Ctrl-C."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with suppress(KeyboardInterrupt), deployment(data.resolve()) as deployed:
        typer.echo(
            f"API           {deployed.url}\n"
            f"MongoDB       {deployed.mongodb_uri}\n"
            f"AWS           {deployed.endpoint}\n"
            f"Mails         {deployed.mails}\n"
            "Ctrl-C stops everything."
        )
        signal.pause()
    typer.echo("Stopped.")


@app.command("publish")
def publish_web(
    stack: Annotated[str, typer.Option(help="The deployed stack.")],
    api: Annotated[str, typer.Option(help="The API's address; by default the stack's own.")] = "",
) -> None:
    """Put web/ into the bucket of a stack on AWS, reached as the AWS command line reaches it."""
    (described,) = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    outputs = {entry["OutputKey"]: entry["OutputValue"] for entry in described["Outputs"]}
    count = publish(
        ROOT / "web",
        outputs,
        api or outputs["ApiUrl"],
        boto3.client("s3"),
        boto3.client("cloudfront"),
    )
    typer.echo(f"{count} files are at {outputs['WebUrl']}")


@app.command()
def measure(
    picture: Annotated[Path, typer.Argument(help="What to classify.")],
    calls: Annotated[int, typer.Option(help="Warm calls.")] = 20,
    starts: Annotated[int, typer.Option(help="Cold starts.")] = 3,
) -> None:
    """Time the built predict function under Lambda's runtime emulator, with one processor."""
    typer.echo(measurement.measure(picture, calls, starts))


def main() -> None:
    """Run a command; what keeps it from running needs no traceback."""
    try:
        app()
    except* (DevStackError, HeartSenseError) as group:
        for error in _leaves(group):
            typer.echo(f"error: {error}", err=True)
        raise SystemExit(1) from None


def _leaves(group: BaseExceptionGroup[Exception]) -> list[Exception]:
    return [
        leaf
        for error in group.exceptions
        for leaf in (_leaves(error) if isinstance(error, BaseExceptionGroup) else [error])
    ]


if __name__ == "__main__":
    main()
