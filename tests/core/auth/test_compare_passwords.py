"""A name that nobody has takes as long as one that somebody has: neither is told from the other by the clock."""

from __future__ import annotations

from werkzeug.security import check_password_hash, generate_password_hash

from zhanggui.auth.passwords import NOBODY


def test_a_name_that_nobody_has_is_compared_at_the_full_cost_and_with_no_password():
    method, _salt, digest = NOBODY.split("$")
    ours = generate_password_hash("correct horse 42").split("$")
    assert (method, len(digest)) == (ours[0], len(ours[2]))
    assert not check_password_hash(NOBODY, "")
