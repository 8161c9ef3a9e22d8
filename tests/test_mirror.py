"""Each module has a test file with its name, or is in a table with the test file that exercises it."""

from __future__ import annotations

from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
PACKAGE = TESTS.parent / "runbook_lib"

# Test file → the modules without their own file that its tests exercise.
ELSEWHERE = {
    "cli/test_main.py": "__main__ pages/code_blocks/__main__ cli/io cli/parser cli/procedures cli/records cli/requests "
    "cli/site",
    "diagnosis/instance/test_verdict.py": "diagnosis/instance/evidence systems/db/queries/instance_history",
    "doctor/test_examination.py": "doctor/clouds doctor/databases",
    "engine/test_lost_answer.py": "engine/readback systems/db/access/witness",
    "engine/test_partial_failure.py": "engine/execution",
    "faults/test_database_connection.py": "systems/db/access/postgresql/deadline",
    "fixture/stand_ins/atmosphere_api/test_server.py": """
        fixture/stand_ins/atmosphere_api/answers fixture/stand_ins/atmosphere_api/requests""",
    "fixture/stand_ins/flower/test_server.py": "fixture/stand_ins/flower/store",
    "fixture/stand_ins/glance/test_server.py": """
        fixture/stand_ins/glance/listing fixture/stand_ins/glance/rules fixture/stand_ins/glance/store""",
    "fixture/stand_ins/host/test_scripts.py": "fixture/stand_ins/host/copying",
    "fixture/stand_ins/host/test_service.py": "fixture/stand_ins/host/program fixture/stand_ins/celery_state",
    "fixture/stand_ins/kubernetes/test_server.py": """
        fixture/stand_ins/kubernetes/discovery fixture/stand_ins/kubernetes/rules
        fixture/stand_ins/kubernetes/store""",
    "fixture/test_practice.py": "fixture/clock fixture/folder fixture/stand_ins/state_file",
    "journal/test_journal.py": "journal/run",
    "messages/test_diagnosis.py": "messages/entry",
    "notebook/test_generated_cells.py": "notebook/parameters_cell",
    "notebook/test_papermill_engine__values.py": "notebook/notebook_files",
    "pages/code_blocks/test_blocks.py": "pages/code_blocks/shell",
    "pages/diagrams/test_diagrams.py": "pages/diagrams/data pages/diagrams/markdown pages/diagrams/svg",
    "procedures/test_approve_imaging_request.py": "systems/db/queries/imaging_preconditions",
    "procedures/test_approve_resource_request.py": "systems/db/queries/resource_requests",
    "procedures/test_change_allocation.py": "systems/db/queries/allocations",
    "procedures/test_change_quota.py": "systems/db/queries/quotas",
    "procedures/test_check_replicas.py": """
        diagnosis/replication/compare diagnosis/replication/remedies diagnosis/replication/sharing
        systems/db/queries/image_copies""",
    "procedures/test_close_imaging_request.py": "systems/db/queries/request_statuses",
    "procedures/test_find_log_lines.py": "systems/logs/gateway",
    "procedures/test_list_imaging_requests.py": "systems/db/queries/open_imaging_requests",
    "procedures/test_list_staff.py": "systems/db/queries/staff",
    "procedures/test_migrate_image.py": """
        diagnosis/replication/preflight diagnosis/replication/script_commands diagnosis/replication/warnings
        systems/db/queries/image_copying""",
    "procedures/test_publicize_image.py": "systems/db/queries/images",
    "procedures/test_reboot_instance.py": "diagnosis/instance/action",
    "procedures/test_repair_replica_image.py": "systems/db/queries/replica_records world/image_copies",
    "procedures/test_resubmit_workflow.py": """
        systems/argo/resubmit systems/db/queries/addresses systems/db/queries/instances""",
    "procedures/test_show_account.py": """
        diagnosis/account/tables systems/db/queries/account_details systems/db/queries/accounts""",
    "procedures/test_show_account__sources.py": "diagnosis/account/evidence",
    "procedures/test_show_maintenance.py": "systems/db/queries/open_maintenance",
    "procedures/test_start_maintenance.py": "systems/db/queries/maintenance",
    "procedures/test_triage_imaging_request.py": "diagnosis/imaging_request",
    "procedures/test_triage_instance.py": "diagnosis/instance/next_steps",
    "registry/test_read_only_plan.py": "engine/read_only",
    "registry/test_registry.py": "procedures/_registry",
    "site/test_built_site.py": "pages/executed pages/site_check pages/write",
    "systems/argo/test_follow.py": "systems/argo/lines",
    "systems/argo/test_gateway.py": "systems/argo/answers",
    "systems/argo/test_steps.py": "systems/argo/workflow",
    "systems/atmosphere_api/test_api.py": """
        systems/atmosphere_api/account systems/atmosphere_api/answers systems/atmosphere_api/calls""",
    "systems/celery/test_flower.py": "systems/celery/history systems/celery/tasks",
    "systems/db/access/faults/test_translate.py": """
        systems/db/access/faults/fault systems/db/access/faults/postgresql systems/db/access/faults/sqlite""",
    "systems/db/access/test_connection.py": "systems/db/access/unconfigured/base",
    "systems/host/test_command.py": "systems/host/calls",
    "systems/host/test_processes.py": "systems/host/process",
    "systems/host/test_workers.py": "systems/host/idleness",
    "systems/logs/test_search.py": "systems/logs/records",
    "systems/openstack/test_glance.py": """
        systems/openstack/error_page systems/openstack/image systems/openstack/sdk_image""",
    "systems/openstack/test_keystone.py": "systems/openstack/sdk_identity",
    "systems/openstack/test_nova.py": """
        fixture/stand_ins/nova/rules fixture/stand_ins/nova/server fixture/stand_ins/nova/store
        systems/openstack/sdk_compute""",
    "test_connect.py": "model/practice",
}
# Folder → the one file that checks all of its modules by the same rules.
FOLDERS = {
    "errors": "errors/test_errors.py",  # classes with data: a sample of each is checked
    "fixture/rows": "fixture/rows/test_rows.py",  # data of the fixture, without logic
    "systems/db/models": "systems/db/models/test_models.py",  # tables without logic, compared with upstream's
}
# Module → why it has no tests.
WITHOUT = {
    "model/protocols": "types only: nothing runs",
    "systems/db/typing_settings": "only mypy's plugin for Django loads it",
}
MAX_MODULES = 101  # in ELSEWHERE: a new module gets its own tests


