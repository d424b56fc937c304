"""What all tests share: no secret may leak in any of them (`kit.watch`), and figures that were measured on the way are
shown at the end (`record_property`).
"""

from __future__ import annotations

from collections.abc import Iterator

import hypothesis
import pytest

from kit.watch import WATCH, install

install()

# A busy machine is no fault of an example's.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")


@pytest.fixture(autouse=True)
def nothing_leaks() -> Iterator[None]:
    """What ended before this test, as the server of a module, is blamed on it: the message tells where it was."""
    yield
    leaks = WATCH.leaks()
    assert not leaks, "\n".join(leaks)


@pytest.fixture(autouse=True, scope="session")
def nothing_leaked() -> Iterator[None]:
    """The servers that ended last."""
    yield
    leaks = WATCH.leaks()
    assert not leaks, "\n".join(leaks)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [
        report
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        if isinstance(report, pytest.TestReport) and report.when == "call" and report.user_properties
    ]
    if reports:
        terminalreporter.section("figures")
    for report in reports:
        terminalreporter.line(report.nodeid)
        for name, value in report.user_properties:
            terminalreporter.line(f"    {name}: {value}")
