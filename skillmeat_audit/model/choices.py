"""The names that options choose from; importing them loads no library."""

REPORT_FORMATS = (
    "html",
    "markdown",
    "json",
    "csv",
    "parquet",
    "junit",
    "sarif",
    "prometheus",
    "github-summary",
    "github-annotations",
)
# Who writes the rows: our own upsert, or an installed SkillMeat's.
SERVICES = ("embedded", "skillmeat")
SCHEDULE_KINDS = ("systemd", "cron", "github")

# By what `check` groups its findings.
GROUPINGS = ("rule", "cause", "artifact")
