"""``heartsense admin``: what only those who run HeartSense may do.

Everything is read from the environment, as functions read it.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from heartsense.cli.admin_setup import (
    check_libraries,
    cloud_bucket,
    connected,
    failures,
    key_ring_store,
)

if TYPE_CHECKING:
    from heartsense.service.accounts import Account, AccountRepository, KeyRing

app = typer.Typer(
    help="Run HeartSense: indexes, roles, accounts, keys. Reads MONGODB_URI and the like.",
    no_args_is_help=True,
)

RoleArgument = Annotated[
    Literal["doctor", "administrator"],  # Role itself needs the service's libraries
    typer.Argument(metavar="doctor|administrator", show_default=False),
]
AddressArgument = Annotated[str, typer.Argument(metavar="ADDRESS", show_default=False)]


class Step(StrEnum):
    """How far a rotation of the token key goes."""

    ANNOUNCE = "announce"
    SIGN = "sign"
    REPLACE = "replace"


app.callback()(check_libraries)


@app.command()
def create_indexes() -> None:
    """Make the indexes of all collections; may be repeated. Needed before the first request."""
    from heartsense.service import maintenance

    with failures(), connected() as database:
        maintenance.create_indexes(database)
    typer.echo("The indexes are there.")


@app.command()
def grant(role: RoleArgument, address: AddressArgument) -> None:
    """Make the account of ADDRESS a doctor or an administrator; its address must be confirmed."""
    from heartsense.service.accounts import Role

    _change_roles(
        address, lambda store, account: store.grant(account.id, Role(role)), confirmed=True
    )


@app.command()
def revoke(role: RoleArgument, address: AddressArgument) -> None:
    """Take a role away, from the next request on."""
    from heartsense.service.accounts import Role

    _change_roles(address, lambda store, account: store.revoke(account.id, Role(role)))


@app.command()
def end_sessions(address: AddressArgument) -> None:
    """Sign an account out everywhere, at once."""
    from heartsense.service.accounts import AccountRepository

    with failures(), connected() as database:
        AccountRepository(database).end_sessions(_account(database, address).id)
    typer.echo("All sessions ended.")


@app.command()
def delete_user(
    address: AddressArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete an account with everything that belongs to it."""
    from heartsense.service import maintenance

    with failures(), connected() as database:
        bucket = cloud_bucket()
        account = _account(database, address)
        if not yes:
            typer.confirm(f"Delete {account.address.text} and everything of it?", abort=True)
        maintenance.account_deletion(database, bucket).delete(account)
    typer.echo("Deleted.")


@app.command()
def sweep() -> None:
    """Finish deletions that were cut off."""
    from heartsense.service import maintenance

    with failures(), connected() as database:
        typer.echo(f"Deletions finished: {maintenance.sweep(database, cloud_bucket())}")


@app.command()
def rotate_token_key(
    step: Step,
    file: Annotated[
        Path | None,
        typer.Option(help="A key ring on this machine, instead of the secret."),
    ] = None,
) -> None:
    """Change the key that signs access tokens, in two steps.

    First announce; then, once every function has read it (after five minutes), sign. Nobody is
    signed out. After a key has leaked replace it instead: tokens that it signed end at once, and
    clients fetch new ones with their refresh tokens.

    The ring is in the Secrets Manager entry that TOKEN_KEYS_SECRET names, or in --file.
    """
    from heartsense.service.accounts import KeyRing

    changes: dict[Step, Callable[[KeyRing], KeyRing]] = {
        Step.ANNOUNCE: KeyRing.with_announced_key,
        Step.SIGN: KeyRing.rotated,
        Step.REPLACE: lambda _: KeyRing.generate(),
    }
    with failures():
        store = key_ring_store(file)
        ring = changes[step](KeyRing.from_json(store.read()))
        store.write(ring.to_json())
    announced = f", announced: {ring.upcoming}" if ring.upcoming else ""
    typer.echo(f"Signing: {ring.current}{announced}")


def _change_roles(
    address: str, change: Callable[[AccountRepository, Account], None], *, confirmed: bool = False
) -> None:
    from heartsense.errors import AddressNotVerifiedError
    from heartsense.service.accounts import AccountRepository

    with failures(), connected() as database:
        store = AccountRepository(database)
        account = _account(database, address)
        if confirmed and not account.verified:
            # Anybody may register somebody else's address.
            raise AddressNotVerifiedError("This account's address is not confirmed yet.")
        change(store, account)
        typer.echo(f"Roles: {', '.join(sorted(_account(database, address).roles))}")


def _account(database: Any, address: str) -> Account:
    from heartsense.errors import NoSuchAccountError
    from heartsense.service.accounts import AccountRepository
    from heartsense.service.email.address import read_address

    try:
        account = AccountRepository(database).by_address(read_address(address))
    except ValueError:
        account = None
    if account is None:
        raise NoSuchAccountError("There is no account with this address.")
    return account
