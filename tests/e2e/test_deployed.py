"""The template as `sam deploy` reads it, in the cloud emulator: one person's way through it all."""

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage as MimeMessage

import httpx
import pytest

from devstack.artifacts import Artifacts
from devstack.deploy import Deployment, deployment
from devstack.processes import DevStackError
from devstack.publish import publish
from tests.support.devstack_process import eventually
from tests.support.paths import ROOT

WEB = ROOT / "web"
SAMPLE = (ROOT / "samples" / "inferior-infarction.png").read_bytes()
ADDRESS, PASSWORD = "ada@example.org", "four words that do not belong"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def deployed(
    artifacts: Artifacts, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    assert artifacts.functions
    with deployment(tmp_path_factory.mktemp("deployed")) as found:
        yield found


@pytest.fixture(scope="module")
def http(deployed: Deployment) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=deployed.url, timeout=90, trust_env=False) as client:
        yield client


@pytest.fixture(scope="module")
def signed_in(deployed: Deployment, http: httpx.Client) -> dict[str, str]:
    """A registered and verified person's authorization."""
    body = {"name": "Ada", "email": ADDRESS, "password": PASSWORD}
    assert http.post("/register", json=body).status_code == 202
    (mail,) = mails(deployed, 1)
    (token,) = re.findall(r"#token=(\S+)", text(mail))
    assert http.post("/verify", json={"token": token}).status_code == 204
    answer = http.post("/login", json={"email": ADDRESS, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


@pytest.fixture(scope="module")
def done(http: httpx.Client, signed_in: dict[str, str]) -> str:
    """A prediction made of an upload: bucket -> queue -> function -> database."""
    body = {"content_type": "image/png", "size": len(SAMPLE)}
    form = http.post("/uploads", json=body, headers=signed_in)
    assert form.status_code == 201, form.text
    upload = form.json()
    files = {"file": ("x", SAMPLE)}
    sent = httpx.post(upload["url"], data=upload["fields"], files=files, trust_env=False)
    assert sent.status_code == 204, sent.text
    path = f"/predictions/{upload['prediction_id']}"

    def finished() -> bool:
        return bool(http.get(path, headers=signed_in).json()["status"] != "pending")

    assert eventually(finished, 90)
    return str(upload["prediction_id"])


def mails(deployed: Deployment, count: int) -> list[MimeMessage]:
    assert eventually(lambda: len([*deployed.mails.glob("*.eml")]) >= count)
    return [
        message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in sorted(deployed.mails.glob("*.eml"))
    ]


def text(mail: MimeMessage) -> str:
    body = mail.get_body(("plain",))
    assert body
    return str(body.get_content())


def test_a_picture_is_classified_by_the_deployed_layers(http: httpx.Client) -> None:
    answer = http.post("/predict", content=SAMPLE, headers={"Content-Type": "image/png"})
    assert answer.status_code == 200, answer.text
    assert "myocardial_infarction" in answer.json()["findings"]


def test_an_upload_becomes_a_result(
    http: httpx.Client, signed_in: dict[str, str], done: str
) -> None:
    found = http.get(f"/predictions/{done}", headers=signed_in).json()
    assert found["status"] == "done"
    assert "myocardial_infarction" in found["result"]["findings"]
    link = http.get(f"/predictions/{done}/overlay", headers=signed_in).json()["url"]
    assert httpx.get(link, trust_env=False).content.startswith(b"\x89PNG")


def test_the_report_arrives_with_its_pdf(
    deployed: Deployment, http: httpx.Client, signed_in: dict[str, str], done: str
) -> None:
    answer = http.post("/send-report", json={"prediction_id": done}, headers=signed_in)
    assert answer.status_code == 202, answer.text
    assert answer.json()["status"] == "sent"
    report = mails(deployed, 2)[-1]
    (attachment,) = report.iter_attachments()
    assert attachment.get_content().startswith(b"%PDF")


def test_the_bucket_and_the_dead_letters_are_as_the_template_says(deployed: Deployment) -> None:
    bucket = deployed.outputs["PicturesBucket"]
    s3, sqs = deployed.client("s3"), deployed.client("sqs")
    assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
    attributes = sqs.get_queue_attributes(
        QueueUrl=deployed.outputs["UploadQueue"], AttributeNames=["All"]
    )["Attributes"]
    assert '"maxReceiveCount"' in attributes["RedrivePolicy"]
    assert int(attributes["VisibilityTimeout"]) == 60


def test_events_that_the_report_function_fails_on_are_kept(deployed: Deployment) -> None:
    kept = deployed.client("lambda").get_function_event_invoke_config(
        FunctionName=deployed.resources["ReportFunction"], Qualifier="live"
    )
    dead_letters = deployed.client("sqs").get_queue_attributes(
        QueueUrl=deployed.outputs["MailDeadLetters"], AttributeNames=["QueueArn"]
    )["Attributes"]["QueueArn"]
    assert kept["DestinationConfig"]["OnFailure"]["Destination"] == dead_letters


@pytest.mark.parametrize("name", ["AuthFunction", "ReportFunction"])
def test_scheduled_functions_run(deployed: Deployment, name: str) -> None:
    answer = deployed.client("lambda").invoke(
        FunctionName=deployed.resources[name],
        Qualifier="live",
        Payload=(ROOT / "events" / "schedule.json").read_bytes(),
    )
    assert answer.get("FunctionError") is None, answer["Payload"].read()
    assert answer["Payload"].read() == b"null"


def test_optional_resources_exist(deployed: Deployment) -> None:
    alarms = deployed.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert len(alarms) == 20
    for alarm in alarms:
        assert alarm["AlarmActions"] == [deployed.resources["AlarmTopic"]], alarm["AlarmName"]
    distribution = deployed.client("cloudfront").get_distribution(
        Id=deployed.outputs["WebDistribution"]
    )["Distribution"]["DistributionConfig"]
    behaviour = distribution["DefaultCacheBehavior"]
    assert behaviour["ViewerProtocolPolicy"] == "redirect-to-https"
    web = {
        entry["LogicalResourceId"]: entry["PhysicalResourceId"]
        for entry in deployed.client("cloudformation").list_stack_resources(
            StackName=deployed.resources["WebStack"]
        )["StackResourceSummaries"]
    }
    assert behaviour["ResponseHeadersPolicyId"] == web["ResponseHeadersPolicy"]


def test_the_state_machine_and_its_function_share_a_bucket(deployed: Deployment) -> None:
    function = deployed.client("lambda").get_function_configuration(
        FunctionName=deployed.resources["ArchiveFunction"], Qualifier="live"
    )
    bucket = deployed.outputs["ArchiveBucket"]
    assert function["Environment"]["Variables"]["ARCHIVE_BUCKET"] == bucket
    definition = deployed.client("stepfunctions").describe_state_machine(
        stateMachineArn=deployed.outputs["ArchiveStateMachine"]
    )["definition"]
    assert f'"{bucket}"' in definition
    assert f"{deployed.resources['ArchiveFunction']}:live" in definition
    deployed.client("s3").head_bucket(Bucket=bucket)


def test_the_web_page_is_published(deployed: Deployment) -> None:
    s3 = deployed.client("s3")
    bucket = deployed.outputs["WebBucket"]
    s3.put_object(Bucket=bucket, Key="js/of-yesterday.js", Body=b"")
    count = publish(
        WEB, deployed.outputs, "https://api.example.org", s3, deployed.client("cloudfront")
    )
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert len(keys) == count
    assert "js/of-yesterday.js" not in keys
    page = s3.get_object(Bucket=bucket, Key="index.html")
    assert page["ContentType"] == "text/html; charset=utf-8"
    assert page["Body"].read() == (WEB / "index.html").read_bytes()
    config = s3.get_object(Bucket=bucket, Key="config.js")
    assert config["Body"].read() == b'export const API = "https://api.example.org";\n'
    assert config["ContentType"].startswith("text/javascript")


def test_a_stack_without_a_web_page_is_reported() -> None:
    with pytest.raises(DevStackError, match="HostsWeb=yes"):
        publish(WEB, {}, "", None, None)


def test_a_deleted_account_no_longer_exists(
    deployed: Deployment, http: httpx.Client, signed_in: dict[str, str], done: str
) -> None:
    body = {"password": PASSWORD}
    answer = http.request("DELETE", "/me", json=body, headers=signed_in)
    assert answer.status_code == 204, answer.text
    listed = deployed.client("s3").list_objects_v2(Bucket=deployed.outputs["PicturesBucket"])
    assert [entry["Key"] for entry in listed.get("Contents", []) if done in entry["Key"]] == []
    assert http.get("/me", headers=signed_in).status_code == 401
