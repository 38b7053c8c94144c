"""A handler that answers with what it received, and misbehaves on request."""

import json
import os
import time
from pathlib import Path
from typing import Any


def handler(event: dict[str, Any], context: Any) -> Any:
    if "Records" in event:
        return record_keys(event)
    if event.get("source") == "aws.events":
        with Path(os.environ["DELIVERED"]).open("a") as log:
            log.write(f"{event['time']}\n")
        return None
    ask = json.loads(event["body"]) if (event["body"] or "").startswith("{") else {}
    if len(event["body"] or "") > 1_000_000:
        event["body"] = "long"
    match ask.get("do"):
        case "answer":
            return ask["answer"]
        case "raise":
            raise RuntimeError("asked to")
        case "die":
            os._exit(1)
        case "sleep":
            time.sleep(ask["seconds"])
        case "large":
            return {"statusCode": 200, "body": "x" * 7_000_000}
        case "print":
            print("printed")
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(
            {
                "event": event,
                "pid": os.getpid(),
                "environment": dict(os.environ),
                "remaining": context.get_remaining_time_in_millis(),
                "function": context.function_name,
            }
        ),
    }


def record_keys(event: dict[str, Any]) -> dict[str, Any]:
    """Keeps each object's key in a file; refuses those whose name says so."""
    failures = []
    with Path(os.environ["DELIVERED"]).open("a") as log:
        for record in event["Records"]:
            for item in json.loads(record["body"]).get("Records", []):
                key = item["s3"]["object"]["key"]
                log.write(f"{key}\n")
                if "bad" in key:
                    failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
