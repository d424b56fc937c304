"""The owner of `response.create` against a model of the upstream that refuses a second response."""

from __future__ import annotations

from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from vivavoce.session.response import ResponseOwner


class UpstreamModel(RuleBasedStateMachine):
    """One owner, one upstream, and a wire between them on which messages wait until they are read."""

    @initialize()
    def start(self) -> None:
        self.owner = ResponseOwner()
        self.to_upstream: list[tuple[str, str]] = []
        self.to_owner: list[tuple[str, str, str | None]] = []
        self.conversation: list[str] = []
        self.answered: set[str] = set()
        self.active: str | None = None
        self.responses = 0
        self.items = 0
        self.creates = 0
        self.refusals = 0

    def ask(self) -> None:
        event_id = f"create_{self.creates}"
        if self.owner.take(event_id):
            self.creates += 1
            self.to_upstream.append(("create", event_id))

    def create(self, tag: str | None) -> None:
        assert self.active is None
        self.responses += 1
        self.active = f"resp_{self.responses}"
        self.answered |= set(self.conversation)
        self.to_owner.append(("created", self.active, tag))

    @rule()
    def an_item_that_wants_an_answer_is_posted(self) -> None:
        self.items += 1
        item_id = f"item_{self.items}"
        self.owner.owe(item_id)
        self.to_upstream.append(("item", item_id))
        self.ask()

    @precondition(lambda self: self.to_upstream)
    @rule()
    def the_upstream_reads(self) -> None:
        kind, name = self.to_upstream.pop(0)
        if kind == "item":
            self.conversation.append(name)
            self.to_owner.append(("landed", name, None))
        elif self.active is None:
            self.create(tag=name)
        else:
            self.refusals += 1
            self.to_owner.append(("refused", name, None))

    @precondition(lambda self: self.active is None)
    @rule()
    def voice_detection_starts_a_response(self) -> None:
        self.create(tag=None)

    @precondition(lambda self: self.active is not None)
    @rule()
    def the_response_ends(self) -> None:
        assert self.active is not None
        self.to_owner.append(("done", self.active, None))
        self.active = None

    @precondition(lambda self: self.to_owner)
    @rule()
    def the_owner_reads(self) -> None:
        kind, name, tag = self.to_owner.pop(0)
        if kind == "created":
            self.owner.created(name, tag)
        elif kind == "done":
            self.owner.done(name)
        elif kind == "landed":
            self.owner.landed(name)
        else:
            assert self.owner.refused(name, retry=True)
        self.ask()

    @invariant()
    def at_most_one_create_is_unanswered(self) -> None:
        if not hasattr(self, "owner"):
            return
        on_the_wire = [name for kind, name in self.to_upstream if kind == "create"]
        answers = [name for kind, name, _ in self.to_owner if kind == "refused"]
        answers += [tag for kind, _, tag in self.to_owner if kind == "created" and tag]
        assert len(on_the_wire) + len(answers) <= 1

    def teardown(self) -> None:
        """Let everything settle: every item was in view of a response, and the owner is as it was at the start."""
        if not hasattr(self, "owner"):
            return
        for _ in range(10 * (self.items + self.responses + 10)):
            if self.to_upstream:
                self.the_upstream_reads()
            elif self.to_owner:
                self.the_owner_reads()
            elif self.active is not None:
                self.the_response_ends()
            else:
                break
        assert self.owner.idle
        assert self.answered == set(self.conversation)
        assert self.creates <= self.items + self.refusals


UpstreamModel.TestCase.settings = settings(max_examples=300, stateful_step_count=40)
TestResponseOwner = UpstreamModel.TestCase


def test_one_response_answers_everything_that_is_owed() -> None:
    owner = ResponseOwner()
    owner.owe("a")
    owner.owe("b")
    assert owner.take("e1")
    assert not owner.take("e2")
    owner.created("r1", "e1")
    owner.done("r1")
    assert owner.idle


def test_a_response_of_the_voice_detector_pays_for_what_had_landed() -> None:
    owner = ResponseOwner()
    owner.created("r1", None)
    owner.owe("a")
    owner.owe("b")
    owner.landed("a")
    owner.done("r1")
    owner.created("r2", None)
    owner.done("r2")
    assert owner.take("e1"), "b had not landed when r2 was created"


def test_a_refusal_that_would_come_back_is_not_repeated() -> None:
    owner = ResponseOwner()
    owner.owe("a")
    assert owner.take("e1")
    assert owner.refused("e1", retry=False)
    assert owner.idle
    assert not owner.refused("e1", retry=False)


def test_the_end_of_another_response_changes_nothing() -> None:
    owner = ResponseOwner()
    owner.created("r1", None)
    owner.done("out of band")
    owner.owe("a")
    assert not owner.take("e1")
