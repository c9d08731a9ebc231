"""The harbour as a subject of the lakehouse."""

from indextracker_catalogue.harbour.tables import XHBR

from indextracker_catalogue.model import Schedule, Subject
from indextracker_catalogue.timeline import Hours

SUBJECT = Subject(
    name="harbour",
    title="A toy exchange of berths",
    timeline=XHBR,
    zone="Pacific/Auckland",
    schedules=(
        Schedule("auctions_of_today", XHBR, "30 18 * * *"),
        Schedule("gauges_of_the_hour", Hours(), "10 * * * *"),
    ),
    freshness="0 20 * * *",
)
