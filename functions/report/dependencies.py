"""Services of the report function, built from the environment."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Depends

from heartsense.service import metrics
from heartsense.service.accounts import AccountRepository
from heartsense.service.database import database
from heartsense.service.email import EmailGateway, Suppressions
from heartsense.service.email.at_most_once import AtMostOnceMailer
from heartsense.service.feedback import FeedbackService, ReviewRepository
from heartsense.service.http.authentication import build_rate_limiter
from heartsense.service.predictions import (
    MongoPredictionRepository,
    PredictionRepository,
    S3PredictionStorage,
)
from heartsense.service.reports import (
    DeliveryEvents,
    MongoOutbox,
    Outbox,
    ReportSender,
    ReportService,
)
from heartsense.service.reports.email_builder import ReportEmailBuilder
from heartsense.service.reports.pdf import render
from heartsense.service.settings import MailSettings, PicturesSettings, load


def report_sender() -> ReportSender:
    """Sends the reports of the outbox."""
    mail = load(MailSettings)
    email_builder = ReportEmailBuilder(
        accounts=AccountRepository(database()),
        predictions=_predictions(),
        reviews=_reviews(),
        storage=S3PredictionStorage(load(PicturesSettings).pictures_bucket),
        sender=mail.mail_from,
        public_url=mail.public_url,
        render_pdf=render,
    )
    gateway = EmailGateway(mail.mail_from, Suppressions(database()), mail.ses_configuration_set)
    return ReportSender(
        _outbox(), email_builder, AtMostOnceMailer(gateway), on_status=metrics.count_report
    )


def delivery_events() -> DeliveryEvents:
    """Records delivery events of SES."""
    return DeliveryEvents(_outbox(), Suppressions(database()))


def _outbox() -> Outbox:
    return MongoOutbox(database())


def _predictions() -> PredictionRepository:
    return MongoPredictionRepository(database())


def _report_service() -> ReportService:
    return ReportService(
        outbox=_outbox(),
        accounts=AccountRepository(database()),
        predictions=_predictions(),
        reviews=_reviews(),
        suppressions=Suppressions(database()),
        limiter=build_rate_limiter(),
        sender=report_sender(),
    )


def _reviews() -> ReviewRepository:
    return ReviewRepository(database())


def _feedback_service() -> FeedbackService:
    return FeedbackService(_reviews(), _predictions())


ReportServiceDependency = Annotated[ReportService, Depends(_report_service)]
OutboxDependency = Annotated[Outbox, Depends(_outbox)]
PredictionsDependency = Annotated[PredictionRepository, Depends(_predictions)]
ReviewsDependency = Annotated[ReviewRepository, Depends(_reviews)]
FeedbackServiceDependency = Annotated[FeedbackService, Depends(_feedback_service)]
