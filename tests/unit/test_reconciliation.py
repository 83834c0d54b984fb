"""What we sold beside what exists upstream."""

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from billing_hookspecs import ImportableService
from billing_kernel.domain.reconciliation import KnownService, differences

UNTIL = date(2026, 3, 1)
OURS = KnownService(7, "up-7", "one.example", True, UNTIL, 3)
THEIRS = ImportableService("up-7", "thing", "", "one.example", expires_on=UNTIL)


def kinds(
    found: tuple[ImportableService, ...], before: KnownService, after: KnownService | None = None
) -> list[str]:
    return [str(each.kind) for each in differences(found, [before], [after or before])]


def test_what_agrees_is_not_mentioned() -> None:
    """An upstream that counts no time, or more of it than we sold, takes nothing from anybody."""
    assert kinds((THEIRS,), OURS) == []
    assert kinds((replace(THEIRS, expires_on=None),), OURS) == []
    assert kinds((replace(THEIRS, expires_on=date(2026, 4, 1)),), OURS) == []


def test_each_kind_of_difference_is_named() -> None:
    """Whoever reads the task has to know where to look first."""
    ghost = replace(THEIRS, upstream_id="up-8", name="two.example")
    assert kinds((THEIRS, ghost), OURS) == ["ghost"]
    assert kinds((), OURS) == ["missing"]
    assert kinds((replace(THEIRS, is_active=False),), OURS) == ["state"]
    short = replace(THEIRS, expires_on=date(2026, 2, 1))
    assert kinds((short,), OURS) == ["expiry"]
    [missing] = differences((), [OURS], [OURS])
    assert (missing.service_id, "service 7 (one.example, up-7)" in missing.detail) == (7, True)


def test_what_changed_during_the_look_says_nothing() -> None:
    """A service that is bought or closed meanwhile is no ghost, and none is missing."""
    assert kinds((), OURS, replace(OURS, version=4)) == []
    assert kinds((), replace(OURS, is_moving=True)) == []
    assert differences((THEIRS,), [], [OURS]) == ()
    assert differences((THEIRS,), [OURS], []) == ()
    assert differences((), [], [OURS]) == ()


@given(st.sets(st.integers(1, 9)), st.sets(st.integers(1, 9)))
def test_every_one_that_is_on_one_side_only_is_found(here: set[int], there: set[int]) -> None:
    """None is overlooked, and none is made up."""
    ours = [replace(OURS, id=number, upstream_id=str(number)) for number in here]
    theirs = [replace(THEIRS, upstream_id=str(number)) for number in there]
    found = {(str(each.kind), int(each.upstream_id)) for each in differences(theirs, ours, ours)}
    assert found == {("ghost", each) for each in there - here} | {
        ("missing", each) for each in here - there
    }
