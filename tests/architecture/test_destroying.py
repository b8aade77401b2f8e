"""What destroys says what and how much, what follows, and what stays: on every screen, of the core and of every plugin."""

from __future__ import annotations

from zhanggui.host import current_host
from zhanggui.runtime import Runtime


def test_every_verb_that_destroys_says_what_follows_and_what_stays(instance: Runtime) -> None:
    verbs = [(screen.resource, verb) for screen in current_host().screens.values() for verb in screen.actions if verb.tone == "danger"]
    assert len(verbs) >= 7
    silent = [f"{where}.{verb.name}" for where, verb in verbs if not (verb.confirm and str(verb.follows) and str(verb.stays))]
    assert silent == []


def test_a_way_out_is_never_the_word_of_the_verb(instance: Runtime) -> None:
    """«取消» beside «取消订单» says nothing: the way out says what stays."""
    for screen in current_host().screens.values():
        for verb in screen.actions:
            if verb.tone == "danger":
                assert str(verb.stays) not in ("Cancel", str(verb.label)), f"{screen.resource}.{verb.name}"
