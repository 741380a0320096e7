"""What the renderers of an audit read of it: the facts, whoever collected them."""

from typing import Protocol

import pandas as pd

from skillmeat_audit.model.live import LiveComparison
from skillmeat_audit.model.trend import Accepted
from skillmeat_audit.reports.facts.headline import Headline
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.facts.summary import Summary


# A protocol, because reports may not import the API, whose `Audit` also plans and writes.
class AuditFacts(Protocol):
    """The facts of an audit, as `api.values.Audit` has them."""

    @property
    def summary(self) -> Summary:
        """The audit in numbers."""

    @property
    def headline(self) -> Headline:
        """The answer."""

    @property
    def findings(self) -> pd.DataFrame:
        """The findings (``FINDINGS``)."""

    @property
    def pages(self) -> pd.DataFrame:
        """What pages show (``PAGES``)."""

    @property
    def page_facts(self) -> pd.DataFrame:
        """What is wrong with each page (``PAGE_FACTS``)."""

    @property
    def accepted(self) -> Accepted | None:
        """The findings that a baseline accepts, None without one."""

    @property
    def live(self) -> LiveComparison | None:
        """The pages of a running SkillMeat beside the page model, None where none was asked."""

    @property
    def names(self) -> Names:
        """The titles of the rules and the names of the DB collections."""
