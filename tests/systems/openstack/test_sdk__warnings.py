"""The SDK's deprecation warnings about its own code stay suppressed in concurrent requests."""

from __future__ import annotations

import warnings

import pytest

from runbook_lib.systems.openstack import sdk


def announce() -> None:
    """Warn like one of the SDK's modules."""
    warnings.warn_explicit("unnecessary", PendingDeprecationWarning, "openstack/proxy.py", 1, module="openstack.proxy")


def test_end_of_a_request_does_not_restore_the_warnings() -> None:
    """Two requests overlap; the one that started first ends first."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first, second = sdk._sdk_warnings_off(), sdk._sdk_warnings_off()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)

        announce()

        second.__exit__(None, None, None)


def test_warning_is_visible_without_the_filter() -> None:
    """The suppressed warning exists, so the other test proves something."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(PendingDeprecationWarning):
            announce()
