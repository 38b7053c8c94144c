"""``heartsense admin``: commands for those who run the service.

Settings come from the environment, as for the functions.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.core import TyperCommand

from heartsense.cli import admin_audit
from heartsense.cli.admin_setup import (
    check_libraries,
    cloud_bucket,
    connected,
    failures,
    key_ring_store,
)

if TYPE_CHECKING:
    from typer._click.core import Context

    from heartsense.service.accounts import Account, AccountRepository, KeyRing

app = typer.Typer(
    help="Administer the service: indexes, roles, accounts, keys.",
    epilog="Settings such as MONGODB_URI are read from the environment.",
    no_args_is_help=True,
)

AddressArgument = Annotated[
    str,
    typer.Argument(metavar="ADDRESS", help="The account's e-mail address.", show_default=False),
]
# The values of Role in heartsense.service.accounts, which needs the service's libraries.
RoleName = Annotated[
    Literal["doctor", "administrator"],
    typer.Argument(metavar="ROLE", help="doctor or administrator.", show_default=False),
]


FolderArgument = Annotated[
    Path, typer.Argument(metavar="FOLDER", help="The backup's folder.", show_default=False)
]


class _ServiceCommand(TyperCommand):
    """A command that needs the service's libraries, though not for its help."""

    def invoke(self, ctx: Context) -> Any:
        check_libraries()
        return super().invoke(ctx)


_command = partial(app.command, cls=_ServiceCommand)


class Step(StrEnum):
    """A step of the rotation of the token key."""

    ANNOUNCE = "announce"
    SIGN = "sign"
    REPLACE = "replace"


@_command()
def create_indexes() -> None:
    """Create the indexes of all collections; needed before the first request, can be repeated."""
    from heartsense.service import maintenance

    with failures(), connected() as database:
        maintenance.create_indexes(database)
    typer.echo("Indexes created.")


@_command()
def grant(role: RoleName, address: AddressArgument) -> None:
    """Grant a role to an account with a confirmed e-mail address."""
    from heartsense.service.accounts import Role
    from heartsense.service.audit import Action

    def change(database: Any, account: Account) -> None:
        admin_audit.record(database, Action.ROLE_GRANTED, account.id, role)
        _accounts(database).grant(account.id, Role(role))

    _change_roles(address, change, confirmed=True)


@_command()
def revoke(role: RoleName, address: AddressArgument) -> None:
    """Revoke a role, from the next request on."""
    from heartsense.service.accounts import Role
    from heartsense.service.audit import Action

    def change(database: Any, account: Account) -> None:
        admin_audit.record(database, Action.ROLE_REVOKED, account.id, role)
        _accounts(database).revoke(account.id, Role(role))

    _change_roles(address, change)


@_command()
def end_sessions(address: AddressArgument) -> None:
    """End all sessions of an account at once."""
    from heartsense.service.audit import Action

    with failures(), connected() as database:
        account = _account(database, address)
        admin_audit.record(database, Action.SESSIONS_ENDED, account.id)
        _accounts(database).end_sessions(account.id)
    typer.echo("All sessions ended.")


@_command()
def remove_second_factors(address: AddressArgument) -> None:
    """Remove the second factors of an account whose owner lost them; ends its sessions.

    Make sure who asks: whoever knows the password can then sign in.
    """
    from heartsense.service.accounts.second_factor_repository import SecondFactorRepository
    from heartsense.service.audit import Action

    with failures(), connected() as database:
        account = _account(database, address)
        admin_audit.record(database, Action.SECOND_FACTORS_REMOVED, account.id)
        SecondFactorRepository(database).remove_all(account.id)
    typer.echo("Second factors removed; all sessions ended.")


@_command()
def delete_user(
    address: AddressArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
) -> None:
    """Delete an account with all its data."""
    from heartsense.service import maintenance
    from heartsense.service.audit import Action

    with failures(), connected() as database:
        bucket = cloud_bucket()
        account = _account(database, address)
        if not yes:
            typer.confirm(f"Delete {account.address.text} and all its data?", abort=True)
        admin_audit.record(database, Action.ACCOUNT_DELETED, account.id)
        maintenance.account_deletion(database, bucket).delete(account)
    typer.echo("Account deleted.")


