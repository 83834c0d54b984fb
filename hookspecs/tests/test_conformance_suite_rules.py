"""A suite can be inherited and given fixtures; what it checks can't be taken out of it."""

from collections.abc import Callable

import pytest

from billing_hookspecs.testing import (
    ConformanceSuite,
    ManualModuleConformance,
    PluginConformance,
    ProcessingModuleConformance,
)

pytest_plugins = "pytester"


def test_replacing_a_test_is_refused_when_the_class_is_made() -> None:
    """A green run must mean the same for every author."""
    with pytest.raises(TypeError, match="TestMine replaces test_a_refusal_moves_nothing"):

        class TestMine(ProcessingModuleConformance):
            def test_a_refusal_moves_nothing(self) -> None:  # type: ignore[override]
                """Nothing to see here."""


def test_removing_a_test_is_refused_too() -> None:
    """None in the place of a test makes pytest pass over it."""
    with pytest.raises(TypeError, match="replaces test_people_do_the_work"):

        class TestMine(ManualModuleConformance):
            test_people_do_the_work = None  # type: ignore[assignment]


def test_a_mixin_can_not_replace_a_test_either() -> None:
    """The order of bases decides what runs, wherever it was written."""

    class Mixin:
        def test_hooks_are_plain_functions(self) -> None:
            """Nothing to see here."""

    with pytest.raises(TypeError, match="replaces test_hooks_are_plain_functions"):

        class TestMine(Mixin, PluginConformance):  # type: ignore[misc]
            pass


def test_an_expected_failure_with_a_reason_is_accepted() -> None:
    """An honest gap stands in every report and fails as soon as it is closed."""

    class TestMine(PluginConformance):
        @pytest.mark.xfail(reason="the hooks become synchronous in 1.2")
        def test_hooks_are_plain_functions(self) -> None:  # type: ignore[override]
            """See the reason."""

    assert issubclass(TestMine, ConformanceSuite)


def test_an_expected_failure_without_a_reason_is_not() -> None:
    """The reason is what a reviewer reads."""
    with pytest.raises(TypeError, match="mark it xfail with a reason"):

        class TestMine(PluginConformance):
            @pytest.mark.xfail
            def test_hooks_are_plain_functions(self) -> None:  # type: ignore[override]
                """Nothing to see here."""


def test_fixtures_and_tests_of_ones_own_are_welcome() -> None:
    """The suite is a floor, not a ceiling."""

    class TestMine(ManualModuleConformance):
        @pytest.fixture
        def settings(self) -> dict[str, str]:
            return {"department": "support"}

        def test_something_of_ones_own(self) -> None:
            """More is better."""

    assert TestMine.test_people_do_the_work is ManualModuleConformance.test_people_do_the_work


def test_a_fixture_that_is_missing_is_named(rehearse: Callable[..., pytest.RunResult]) -> None:
    """Whoever begins with an empty class is led from one fixture to the next."""
    result = rehearse("sample_unfinished")
    assert result.parseoutcomes()["errors"] > 100
    said = result.stdout.str()
    for name in (
        "module",
        "gateway",
        "allocator",
        "settings",
        "upstream",
        "plugin",
        "product_types",
        "policies",
    ):
        assert f"write the fixture {name}" in said
