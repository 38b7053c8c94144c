"""What is counted, for CloudWatch: lines of a function's log in the embedded metric format.

Dimensions are the service and a code, never a person, an address or an id: each of their values
is a metric of its own. Each is written at once, so that nothing is lost where a function ends.
"""

from datetime import timedelta

from aws_lambda_powertools.metrics import MetricUnit, single_metric

from heartsense.service.settings import MetricsSettings, load


def count_upload(outcome: str) -> None:
    """An upload arrived, and this became of it: a ticket's value, or ``given_up``."""
    _write("Uploads", MetricUnit.Count, 1, outcome=outcome)


def count_picture(refusal: str | None) -> None:
    """A picture was classified, or refused with this code."""
    if refusal is None:
        _write("PicturesClassified", MetricUnit.Count, 1)
    else:
        _write("PicturesRefused", MetricUnit.Count, 1, code=refusal)


def count_report(status: str) -> None:
    """Somebody set about sending a report, and it has this status since."""
    _write("Reports", MetricUnit.Count, 1, status=status)


def tell_pending(age: timedelta) -> None:
    """For how long the oldest pending report has been waiting; zero where there is none."""
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
