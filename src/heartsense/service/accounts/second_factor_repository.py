"""Second factors in the documents of accounts: each change is one atomic write."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from pymongo.database import Database

from heartsense.service.accounts.account import Account

COLLECTION = "accounts"
_MAX_CHALLENGES = 5

Document = dict[str, Any]


class Kind(StrEnum):
    """Kinds of second factors."""

    TOTP = "totp"
    PASSKEY = "passkey"


@dataclass(frozen=True, slots=True)
class SecondFactors:
    """What an account has beside its password.

    `stored` and `pending` are as in the database: what a kind keeps is its own affair.
    """

    account: Account
    stored: tuple[Document, ...]
    pending: Document | None
    recovery_codes_left: int

    @classmethod
    def of(cls, document: Document) -> "SecondFactors":
        return cls(
            Account.from_document(document),
            tuple(document.get("second_factors", ())),
            document.get("pending_factor"),
            len(document.get("recovery_codes", ())),
        )

    def of_kind(self, kind: Kind) -> list[Document]:
        return [factor for factor in self.stored if factor["kind"] == kind]


class SecondFactorRepository:
    """The second factors of a database's accounts."""

    def __init__(self, database: Database[Document]) -> None:
        self._accounts = database[COLLECTION]

    def find(self, account_id: str) -> SecondFactors | None:
        document = self._accounts.find_one({"_id": account_id})
        return None if document is None else SecondFactors.of(document)

    def set_pending(self, account_id: str, pending: Document) -> None:
        """Begin to add a factor; replaces one that was begun before."""
        self._accounts.update_one({"_id": account_id}, {"$set": {"pending_factor": pending}})

    def add(
        self, account_id: str, pending_id: str, factor: Document, codes: Sequence[str], session: str
    ) -> bool:
        """Make a pending factor one of the account's; with `codes`, the first.

        The first ends all sessions but this one: they were opened by the password alone.
        """
        query: Document = {"_id": account_id, "pending_factor.id": pending_id}
        update: Document = {"$push": {"second_factors": factor}, "$unset": {"pending_factor": ""}}
        if codes:
            query["second_factors.0"] = {"$exists": False}
            update["$set"] = {"recovery_codes": [*codes]}
            update["$pull"] = {"sessions": {"id": {"$ne": session}}}
            update["$unset"]["sign_in_challenges"] = ""
        else:
            query["second_factors.0"] = {"$exists": True}
        return self._accounts.update_one(query, update).matched_count == 1

    def remove(self, account_id: str, factor_id: str) -> bool:
        """Remove a factor, and the recovery codes with the last one; False if there is none."""
        removed = self._accounts.update_one(
            {"_id": account_id, "second_factors.id": factor_id},
            {"$pull": {"second_factors": {"id": factor_id}}},
        ).matched_count
        self._accounts.update_one(
            {"_id": account_id, "second_factors.0": {"$exists": False}},
            {"$unset": {"recovery_codes": ""}},
        )
        return removed == 1

    def remove_all(self, account_id: str) -> None:
        """For whoever lost them: the account is as before its first one, and signed out."""
        forgotten = ("second_factors", "recovery_codes", "pending_factor", "sign_in_challenges")
        self._accounts.update_one(
            {"_id": account_id},
            {"$unset": dict.fromkeys(forgotten, ""), "$set": {"sessions": []}},
        )

    def set_recovery_codes(self, account_id: str, codes: Sequence[str]) -> bool:
        """Replace the recovery codes; False if the account has no second factor."""
        query = {"_id": account_id, "second_factors.0": {"$exists": True}}
        update = {"$set": {"recovery_codes": [*codes]}}
        return self._accounts.update_one(query, update).matched_count == 1

    def spend_recovery_code(self, account_id: str, code: str) -> bool:
        """Remove a code, by its digest; False if it is not there any more."""
        query = {"_id": account_id, "recovery_codes": code}
        update = {"$pull": {"recovery_codes": code}}
        return self._accounts.update_one(query, update).matched_count == 1

    def spend_step(self, account_id: str, factor_id: str, step: int, now: datetime) -> bool:
        """Note the time step of an app's code; False if it, or a later one, was used before."""
        return self._change(
            account_id,
            {"id": factor_id, "last_step": {"$lt": step}},
            {"last_step": step, "last_used_at": now},
        )

    def set_sign_count(
        self, account_id: str, factor_id: str, old: int, new: int, now: datetime
    ) -> bool:
        """Note a passkey's sign count; False if it has changed meanwhile."""
        return self._change(
            account_id,
            {"id": factor_id, "sign_count": old},
            {"sign_count": new, "last_used_at": now},
        )

    def add_challenge(self, account: Account, challenge: Document) -> bool:
        """Store that the password was right; False if it has changed since."""
        return (
            self._accounts.update_one(
                {"_id": account.id, "password_hash": account.password_hash},
                {
                    "$push": {
                        "sign_in_challenges": {"$each": [challenge], "$slice": -_MAX_CHALLENGES}
                    }
                },
            ).matched_count
            == 1
        )

    def by_challenge(
        self, account_id: str, digest: str, now: datetime
    ) -> tuple[SecondFactors, Document] | None:
        """The factors of an account, and its challenge of this digest, while that is valid."""
        document = self._accounts.find_one({"_id": account_id})
        for challenge in (document or {}).get("sign_in_challenges", ()):
            if document and challenge["digest"] == digest and challenge["expires_at"] > now:
                return SecondFactors.of(document), challenge
        return None

    def spend_challenge(self, account_id: str, digest: str) -> bool:
        """Remove a challenge; False if another request was first."""
        query = {"_id": account_id, "sign_in_challenges.digest": digest}
        update = {"$pull": {"sign_in_challenges": {"digest": digest}}}
        return self._accounts.update_one(query, update).matched_count == 1

    def _change(self, account_id: str, conditions: Document, changes: Document) -> bool:
        """Change a factor if it meets `conditions`."""
        return (
            self._accounts.update_one(
                {"_id": account_id, "second_factors": {"$elemMatch": conditions}},
                {
                    "$set": {
                        f"second_factors.$[factor].{field}": value
                        for field, value in changes.items()
                    }
                },
                array_filters=[{"factor.id": conditions["id"]}],
            ).matched_count
            == 1
        )