def modules() -> list[str]:
    """Return every module, without ending."""
    return [
        path.relative_to(PACKAGE).with_suffix("").as_posix()
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.name != "__init__.py"
    ]


def has_own(module: str) -> bool:
    """Return whether a module has ``test_NAME.py`` or ``test_NAME__TOPIC.py`` in its folder of the tests."""
    folder, name = (TESTS / module).parent, Path(module).name.lstrip("_")
    return any(path.stem.partition("__")[0] == f"test_{name}" for path in folder.glob(f"test_{name}*.py"))


def without_own() -> set[str]:
    """Return the modules without their own test file that neither a folder nor a reason covers."""
    in_folders = {module for module in modules() for folder in FOLDERS if module.startswith(f"{folder}/")}
    return {module for module in modules() if not has_own(module)} - in_folders - {*WITHOUT}


def listed() -> list[str]:
    """Return the modules of the table."""
    return [module for row in ELSEWHERE.values() for module in row.split()]


def test_each_module_has_its_tests() -> None:
    """Under its name, or in one row of the table; a module with its own tests is not in the table."""
    assert sorted(without_own()) == sorted(listed())


def test_each_reason_is_needed() -> None:
    """A module that gets tests leaves the list of those without."""
    assert [] == [module for module in WITHOUT if has_own(module) or module not in modules()]


@pytest.mark.parametrize("place", [*ELSEWHERE, *FOLDERS.values()])
def test_each_row_names_a_test_file(place: str) -> None:
    """The file exists and has tests."""
    assert "\ndef test_" in (TESTS / place).read_text(encoding="utf-8")


def test_table_does_not_grow() -> None:
    """A new module comes with its own tests."""
    assert MAX_MODULES >= len(listed())
