"""Creates the template's buckets and queues on the emulator, idempotently."""

import json
from contextlib import suppress
from typing import Any

from devstack.servers import REGION
from devstack.template import Properties, Template

# CloudFormation properties that are SQS attributes of the same name.
_QUEUE_ATTRIBUTES = (
    "DelaySeconds",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "RedrivePolicy",
    "VisibilityTimeout",
)


def create_resources(template: Template, s3: Any, sqs: Any) -> None:
    """Create missing queues and buckets, and update existing ones to the template."""
    queues = template.resources("AWS::SQS::Queue")
    # Dead-letter queues first.
    for name in sorted(queues, key=lambda name: "RedrivePolicy" in queues[name]):
        _create_queue(sqs, template.physical_id(name), queues[name])
    for name, properties in template.resources("AWS::S3::Bucket").items():
        _create_bucket(s3, template.physical_id(name), properties)


def verify_senders(template: Template, ses: Any) -> None:
    """Verify the functions' sender addresses in SES."""
    for function in template.functions.values():
        if sender := function.environment.get("MAIL_FROM"):
            ses.verify_email_identity(EmailAddress=sender)


def _create_queue(sqs: Any, name: str, properties: Properties) -> None:
    attributes = {
        key: json.dumps(properties[key]) if key == "RedrivePolicy" else str(properties[key])
        for key in _QUEUE_ATTRIBUTES
        if key in properties
    }
    try:
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    except sqs.exceptions.QueueDoesNotExist:
        url = sqs.create_queue(QueueName=name)["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)


def _create_bucket(s3: Any, name: str, properties: Properties) -> None:
    with suppress(s3.exceptions.BucketAlreadyOwnedByYou, s3.exceptions.BucketAlreadyExists):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    notifications = properties.get("NotificationConfiguration", {})
    s3.put_bucket_notification_configuration(
        Bucket=name,
        NotificationConfiguration={
            "QueueConfigurations": [
                {
                    "QueueArn": entry["Queue"],
                    "Events": [entry["Event"]],
                    **({"Filter": _filter(entry["Filter"])} if "Filter" in entry else {}),
                }
                for entry in notifications.get("QueueConfigurations", [])
            ]
        },
    )
    if rules := properties.get("CorsConfiguration", {}).get("CorsRules"):
        s3.put_bucket_cors(
            Bucket=name, CORSConfiguration={"CORSRules": [_cors_rule(rule) for rule in rules]}
        )


def _filter(properties: Properties) -> Properties:
    rules = properties["S3Key"]["Rules"]
    return {"Key": {"FilterRules": [{"Name": r["Name"], "Value": r["Value"]} for r in rules]}}


def _cors_rule(rule: Properties) -> Properties:
    names = ("AllowedHeaders", "AllowedMethods", "AllowedOrigins")
    return {
        **{name: rule[name] for name in names if name in rule},
        **({"ExposeHeaders": rule["ExposedHeaders"]} if "ExposedHeaders" in rule else {}),
        **({"MaxAgeSeconds": int(rule["MaxAge"])} if "MaxAge" in rule else {}),
    }
