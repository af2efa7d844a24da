"""What every test may lean on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from flask import Flask
from flask.testing import FlaskClient

ROOT = Path(__file__).resolve().parent.parent

# No test asserts time: a busy machine is no defect. Speed is measured in bench/.
hypothesis.settings.register_profile("samvirke", deadline=None)
hypothesis.settings.load_profile("samvirke")


class ReadingClient(FlaskClient):
    """Reads and closes each answer, as a server does; else files that are sent stay open and warn."""

    def open(self, *given, buffered=True, **named):
        return super().open(*given, buffered=buffered, **named)


Flask.test_client_class = ReadingClient

# What a run may not do without: a test marked `java`, `browser` or `node` that is skipped for any reason fails
# where the machine was promised to have them. Otherwise a green run could hide that nothing was tried.
REQUIRED = frozenset(
    os.environ.get("SAMVIRKE_REQUIRE", "java browser node" if os.environ.get("CI") == "true" else "").split()
)


# Modules that take ten seconds and more, or start many processes: `make check` leaves them to `make test`.
SLOW_MODULES = frozenset(
    {
        "attacks/test_outbound_federated.py",
        "attacks/test_shapes.py",
        "browser/test_failures.py",
        "browser/test_reader.py",
        "browser/test_screens.py",
        "bulk/test_bulk.py",
        "clerk/test_writes_to_a_site.py",
        "cli/test_bad_input.py",
        "cli/test_changes.py",
        "cli/test_commands.py",
        "cli/test_export_site.py",
        "cli/test_mcp.py",
        "cli/test_readme.py",
        "cli/test_release.py",
        "cli/test_revise.py",
        "cli/test_scratch.py",
        "cli/test_serve.py",
        "cli/test_serve_file.py",
        "cli/test_token.py",
        "client/test_dataset.py",
        "client/test_notebook.py",
        "clients/test_other_programs.py",
        "clients/test_python.py",
        "conformance/test_shacl.py",
        "conformance/test_w3c.py",
        "faults/test_disks.py",
        "faults/test_kills.py",
        "faults/test_servers.py",
        "federation/test_exchange.py",
        "federation/test_federation.py",
        "federation/test_meaning.py",
        "federation/test_over_http.py",
        "formats/test_views_of_sites.py",
        "front/test_front.py",
        "front/test_limits_over_http.py",
        "front/test_things.py",
        "front/test_tokens_over_http.py",
        "gate/test_differential.py",
        "gate/test_recheck.py",
        "journal/test_faults.py",
        "journal/test_properties.py",
        "oddities/test_oddities.py",
        "ontology/test_reasoner.py",
        "pages/test_browse.py",
        "pages/test_search.py",
        "protocol/test_bad_requests.py",
        "protocol/test_console.py",
        "protocol/test_explain.py",
        "protocol/test_sparql_protocol.py",
        "queries/test_answers.py",
        "queries/test_parameters.py",
        "reports/test_size.py",
        "revision/test_properties.py",
        "rules/test_maintenance.py",
        "rules/test_published.py",
        "rules/test_rules.py",
        "safety/test_backup.py",
        "safety/test_verification.py",
        "search/test_lists.py",
        "shapes/test_sabotage.py",
        "test_bench.py",
        "test_foreign_site.py",
        "test_layout.py",
        "web/test_catalogue.py",
        "web/test_crawl.py",
        "web/test_feeds.py",
        "web/test_generations.py",
        "web/test_graph_pages.py",
        "web/test_ldes.py",
        "web/test_manners.py",
        "web/test_openapi.py",
        "why/test_exactness.py",
        "workers/test_delta_properties.py",
        "workers/test_desk.py",
        "workers/test_lifecycle.py",
        "workers/test_pool.py",
        "workers/test_scribes.py",
        "workers/test_tiers.py",
        "workers/test_writes.py",
    }
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of the slow modules."""
    for item in items:
        if (
            item.path.is_relative_to(ROOT / "tests")
            and item.path.relative_to(ROOT / "tests").as_posix() in SLOW_MODULES
        ):
            item.add_marker(pytest.mark.slow)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Turn the skip of a test that may not be skipped into a failure."""
    report = yield
    kept = {mark.name for mark in item.iter_markers()} & REQUIRED
    if report.skipped and kept and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"may not be skipped where {' and '.join(sorted(kept))} is required: {reason}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    """The same for a whole module that skips itself while it is imported."""
    report = yield
    if report.skipped and isinstance(collector, pytest.Module):
        text = collector.path.read_text(encoding="utf-8")
        kept = {mark for mark in REQUIRED if f"mark.{mark}" in text}
        if kept:
            report.outcome = "failed"
            report.longrepr = f"may not skip itself where {' and '.join(sorted(kept))} is required"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the counts of the conformance suites and of the faults, which a log should show also when all is well."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)]
    for kind, title in (("conformance", "W3C conformance"), ("fault", "Faults: tried and lost")):
        lines = [str(value) for report in reports for name, value in report.user_properties if name == kind]
        if lines:
            terminalreporter.section(title)
            for line in lines:
                terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository, which is the first site."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference material beside the checkout; a user's clone does not have it."""
    path = ROOT.parent / "shared"
    if not path.is_dir():
        pytest.skip("the folder of reference material is not beside this checkout")
    return path
