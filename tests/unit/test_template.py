"""What each function of template.yaml may do, and what bounds it."""

import json
from typing import Any

import pytest

from devstack.template import Template
from tests.support.paths import ROOT

TEMPLATE = Template(ROOT / "template.yaml", {"Firewall": "yes", "Archives": "yes"})
# Those that parse the bytes of users and strangers.
READERS = ("PredictFunction", "UploadWorkerFunction", "ArchiveFunction")


def functions(template: Template = TEMPLATE) -> dict[str, Any]:
    return template.resources("AWS::Serverless::Function")


def role(function: str) -> dict[str, Any]:
    """The properties of a function's role."""
    logical_id = f"{function.removesuffix('Function')}Role"
    found = TEMPLATE.resources("AWS::IAM::Role")[logical_id]
    assert functions()[function]["Role"] == f"{TEMPLATE.physical_id(logical_id)}.Arn"
    return found


def statements(function: str) -> list[dict[str, Any]]:
    """The statements of a function's role, with those of the policy that several share."""
    properties = role(function)
    found = [s for policy in properties["Policies"] for s in policy["PolicyDocument"]["Statement"]]
    if properties.get("ManagedPolicyArns"):
        shared = TEMPLATE.resources("AWS::IAM::ManagedPolicy")["FunctionPolicy"]
        found += shared["PolicyDocument"]["Statement"]
    return found


def actions(function: str) -> set[str]:
    found: set[str] = set()
    for statement in statements(function):
        named = statement["Action"]
        found |= {named} if isinstance(named, str) else {*named}
    return found


def test_each_function_has_a_role_of_its_own() -> None:
    roles = [properties["Role"] for properties in functions().values()]
    assert len(set(roles)) == len(roles) == 8


def test_what_anyone_may_call_has_no_secrets_and_may_do_nothing_but_log() -> None:
    services = {action.split(":")[0] for action in actions("PredictFunction")}
    assert services == {"logs", "xray"}
    environment = TEMPLATE.functions["PredictFunction"].environment
    assert not [name for name in environment if name.endswith("_SECRET") or "BUCKET" in name]


@pytest.mark.parametrize("function", READERS)
def test_what_reads_pictures_has_neither_token_keys_nor_the_accounts_database(
    function: str,
) -> None:
    text = json.dumps(statements(function))
    assert "token" not in text
    assert "mongodb-uri-??????" not in text
    environment = TEMPLATE.functions[function].environment
    assert "TOKEN_KEYS_SECRET" not in environment
    assert environment.get("MONGODB_URI_SECRET", "none").rpartition("-")[2] in {"none", "worker"}


@pytest.mark.parametrize(
    "function",
    [
        "AuthFunction",
        "ExportFunction",
        "PredictionsFunction",
        "ReportFunction",
        "UploadDispatcherFunction",
    ],
)
def test_what_knows_callers_reads_no_pictures(function: str) -> None:
    assert not any("inferencelayer" in layer.lower() for layer in functions()[function]["Layers"])


def test_only_the_function_that_signs_in_has_the_keys_that_sign() -> None:
    signing = "secret:heartsense/dev/token-keys-"
    assert [name for name in functions() if signing in json.dumps(statements(name))] == [
        "AuthFunction"
    ]
    named = [n for n, f in TEMPLATE.functions.items() if "TOKEN_KEYS_SECRET" in f.environment]
    assert named == ["AuthFunction"]


def test_what_sends_emails_has_their_bounces_published() -> None:
    senders = [name for name in functions() if "ses:SendRawEmail" in actions(name)]
    assert senders == ["AuthFunction", "ReportFunction"]
    for name in senders:
        chosen = TEMPLATE.functions[name].environment["SES_CONFIGURATION_SET"]
        assert chosen == TEMPLATE.resources("AWS::SES::ConfigurationSet")["MailEvents"]["Name"]
        allowed = f"configuration-set/{TEMPLATE.physical_id('MailEvents')}"
        assert allowed in json.dumps(statements(name))


def test_the_worker_may_not_write_elsewhere_than_results() -> None:
    writes = [s for s in statements("UploadWorkerFunction") if "s3:PutObject" in s["Action"]]
    (write,) = writes
    assert write["Resource"].endswith("/answers/*")


@pytest.mark.parametrize("reserved", [0, 1, 10])
def test_something_bounds_anonymous_prediction_whatever_is_reserved(reserved: int) -> None:
    template = Template(ROOT / "template.yaml", {"PredictConcurrency": str(reserved)})
    predict = functions(template)["PredictFunction"]
    (throttle,) = [
        setting
        for setting in template.api["MethodSettings"]
        if setting["ResourcePath"] == "/~1predict"
    ]
    rate, burst = float(throttle["ThrottlingRateLimit"]), float(throttle["ThrottlingBurstLimit"])
    most = predict.get("ReservedConcurrentExecutions", rate * predict["Timeout"] + burst)
    assert 0 < float(most) <= 10
    if not reserved:
        assert float(most) <= 5  # of the ten that a new account has


def test_the_upload_worker_is_bounded_apart_from_anonymous_prediction() -> None:
    worker = functions()["UploadWorkerFunction"]
    most = int(worker["Events"]["Uploads"]["Properties"]["ScalingConfig"]["MaximumConcurrency"])
    assert int(worker["ReservedConcurrentExecutions"]) == most


def test_queues_and_topics_refuse_unencrypted_requests() -> None:
    denied = {
        resource
        for kind in ("AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy")
        for policy in TEMPLATE.resources(kind).values()
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny"
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": False}}
        for resource in policy.get("Queues") or policy["Topics"]
    }
    existing = {
        TEMPLATE.physical_id(name)
        for kind in ("AWS::SQS::Queue", "AWS::SNS::Topic")
        for name in TEMPLATE.resources(kind)
    }
    assert denied == existing
    assert len(existing) == 7


def test_domains_of_ones_own_are_served_by_tls_1_2_and_later_only() -> None:
    names = ("DomainName", "CertificateArn", "WebDomainName", "WebCertificateArn")
    template = Template(ROOT / "template.yaml", dict.fromkeys(names, "given"))
    (domain,) = template.resources("AWS::ApiGateway::DomainName").values()
    assert domain["SecurityPolicy"] == "TLS_1_2"
    web = template.nested("WebStack").resources("AWS::CloudFront::Distribution")
    (distribution,) = (found["DistributionConfig"] for found in web.values())
    assert distribution["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert distribution["DefaultCacheBehavior"]["ViewerProtocolPolicy"] == "redirect-to-https"


def test_the_firewall_is_off_by_default_and_limits_each_source_when_on() -> None:
    default = Template(ROOT / "template.yaml")
    assert "FirewallStack" not in default.resources("AWS::CloudFormation::Stack")
    (acl,) = TEMPLATE.nested("FirewallStack").resources("AWS::WAFv2::WebACL").values()
    limits = {
        rule["Name"]: rule["Statement"]["RateBasedStatement"]["AggregateKeyType"]
        for rule in acl["Rules"]
    }
    assert limits == {"predict": "IP", "sign-in": "IP", "all": "IP"}
