"""What holds between the harbour's tables."""

from indextracker_catalogue.model import Audit

BERTHS_ARE_KNOWN = Audit(
    name="berths_are_known",
    on="silver/harbour_prices",
    reads=("silver/harbour_quays",),
    meaning="Each berth that is traded lies at a quay of the reference.",
    bad_rows="""
        select p.session_date, p.berth
        from harbour_prices as p
        left join harbour_quays as q on p.berth = q.berth
        where q.berth is null
    """,
    severity="warn",
)