@_command()
def audit(
    actor: Annotated[
        str | None, typer.Option(metavar="ID", help="Only what this account or operator did.")
    ] = None,
    owner: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Only data of this account: its id or its address."),
    ] = None,
    since: Annotated[
        datetime | None, typer.Option(metavar="TIME", help="Not before this time, in UTC.")
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Instead, look for changed and removed records.")
    ] = False,
    known: Annotated[
        str | None,
        typer.Option(metavar="DIGEST", help="With --verify: what an earlier one printed."),
    ] = None,
) -> None:
    """Print who did what with whose data, as JSON lines, oldest first."""
    with failures(), connected() as database:
        if verify or known is not None:
            for line in admin_audit.verdict(database, known):
                typer.echo(line)
            return
        if owner is not None and "@" in owner:
            owner = _account(database, owner).id
        for line in admin_audit.lines(database, actor=actor, owner=owner, since=since):
            typer.echo(line)


@_command()
def lift_suppression(address: AddressArgument) -> None:
    """Send e-mail again to an address that bounced or complained; its owner must have agreed."""
    from heartsense.service.email import Suppressions
    from heartsense.service.email.address import read_address

    with failures(), connected() as database:
        try:
            lifted = Suppressions(database).remove(read_address(address))
        except ValueError:
            lifted = False
    typer.echo("Suppression lifted." if lifted else "This address is not suppressed.")


@_command()
def sweep() -> None:
    """Finish deletions that were interrupted."""
    from heartsense.service import maintenance

    with failures(), connected() as database:
        typer.echo(f"Deletions finished: {maintenance.sweep(database, cloud_bucket())}")


@_command()
def backup(folder: FolderArgument) -> None:
    """Copy the database and all pictures into a new folder: health data, so keep it encrypted.

    Secrets are not in it. Without the limiter key of before, authenticator apps have to be added
    again.
    """
    from heartsense.service.backup import back_up
    from heartsense.service.clock import utc_now

    with failures(), connected() as database:
        made = back_up(database, cloud_bucket(), folder, utc_now())
    typer.echo(f"Backed up {made.documents} documents and {made.pictures} pictures to {folder}.")


@_command()
def restore(
    folder: FolderArgument,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Delete what is stored now, and its accounts.")
    ] = False,
) -> None:
    """Restore a backup into an empty database and bucket.

    If it is interrupted, repeat it.
    """
    from heartsense.service import backup as backups

    with failures(), connected() as database:
        found = backups.restore(database, cloud_bucket(), folder, overwrite=overwrite)
    typer.echo(f"Restored {found.documents} documents and {found.pictures} pictures.")


@_command()
def rotate_token_key(
    step: Step,
    file: Annotated[
        Path | None,
        typer.Option(metavar="JSON", help="A key ring file, instead of the secret."),
    ] = None,
) -> None:
    """Rotate the key that signs access tokens, in two steps.

    First announce; then, once every function has read it (after five minutes), sign. Nobody is
    signed out. Replace a key that has leaked: its tokens are refused at once, and clients get new
    ones with their refresh tokens.

    The key ring is in the Secrets Manager entry named by TOKEN_KEYS_SECRET, its public keys in that
    named by TOKEN_JWKS_SECRET; or the ring is in --file.
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
        store.write(ring.to_json(), ring.public().to_jwks())
    announced = f", announced: {ring.upcoming}" if ring.upcoming else ""
    typer.echo(f"Signing key: {ring.current}{announced}")


def _change_roles(
    address: str, change: Callable[[Any, Account], None], *, confirmed: bool = False
) -> None:
    from heartsense.errors import AddressNotVerifiedError

    with failures(), connected() as database:
        account = _account(database, address)
        if confirmed and not account.verified:
            # Anyone can register an address that is not theirs.
            raise AddressNotVerifiedError("This account's address is not confirmed yet.")
        change(database, account)
        typer.echo(f"Roles: {', '.join(sorted(_account(database, address).roles))}")


def _accounts(database: Any) -> AccountRepository:
    from heartsense.service.accounts import AccountRepository

    return AccountRepository(database)


def _account(database: Any, address: str) -> Account:
    from heartsense.errors import AccountNotFoundError
    from heartsense.service.email.address import read_address

    try:
        account = _accounts(database).by_address(read_address(address))
    except ValueError:
        account = None
    if account is None:
        raise AccountNotFoundError("There is no account with this address.")
    return account
