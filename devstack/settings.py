"""What may be set to point a part of the local stack at the real thing."""

from heartsense.service.settings import Settings


class DevStackSettings(Settings):
    """Each setting replaces the part that would otherwise be started here.

    Attributes
    ----------
    mongodb_uri
        A MongoDB server; SecantusDB is not started.
    aws_endpoint_url
        Another emulator; ministack is not started, buckets and queues are made there.
    pictures_bucket
        A bucket on AWS, reached with the caller's own credentials; ministack is not started and
        nothing is made.
    uploads_queue
        With `pictures_bucket`: the queue on AWS that is polled for uploads; without it none is.
    """

    mongodb_uri: str | None = None
    aws_endpoint_url: str | None = None
    pictures_bucket: str | None = None
    uploads_queue: str | None = None
