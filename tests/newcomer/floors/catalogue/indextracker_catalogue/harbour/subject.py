"""The harbour as a subject of the lakehouse."""

from indextracker_catalogue.harbour.tables import XHBR

from indextracker_catalogue.model import Subject

SUBJECT = Subject(
    name="harbour", title="A toy exchange of berths", timeline=XHBR, zone="Pacific/Auckland"
)
