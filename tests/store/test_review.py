from __future__ import annotations

import pytest

from vivavoce.store.review import ReviewStore
from vivavoce.store.sessions import FIRST_EPOCH, SessionStore
from vivavoce.store.sql import Sql


@pytest.fixture
def store(sql: Sql) -> SessionStore:
    store = SessionStore(sql)
    store.migrate()
    for number, started_at in enumerate((1000.0, 2000.0, 3000.0), start=1):
        store.begin(f"s{number}", "scene", 1, f"user{number}", "embedded", "m", started_at, scenario="{}")
    return store


@pytest.fixture
def review(store: SessionStore, sql: Sql) -> ReviewStore:
    return ReviewStore(sql)


def test_the_calls_that_are_asked_for_newest_first(review: ReviewStore) -> None:
    assert [row.session_id for row in review.calls(["s1", "gone", "s3"])] == ["s3", "s1"]
    assert review.calls([]) == []
    assert [row.user for row in review.every_call(2)] == ["user3", "user2"]


def test_a_call_lasts_until_its_end_and_not_until_the_last_answer(store: SessionStore, review: ReviewStore) -> None:
    store.append("s1", FIRST_EPOCH, [(1, 1.0, "vivavoce.transcript", "{}"), (2, 61.5, "vivavoce.ended", "{}")])
    store.append("s1", FIRST_EPOCH, [(3, 300.0, "vivavoce.quiz.marked", "{}")])
    store.append("s2", FIRST_EPOCH, [(1, 12.0, "vivavoce.transcript", "{}")])  # the server was killed
    assert [row.seconds for row in review.calls(["s1", "s2", "s3"])] == [0.0, 12.0, 61.5]


def test_grades_come_in_the_order_in_which_they_were_given(store: SessionStore, review: ReviewStore) -> None:
    store.append("s1", FIRST_EPOCH, [(1, 60.0, "vivavoce.grade", "first"), (2, 90.0, "vivavoce.grade", "third")])
    review.add_regrade("s1", 1080.0, "second")
    review.add_regrade("s1", 5000.0, "fourth")
    review.add_regrade("s1", 5000.0, "fifth")
    store.append("s2", FIRST_EPOCH, [(1, 1.0, "vivavoce.transcript", "no grade")])
    assert review.grades(["s1", "s2", "s3"]) == {
        "s1": [(1060.0, "first"), (1080.0, "second"), (1090.0, "third"), (5000.0, "fourth"), (5000.0, "fifth")]
    }


def test_many_calls_are_more_than_a_statement_holds(store: SessionStore, review: ReviewStore) -> None:
    store.append("s1", FIRST_EPOCH, [(1, 60.0, "vivavoce.grade", "{}")])
    assert list(review.grades([*(f"x{number}" for number in range(2500)), "s1"])) == ["s1"]


def test_a_call_that_is_gone_is_graded_no_more(review: ReviewStore) -> None:
    review.add_regrade("gone", 1.0, "{}")
    assert review.grades(["gone"]) == {}
