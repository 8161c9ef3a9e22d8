"""Connect to the configured systems, or to practice mode when none is configured."""

from __future__ import annotations

import contextlib
import getpass
import logging
import socket
from typing import TYPE_CHECKING

from runbook_lib.engine import Policy
from runbook_lib.errors import ParamError
from runbook_lib.journal import Journal
from runbook_lib.journal.signatures import AllowedSigners, Signer
from runbook_lib.text import commands
from runbook_lib.world.endpoints import Endpoints, configured_endpoints
from runbook_lib.world.world import World

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from runbook_lib.config.settings import Settings


# Without a handler, Python prints warnings and errors of libraries unredacted, such as the output of kubeconfig's
# programs. The runbook's own errors give the reasons.
_NOT_SHOWN = logging.NullHandler()


def operator() -> str:
    """Return the user who runs this process, as ``user@host``."""
    return f"{getpass.getuser()}@{socket.gethostname()}"


@contextlib.contextmanager
def open_world(settings: Settings, *, operator: str, procedure: str = "") -> Iterator[World]:
    """Yield the systems of the settings. Each system is connected at its first use.

    Args:
        settings: The addresses of the real systems; practice mode if they are empty.
        operator: ``user@host``, part of the application name of database sessions.
        procedure: The procedure's name, part of it too.

    Raises:
        Refused: The practice folder can't be written.
    """
    logging.getLogger().addHandler(_NOT_SHOWN)
    name = f"runbook {procedure} ({operator})" if procedure else f"runbook ({operator})"
    with _endpoints(settings) as endpoints, World(endpoints, application_name=name) as world:
        yield world


def open_journal(settings: Settings) -> Journal:
    """Return the journal of the settings, with its head outside the journal's folder and the signatures they name."""
    signer = Signer(operator(), settings.signing_key) if settings.signing_key else None
    allowed = AllowedSigners(settings.allowed_signers) if settings.allowed_signers else None
    return Journal(settings.journal_folder, head=settings.journal_head_file, signer=signer, allowed=allowed)


def policy(settings: Settings, *, procedures: Collection[str]) -> Policy:
    """Return the site's rules for applying plans.

    Raises:
        ParamError: ``RUNBOOK_APPROVAL`` names a procedure that does not exist; its plans would need no approval.
    """
    if unknown := sorted(settings.approved_procedures - {"*", *procedures}):
        raise ParamError(
            problems=[f"RUNBOOK_APPROVAL names {', '.join(unknown)}, which is not a procedure"],
            next_step=f"correct it; '{commands.LIST}' lists the procedures",
        )
    return Policy(settings.approved_procedures, settings.approved_above, settings.max_changes)


def _endpoints(settings: Settings) -> contextlib.AbstractContextManager[Endpoints]:
    if not settings.is_practice:
        return contextlib.nullcontext(configured_endpoints(settings))
    from runbook_lib.fixture import practice  # noqa: PLC0415 - a real run must not depend on the fixture

    return practice.endpoints(settings.home)
