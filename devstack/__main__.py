"""``python -m devstack``: run, build-check and deploy HeartSense on this machine."""

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
from devstack.devstack import DevStack
from devstack.function_pool import ROOT
from devstack.processes import DevStackError
from devstack.publish import publish
from devstack.template import Template
from heartsense.errors import HeartSenseError

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help=__doc__,
)

Data = Annotated[Path, typer.Option(help="Data folder.")]


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="Port of the API.")] = 8000,
    data: Data = Path(".local"),
    template: Annotated[Path, typer.Option(help="SAM template to serve.")] = Path("template.yaml"),
    firewall: Annotated[bool, typer.Option(help="Limit the requests of each source.")] = True,
) -> None:
    """Serve HeartSense on this machine until Ctrl-C."""
    stack = DevStack(port, data.resolve(), template.resolve(), firewall)

    def announce(services: Backends) -> None:
        typer.echo(
            f"HeartSense    {stack.url}\n"
            f"API           {stack.url}/docs\n"
            f"MongoDB       {services.environment['MONGODB_URI']}\n"
            f"AWS           {services.endpoint or 'AWS itself'}\n"
            f"Mails         {stack.mails}\n"
            f"Logs          {stack.data / 'logs'}\n"
            f"Admin         env $(cat {stack.environment}) heartsense admin\n"
            "Ctrl-C stops everything."
        )

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with suppress(KeyboardInterrupt):
        stack.run(announce)
    typer.echo("Stopped.")


@app.command()
def openapi(
    write: Annotated[Path | None, typer.Option(help="Write the document to this file.")] = None,
    check: Annotated[Path | None, typer.Option(help="Fail when this file is stale.")] = None,
    template: Annotated[Path, typer.Option(help="SAM template.")] = Path("template.yaml"),
) -> None:
    """Generate the API's OpenAPI document from the code of all functions."""
    document = description.document(Template(template))
    if write:
        description.write(document, write)
    if check:
        description.check(document, check)


@app.command()
def sizes() -> None:
    """Print the sizes of the built functions and layers; fail above Lambda's limit."""
    typer.echo(artifacts.report(artifacts.Artifacts()))


@app.command()
def deploy(data: Data = Path(".local/deployed")) -> None:
    """Deploy the build into a new emulator with sam, and run it until Ctrl-C."""
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
    stack: Annotated[str, typer.Option(help="Name of the CloudFormation stack.")],
    api: Annotated[str, typer.Option(help="URL of the API; by default the stack's.")] = "",
) -> None:
    """Publish web/ to the bucket of a stack on AWS, with the AWS command line's credentials."""
    (described,) = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    outputs = {entry["OutputKey"]: entry["OutputValue"] for entry in described["Outputs"]}
    count = publish(
        ROOT / "web",
        outputs,
        api or outputs["ApiUrl"],
        boto3.client("s3"),
        boto3.client("cloudfront"),
    )
    typer.echo(f"Published {count} files: {outputs['WebUrl']}")


@app.command()
def measure(
    picture: Annotated[Path, typer.Argument(help="Picture to classify.")],
    calls: Annotated[int, typer.Option(help="Number of warm invocations.")] = 20,
    starts: Annotated[int, typer.Option(help="Number of cold starts.")] = 3,
) -> None:
    """Time the built predict function under the Lambda runtime emulator, on one CPU."""
    typer.echo(measurement.measure(picture, calls, starts))


def main() -> None:
    """Run a command; print expected errors without a traceback."""
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
