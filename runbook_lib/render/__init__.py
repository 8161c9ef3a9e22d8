"""Plans, inspections, procedures and findings as terminal text, Markdown and SVG."""

from runbook_lib.render.changes import changes_table
from runbook_lib.render.database_roles import role_name, roles_sql
from runbook_lib.render.doctor import findings_text, runnable_text
from runbook_lib.render.inspection import inspection_markdown, inspection_text, markdown_around_timeline, timeline_text
from runbook_lib.render.plan import (
    damaged_journal,
    head_text,
    irreversible_changes,
    outcome_markdown,
    outcome_text,
    plan_markdown,
    plan_text,
    practice_ending,
    proof_text,
    run_text,
    target_sentence,
    uncertain_text,
    verification_text,
)
from runbook_lib.render.procedure import procedure_text
from runbook_lib.render.timeline_svg import timeline_svg

__all__ = [
    "changes_table",
    "damaged_journal",
    "findings_text",
    "head_text",
    "inspection_markdown",
    "inspection_text",
    "irreversible_changes",
    "markdown_around_timeline",
    "outcome_markdown",
    "outcome_text",
    "plan_markdown",
    "plan_text",
    "practice_ending",
    "procedure_text",
    "proof_text",
    "role_name",
    "roles_sql",
    "run_text",
    "runnable_text",
    "target_sentence",
    "timeline_svg",
    "timeline_text",
    "uncertain_text",
    "verification_text",
]
