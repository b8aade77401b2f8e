"""Flask-AppBuilder, contained: its tables, its view classes and its OpenAPI, with our answers inside.

Each override here stands for a measured fault of the base; ``tests/core/auth/test_alignment.py`` fails
when the base changes under one of them.
"""

from __future__ import annotations

import logging
from typing import Any

from flask import current_app, g, request
from flask_appbuilder import AppBuilder
from flask_appbuilder.api import ModelRestApi
from flask_appbuilder.api.convert import Model2SchemaConverter
from flask_appbuilder.api.manager import OpenApi as BaseOpenApi
from flask_appbuilder.security.api import SecurityApi
from flask_appbuilder.security.sqla.manager import SecurityManager
from flask_appbuilder.views import expose
from flask_jwt_extended import create_access_token, create_refresh_token, get_jwt, get_jwt_identity, jwt_required
from flask_login import current_user
from marshmallow import Schema
from marshmallow.fields import Field

from ..db.uow import reading, unit_of_work
from ..i18n.texts import lazy_gettext as _l
from ..kernel import clock
from ..kernel.actors import current_actor
from ..kernel.errors import BadRequest, Forbidden, NotFound
from . import factors, service
from .principal import Principal, find_principal

log = logging.getLogger(__name__)
# Which password a token was made with. The time of issue counts whole seconds: too coarse to compare with.
_SINCE = "zg_since"
_SESSION = "zg_session"  # the row that ends them from afar


def _claims(principal: Principal) -> dict[str, str]:
    return {_SINCE: principal.credentials_since.isoformat()}


class _Converter(Model2SchemaConverter):
    """marshmallow 4 collects fields from Schema classes alone; the base mixes them in by a plain class."""

    def _meta_schema_factory(self, columns: Any, model: Any, class_mixin: Any, parent_schema_name: Any = None) -> Any:
        fields = {name: value for name, value in vars(class_mixin).items() if isinstance(value, Field)}
        return super()._meta_schema_factory(columns, model, type("Mixin", (Schema,), fields), parent_schema_name)


ModelRestApi.model2schemaconverter = _Converter


class ContainedSecurityApi(SecurityApi):
    """``/api/v1/security/login`` and ``refresh``, under the same throttle and audit as the form."""

    resource_name = "security"

    @expose("/login", methods=["POST"])
    def login(self) -> Any:
        """Log in for the API
        ---
        post:
          summary: Exchange a user name and a password for tokens
          requestBody:
            required: true
            content:
              application/json:
                schema:
                  type: object
                  required: [username, password]
                  properties:
                    username: {type: string}
                    password: {type: string}
                    code: {type: string, description: "of the second factor, for who has one"}
                    refresh: {type: boolean}
          responses:
            200:
              description: "access_token, and refresh_token when asked for"
              content: {application/json: {schema: {type: object, required: [access_token], properties: {access_token: {type: string}, refresh_token: {type: string}}}}}
            400: {$ref: "#/components/responses/Refused400"}
            401: {$ref: "#/components/responses/Refused401"}
            413: {$ref: "#/components/responses/Refused413"}
            415: {$ref: "#/components/responses/Refused415"}
            429: {$ref: "#/components/responses/Refused429"}
        """
        from ..web.bodies import json_object

        body = json_object()
        if not isinstance(body.get("username"), str) or not isinstance(body.get("password"), str):
            raise BadRequest()
        principal = service.authenticate(body["username"], body["password"], request.remote_addr)
        if factors.asked(principal.id):
            code = body.get("code")
            factors.check(principal.id, code if isinstance(code, str) else "", actor=principal.actor(request.remote_addr), now=clock.now())
        elif factors.is_required(principal.roles):
            raise Forbidden(_l("Your role may not work without a second factor. Sign in with a browser to set one up."))
        with unit_of_work() as db:  # listed among the devices, and ended from there
            row_id, _secret = service.start_session(
                db, principal, ip=request.remote_addr, device=f"API {request.user_agent.string}".strip(), now=clock.now()
            )
        claims = {**_claims(principal), _SESSION: row_id}
        answer = {"access_token": create_access_token(identity=str(principal.id), fresh=True, additional_claims=claims)}
        if body.get("refresh") is True:
            answer["refresh_token"] = create_refresh_token(identity=str(principal.id), additional_claims=claims)
        return self.response(200, **answer)

    @expose("/refresh", methods=["POST"])
    @jwt_required(refresh=True)
    def refresh(self) -> Any:
        """A new access token
        ---
        post:
          summary: Exchange a refresh token for a new access token
          responses:
            200:
              description: access_token
              content: {application/json: {schema: {type: object, required: [access_token], properties: {access_token: {type: string}}}}}
            401: {$ref: "#/components/responses/Refused401"}
            422: {$ref: "#/components/responses/Refused422"}
        """
        claims = {**_claims(g.user), _SESSION: get_jwt()[_SESSION]}
        token = create_access_token(identity=get_jwt_identity(), fresh=False, additional_claims=claims)
        return self.response(200, access_token=token)


