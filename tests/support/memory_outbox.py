"""An outbox in memory: the same contract as the one in MongoDB."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from heartsense.service.ids import new_id
from heartsense.service.reports import Report, ReportRequest, Status

UNSETTLED = (Status.PENDING, Status.SENDING, Status.UNCONFIRMED)


@dataclass
class Entry:
    report: Report
    available_at: datetime
    token: str = ""
    sending_at: datetime | None = None

    def change(self, **fields: Any) -> None:
        self.report = replace(self.report, **fields)


@dataclass
class MemoryOutbox:
    entries: dict[str, Entry] = field(default_factory=dict)

    def add(self, request: ReportRequest, revision: int, now: datetime) -> Report:
        for report in self._reports():
            if (_key(report.request), report.revision) == (_key(request), revision):
                return report
        now = now.replace(microsecond=now.microsecond // 1000 * 1000)
        report = Report(new_id(), request, revision, Status.PENDING, now)
        self.entries[report.id] = Entry(report, now)
        return report

    def get(self, report_id: str) -> Report | None:
        entry = self.entries.get(report_id)
        return None if entry is None else entry.report

    def latest(self, request: ReportRequest) -> Report | None:
        revisions = [report for report in self._reports() if _key(report.request) == _key(request)]
        return max(revisions, key=lambda report: report.revision, default=None)

    def list_by_owner(self, owner: str, prediction: str | None = None) -> list[Report]:
        found = [
            report
            for report in self._reports()
            if report.request.owner == owner and prediction in (None, report.request.prediction)
        ]
        return sorted(found, key=lambda report: (report.created_at, report.id), reverse=True)

    def list_due(self, now: datetime, limit: int) -> list[str]:
        free = [e for e in self.entries.values() if self._is_free(e, now)]
        return [e.report.id for e in sorted(free, key=lambda entry: entry.available_at)][:limit]

    def oldest_pending_since(self) -> datetime | None:
        waiting = [r.created_at for r in self._reports() if r.status is Status.PENDING]
        return min(waiting, default=None)

    def claim(self, report_id: str, token: str, now: datetime, until: datetime) -> Report | None:
        entry = self.entries.get(report_id)
        if entry is None or not self._is_free(entry, now):
            return None
        entry.token, entry.available_at = token, until
        entry.change(attempts=entry.report.attempts + 1)
        return entry.report

    def mark_sending(self, report_id: str, token: str, now: datetime) -> bool:
        entry = self._held(report_id, token, Status.PENDING)
        if entry is None:
            return False
        entry.sending_at = now
        entry.change(status=Status.SENDING)
        return True

    def mark_sent(self, report_id: str, token: str, ses_id: str, now: datetime) -> None:
        if entry := self._held(report_id, token, Status.SENDING, Status.UNCONFIRMED):
            entry.change(status=Status.SENT, ses_id=ses_id, sent_at=now)

    def release(self, report_id: str, token: str, until: datetime) -> None:
        if entry := self._held(report_id, token, Status.SENDING):
            entry.available_at = until
            entry.change(status=Status.PENDING)

    def mark_failed(self, report_id: str, token: str, reason: str) -> None:
        if entry := self._held(report_id, token, *UNSETTLED):
            entry.change(status=Status.FAILED, reason=reason)

    def mark_unconfirmed(self, report_id: str, token: str) -> None:
        if entry := self._held(report_id, token, Status.SENDING):
            entry.change(status=Status.UNCONFIRMED)

    def mark_stalled_unconfirmed(self, before: datetime) -> int:
        lost = [
            entry
            for entry in self.entries.values()
            if entry.report.status is Status.SENDING
            and entry.sending_at is not None
            and entry.sending_at < before
        ]
        for entry in lost:
            entry.change(status=Status.UNCONFIRMED)
        return len(lost)

    def find_by_ses_id(self, ses_id: str) -> Report | None:
        return next((report for report in self._reports() if report.ses_id == ses_id), None)

    def confirm_sent(self, report_id: str, ses_id: str, now: datetime) -> None:
        entry = self.entries.get(report_id)
        if entry and entry.report.status in (Status.SENDING, Status.UNCONFIRMED):
            entry.change(status=Status.SENT, ses_id=ses_id, sent_at=now)

    def record_failure(self, report_id: str, status: Status, reason: str) -> None:
        entry = self.entries.get(report_id)
        if entry and entry.report.status is not Status.COMPLAINED:
            entry.change(status=status, reason=reason)

    def delete_by_owner(self, owner: str) -> None:
        for report in self.list_by_owner(owner):
            del self.entries[report.id]

    def delete_by_prediction(self, prediction: str) -> None:
        for report in self._reports():
            if report.request.prediction == prediction:
                del self.entries[report.id]

    def _reports(self) -> list[Report]:
        return [entry.report for entry in self.entries.values()]

    def _is_free(self, entry: Entry, now: datetime) -> bool:
        return entry.report.status is Status.PENDING and entry.available_at <= now

    def _held(self, report_id: str, token: str, *statuses: Status) -> Entry | None:
        entry = self.entries.get(report_id)
        held = entry is not None and entry.token == token and entry.report.status in statuses
        return entry if held else None


def _key(request: ReportRequest) -> tuple[str, str, str]:
    return request.owner, request.prediction, request.to_key
