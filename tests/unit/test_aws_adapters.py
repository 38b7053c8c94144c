"""The adapters of S3 and SES on moto, which stands in for AWS in this process."""

from collections.abc import Iterator
from email import message_from_string, policy
from typing import Final

import boto3
import pytest
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from heartsense.errors import EmailNotSentError
from heartsense.service.email import EmailGateway, EmailMessage, SesMailer
from heartsense.service.email.address import Address
from heartsense.service.email.ses import RETRY_SECONDS
from heartsense.service.email.ses_client import ses_client
from heartsense.service.predictions import storage
from heartsense.service.predictions.storage import S3PredictionStorage, parse_upload_key

REGION: Final = "eu-central-1"
BUCKET = "pictures"
SENDER = "heartsense@example.org"
EMAIL = EmailMessage(
    "ada@example.org", "contact", "Hello", {"name": "Ada", "address": "a@b.de", "message": "Hi"}
)


class NoSuppressions:
    """A list of nobody."""

    def contains(self, address: Address) -> bool:
        return False


MAILER = SesMailer(EmailGateway(SENDER, NoSuppressions()))


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty AWS account."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, REGION)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    clients = (storage._client, ses_client)
    with mock_aws():
        for client in clients:
            client.cache_clear()
        yield
        for client in clients:
            client.cache_clear()


@pytest.fixture
def pictures() -> S3PredictionStorage:
    boto3.client("s3").create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    return S3PredictionStorage(BUCKET)


def keys() -> list[str]:
    listed = boto3.client("s3").list_objects_v2(Bucket=BUCKET)
    return [entry["Key"] for entry in listed.get("Contents", [])]


def upload(owner: str, prediction_id: str) -> None:
    key = f"uploads/{owner}/{prediction_id}"
    boto3.client("s3").put_object(Bucket=BUCKET, Key=key, Body=b"picture")


def test_an_artifact_is_stored_with_its_media_type(pictures: S3PredictionStorage) -> None:
    pictures.save_artifacts("a1", "b2", {"picture.jpg": b"jpeg", "signal.json": b"{}"})
    assert pictures.read_artifact("a1", "b2", "picture.jpg") == b"jpeg"
    stored = boto3.client("s3").get_object(Bucket=BUCKET, Key="answers/a1/b2/signal.json")
    assert stored["ContentType"] == "application/json"


@pytest.mark.parametrize(
    "key",
    [
        "uploads/a1/../b2",
        "uploads/a1/b2/c3",
        "uploads/a1/b2%2fc3",
        "uploads/a1/b2\n",
        "uploads//b2",
        "answers/a1/b2",
        "uploads/a1/ecg.png",
    ],
)
def test_a_key_that_is_not_of_two_ids_is_no_upload(key: str) -> None:
    assert parse_upload_key("uploads/a1/b2") == ("a1", "b2")
    assert parse_upload_key(key) is None


def test_a_missing_object_is_none(pictures: S3PredictionStorage) -> None:
    assert pictures.read_artifact("a1", "b2", "picture.jpg") is None
    assert pictures.read_upload("a1", "b2") is None


def test_an_error_of_s3_is_not_a_missing_object() -> None:
    with pytest.raises(boto3.client("s3").exceptions.NoSuchBucket):
        S3PredictionStorage("no-such-bucket").read_upload("a1", "b2")


def test_a_prediction_is_deleted_with_its_upload_alone(pictures: S3PredictionStorage) -> None:
    for prediction_id in ("b2", "b22"):
        upload("a1", prediction_id)
        pictures.save_artifacts("a1", prediction_id, {"picture.jpg": b""})
    pictures.delete("a1", "b2")
    assert keys() == ["answers/a1/b22/picture.jpg", "uploads/a1/b22"]


def test_all_pages_of_an_owner_s_objects_are_deleted(
    pictures: S3PredictionStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "10")
    for owner in ("a1", "a11"):
        upload(owner, "b2")
    for number in range(25):
        pictures.save_artifacts("a1", f"{number:x}", {"picture.jpg": b""})
    pictures.delete_by_owner("a1")
    assert keys() == ["uploads/a11/b2"]


def test_a_form_names_the_type_and_goes_to_the_region(pictures: S3PredictionStorage) -> None:
    form = pictures.upload_form("a1", "b2", "image/png", 1000)
    assert form.url == f"https://{BUCKET}.s3.{REGION}.amazonaws.com/"
    assert form.fields["key"] == "uploads/a1/b2"
    assert form.fields["Content-Type"] == "image/png"


def test_an_email_is_sent_from_a_verified_address() -> None:
    boto3.client("ses").verify_email_identity(EmailAddress=SENDER)
    MAILER.send(EMAIL)
    (sent,) = ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages
    assert set(sent.destinations) == {"ada@example.org"}
    read = message_from_string(sent.raw_data, policy=policy.default)
    assert (read["To"], read["Subject"]) == ("ada@example.org", "Hello")


def test_what_ses_rejects_may_be_sent_again_later() -> None:
    with pytest.raises(EmailNotSentError) as caught:  # the sender is not verified
        MAILER.send(EMAIL)
    assert caught.value.seconds == RETRY_SECONDS