class OpenApi(BaseOpenApi):
    """The document of the admin API. A token of limited scopes reads what it may do, and needs no right for that."""

    @expose("/<version>/_openapi")
    def get(self, version: str) -> Any:
        """The document
        ---
        get:
          summary: This document; of a token's scopes alone, where it is asked for with one
          parameters:
          - {in: path, name: version, required: true, schema: {type: string}}
          responses:
            200:
              description: OpenAPI 3
              content: {application/json: {schema: {type: object}}}
            401: {$ref: "#/components/responses/Refused401"}
            403: {$ref: "#/components/responses/Refused403"}
            404: {$ref: "#/components/responses/Refused404"}
        """
        if current_actor().kind not in ("user", "token"):
            return super().get(version)  # which asks who it is, before anything is said of versions
        apis = [api for api in current_app.appbuilder.baseviews if getattr(api, "told_to_programs", False) and api.version == version]
        if not apis:
            raise NotFound()
        if not current_actor().scoped:
            return super().get(version)
        spec = self._create_api_spec(version)
        for api in apis:
            api.add_api_spec(spec)
        document = spec.to_dict()
        document["paths"] = {path: operations for path, operations in document["paths"].items() if operations}
        return self.response(200, **document)

    get._permission_name = "get"  # type: ignore[attr-defined] # as the base's, which asks for it


class ContainedSecurityManager(SecurityManager):
    """Rights from the process's cache, log-in by our service, nothing written by the base."""

    security_api = ContainedSecurityApi

    def create_db(self) -> None:
        """Tables come from migrations alone."""

    def create_limiter(self, app: Any) -> Any:
        """Our throttle counts in the database; the base's would count per process."""
        return None

    def register_views(self) -> None:
        """Only the API's log-in; users, roles and log-in pages are ours."""
        self.appbuilder.add_api(self.security_api)

    def has_access(self, permission_name: str, view_name: str) -> bool:
        """One look-up in the actor's set instead of one query a permission."""
        return current_actor().may(permission_name, view_name)

    def is_item_public(self, permission_name: str, view_name: str) -> bool:
        """Nothing is public by a role; routes say so themselves."""
        return False

    def auth_user_db(self, username: str, password: str) -> Any:
        """The base's door to log-in leads to ours."""
        return service.authenticate(username, password, request.remote_addr)

    def create_login_manager(self, app: Any) -> Any:
        """Sessions alone say who somebody is; the cookie with which Flask-Login remembers people is never read.

        Nor does Flask-Login protect them: it would write into a session while its user only reads.
        """
        manager = super().create_login_manager(app)
        manager.session_protection = None
        manager._load_user_from_remember_cookie = lambda cookie: None
        return manager

    def load_user(self, pk: Any) -> Principal | None:
        """For Flask-Login."""
        return find_principal(int(pk)) if str(pk).isdigit() else None

    def load_user_jwt(self, _jwt_header: Any, jwt_data: dict[str, Any]) -> Principal | None:
        """For bearer tokens: good while their session is, and none from before the last password change."""
        principal = self.load_user(jwt_data["sub"])
        if principal is None or jwt_data.get(_SINCE) != _claims(principal)[_SINCE]:
            return None
        with reading() as db:
            if not service.is_alive(db, jwt_data.get(_SESSION), principal.id):
                return None
        g.user = principal
        return principal

    def security_cleanup(self, baseviews: Any, menus: Any) -> None:
        """Never: it would delete the grants of disabled plugins."""
        raise RuntimeError("security_cleanup deletes the grants of plugins that are disabled; it is not used")

    @staticmethod
    def before_request() -> None:
        """As the base does."""
        g.user = current_user


class ContainedAppBuilder(AppBuilder):
    """The base without its pages, menus, static files and boot-time writes."""

    def __init__(self, app: Any, session: Any) -> None:
        super().__init__(app, session, security_manager_class=ContainedSecurityManager, update_perms=False)

    def _add_admin_views(self) -> None:
        self.sm.register_views()
        self.add_api(OpenApi)

    def _add_global_static(self) -> None:
        """Its Bootstrap 3 and jQuery are not served."""

    def add_limits(self, baseview: Any) -> None:
        """There is no limiter of the base."""

    def _add_menu_permissions(self, update_perms: bool = False) -> None:
        """The menu is ours."""
