"""What the routes, the schedule and SES's events work with, made when it is needed."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Depends

from heartsense.service import metrics
from heartsense.service.accounts import AccountRepository
from heartsense.service.database import database
from heartsense.service.email.at_most_once import AtMostOnceMailer
from heartsense.service.feedback import FeedbackService, ReviewRepository
from heartsense.service.http import build_rate_limiter
from heartsense.service.predictions import (
    MongoPredictionRepository,
    PredictionRepository,
    S3Pictures,
)
from heartsense.service.reports import (
    DeliveryEvents,
    MongoOutbox,
    Outbox,
    ReportSender,
    ReportService,
    Suppressions,
)
from heartsense.service.reports.email_builder import ReportEmailBuilder
from heartsense.service.reports.pdf import render
from heartsense.service.settings import MailSettings, PicturesSettings, ReportSettings, load


def dispatch() -> ReportSender:
    """What sends reports."""
    mail = load(MailSettings)
    letters = ReportEmailBuilder(
        accounts=AccountRepository(database()),
        predictions=_predictions(),
        pictures=S3Pictures(load(PicturesSettings).pictures_bucket),
        suppressions=Suppressions(database()),
        sender=mail.mail_from,
        public_url=mail.public_url,
        render=render,
    )
    courier = AtMostOnceMailer(mail.mail_from, load(ReportSettings).ses_configuration_set)
    return ReportSender(_outbox(), letters.write, courier, count=metrics.count_report)


def fates() -> DeliveryEvents:
    """What notes SES's events."""
    return DeliveryEvents(_outbox(), Suppressions(database()))


def _outbox() -> Outbox:
    return MongoOutbox(database())


def _predictions() -> PredictionRepository:
    return MongoPredictionRepository(database())


def _reports() -> ReportService:
    return ReportService(
        outbox=_outbox(),
        accounts=AccountRepository(database()),
        predictions=_predictions(),
        suppressions=Suppressions(database()),
        limiter=build_rate_limiter(),
        send=dispatch().send,
    )


def _history() -> ReviewRepository:
    return ReviewRepository(database())


def _feedback() -> FeedbackService:
    return FeedbackService(_history(), _predictions())


Reports = Annotated[ReportService, Depends(_reports)]
Sent = Annotated[Outbox, Depends(_outbox)]
Store = Annotated[PredictionRepository, Depends(_predictions)]
History = Annotated[ReviewRepository, Depends(_history)]
Feedback = Annotated[FeedbackService, Depends(_feedback)]
