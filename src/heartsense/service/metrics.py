"""CloudWatch metrics, written to the log in embedded metric format.

Dimensions are the service and a code, never a person, an address or an id, as each value makes a
metric of its own. Each metric is written at once, so that none is lost if the function is killed.
"""

from datetime import timedelta

from aws_lambda_powertools.metrics import MetricUnit, single_metric

from heartsense.service.settings import MetricsSettings, load


def count_upload(outcome: str) -> None:
    """Count a delivered upload by its outcome: an `UploadState`, or ``given_up``."""
    _write("Uploads", MetricUnit.Count, 1, outcome=outcome)


def count_image(refusal: str | None) -> None:
    """Count an image that was classified, or refused with this error code."""
    if refusal is None:
        _write("PicturesClassified", MetricUnit.Count, 1)
    else:
        _write("PicturesRefused", MetricUnit.Count, 1, code=refusal)


def count_report(status: str) -> None:
    """Count an attempt to send a report by the status that followed."""
    _write("Reports", MetricUnit.Count, 1, status=status)


def record_oldest_pending(age: timedelta) -> None:
    """Record for how long the oldest pending report has been waiting; zero if none is pending."""
    _write("OldestPendingReport", MetricUnit.Seconds, age.total_seconds())


def _write(name: str, unit: MetricUnit, value: float, **dimensions: str) -> None:
    settings = load(MetricsSettings)
    with single_metric(
        name=name,
        unit=unit,
        value=value,
        namespace=settings.powertools_metrics_namespace,
        default_dimensions={"service": settings.powertools_service_name, **dimensions},
    ):
        pass
