"""Plans, inspections, procedures and findings as terminal text, Markdown and SVG."""

from runbook_lib.render.doctor import findings_text, runnable_text
from runbook_lib.render.inspection import around_the_picture, inspection_markdown, inspection_text, timeline_text
from runbook_lib.render.plan import (
    broken_journal,
    changes_table,
    irreversible,
    outcome_markdown,
    outcome_text,
    plan_markdown,
    plan_text,
    practice_ending,
    run_text,
    where,
)
from runbook_lib.render.procedure import procedure_text
from runbook_lib.render.timeline_svg import timeline_svg

__all__ = [
    "around_the_picture",
    "broken_journal",
    "changes_table",
    "findings_text",
    "inspection_markdown",
    "inspection_text",
    "irreversible",
    "outcome_markdown",
    "outcome_text",
    "plan_markdown",
    "plan_text",
    "practice_ending",
    "procedure_text",
    "run_text",
    "runnable_text",
    "timeline_svg",
    "timeline_text",
    "where",
]
