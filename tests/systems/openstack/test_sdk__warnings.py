"""What the SDK announces to its own code stays away while several threads ask clouds at once."""

from __future__ import annotations

import warnings

import pytest

from runbook_lib.systems.openstack import sdk


def announce() -> None:
    """Warn as the SDK does, from one of its modules."""
    warnings.warn_explicit("unnecessary", PendingDeprecationWarning, "openstack/proxy.py", 1, module="openstack.proxy")


def test_a_request_that_ends_leaves_the_others_quiet() -> None:
    """Two requests overlap; the one that began first ends first."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first, second = sdk._sdk_warnings_off(), sdk._sdk_warnings_off()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)

        announce()

        second.__exit__(None, None, None)


def test_without_it_the_sdk_is_heard() -> None:
    """The warning that is left out exists, so leaving it out is shown to work."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(PendingDeprecationWarning):
            announce()
