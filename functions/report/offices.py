"""What the routes, the schedule and SES's events work with, made when it is needed."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Depends

from heartsense.accounts import AccountStore, Limiter
from heartsense.api import database, key_ring, metrics
from heartsense.feedback import FeedbackOffice, MongoFeedback
from heartsense.mail.once import Once
from heartsense.predictions import MongoPredictions, Predictions, S3Pictures
from heartsense.reports import Dispatch, Fates, MongoOutbox, Outbox, ReportsOffice, Suppressions
from heartsense.reports.letters import Letters
from heartsense.reports.pdf import render
from heartsense.settings import MailSettings, PicturesSettings, ReportSettings, load


def dispatch() -> Dispatch:
    """What sends reports."""
    mail = load(MailSettings)
    letters = Letters(
        accounts=AccountStore(database()),
        predictions=_predictions(),
        pictures=S3Pictures(load(PicturesSettings).pictures_bucket),
        suppressions=Suppressions(database()),
        sender=mail.mail_from,
        public_url=mail.public_url,
        render=render,
    )
    courier = Once(mail.mail_from, load(ReportSettings).ses_configuration_set)
    return Dispatch(_outbox(), letters.write, courier, count=metrics.count_report)


def fates() -> Fates:
    """What notes SES's events."""
    return Fates(_outbox(), Suppressions(database()))


def _outbox() -> Outbox:
    return MongoOutbox(database())


def _predictions() -> Predictions:
    return MongoPredictions(database())


def _reports() -> ReportsOffice:
    return ReportsOffice(
        outbox=_outbox(),
        accounts=AccountStore(database()),
        predictions=_predictions(),
        suppressions=Suppressions(database()),
        limiter=Limiter(database(), key_ring().derived("limiter")),
        send=dispatch().send,
    )


def _history() -> MongoFeedback:
    return MongoFeedback(database())


def _feedback() -> FeedbackOffice:
    return FeedbackOffice(_history(), _predictions())


Reports = Annotated[ReportsOffice, Depends(_reports)]
Sent = Annotated[Outbox, Depends(_outbox)]
Store = Annotated[Predictions, Depends(_predictions)]
History = Annotated[MongoFeedback, Depends(_history)]
Feedback = Annotated[FeedbackOffice, Depends(_feedback)]
