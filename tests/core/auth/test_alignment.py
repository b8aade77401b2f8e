"""What we override of Flask-AppBuilder is still there, with the arguments that we take."""

from __future__ import annotations

import inspect

import pytest
from flask_appbuilder import AppBuilder
from flask_appbuilder.api import BaseApi
from flask_appbuilder.api.convert import Model2SchemaConverter
from flask_appbuilder.security.api import SecurityApi
from flask_appbuilder.security.sqla.manager import SecurityManager

from zhanggui.api import Api
from zhanggui.auth.fab import ContainedAppBuilder, ContainedSecurityApi, ContainedSecurityManager, _Converter

PAIRS = [
    (ContainedAppBuilder, AppBuilder),
    (ContainedSecurityManager, SecurityManager),
    (ContainedSecurityApi, SecurityApi),
    (_Converter, Model2SchemaConverter),
    (Api, BaseApi),
]
OVERRIDES = [
    (base, name, function)
    for ours, base in PAIRS
    for name, function in vars(ours).items()
    if inspect.isfunction(function) and name != "__init__"
]


@pytest.mark.parametrize(("base", "name", "function"), OVERRIDES, ids=[name for _, name, _ in OVERRIDES])
def test_the_base_still_has_what_we_override(base, name, function):
    theirs = getattr(base, name, None)
    assert theirs is not None, f"{base.__name__}.{name} is gone: our override does nothing any more"
    count = len(inspect.signature(function).parameters)
    assert len(inspect.signature(theirs).parameters) == count


def test_cleaning_up_grants_is_refused():
    with pytest.raises(RuntimeError, match="disabled"):
        ContainedSecurityManager.security_cleanup(None, [], [])
