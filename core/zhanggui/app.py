"""From a runtime and a host to a Flask app, and the dispatcher that swaps one for the next.

An app is a function of (configuration, enabled plugins). A toggle builds another app beside the
running one and swaps it, so no other code needs to know that plugins can come and go.
"""

from __future__ import annotations

import gc
import inspect
import logging
import re
import threading
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from flask import Flask, Response, request
from flask_compress import Compress
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import scoped_session, sessionmaker
from werkzeug.middleware.proxy_fix import ProxyFix
from whitenoise import WhiteNoise

from . import auth
from .auth import factor_views, headers
from .auth import views as auth_views
from .auth.fab import ContainedAppBuilder
from .db.asking import asking
from .db.key_check import check_key
from .db.trouble import what_to_do
from .db.uow import one_reader
from .db.write_queue import DatabaseBusy
from .host import faults, generation, hosted, use_host
from .host.host import Fault, Host, fault_of
from .host.service import build, found_plugins, present, record_repairs
from .i18n import readers
from .i18n.texts import lazy_gettext as _l
from .kernel import actors
from .kernel.actors import ANONYMOUS, current_actor
from .kernel.errors import WiringError
from .kernel.methods import SAFE
from .kernel.trace import traced
from .runtime import Runtime, activated, open_runtime
from .web import errors, health, theme
from .web.block_pages import page_view
from .web.bodies import Request, flooded
from .web.describe import Screen
from .web.gateway import gateway
from .web.home import CORE_VIEWS
from .web.limits import PublicLimits, visitor_is_known
from .web.resource import resource_api
from .web.routes import Key, Rule, faulty_routes
from .web.shell import TEMPLATE_GLOBALS
from .web.views import screen_view
from .web.webhooks import mount_webhook

log = logging.getLogger(__name__)
_HASHED = re.compile(r"\.[0-9a-f]{10}\.")  # built assets carry their content's hash in the name


_PLACE = re.compile(r"<[^>]*>")


class PluginFailed(Exception):
    """A plugin's views could not be added; the app is built again without it."""

    def __init__(self, plugin: str, error: BaseException) -> None:
        super().__init__(plugin)
        self.plugin, self.error = plugin, error


def create_app(runtime: Runtime, host: Host) -> Flask:
    """The admin of one instance for one set of enabled plugins.

    :raises PluginFailed: naming the plugin whose views or endpoints cannot be added.
    """
    app = Flask("zhanggui", static_folder=None, template_folder=None)
    app.request_class = Request
    app.url_rule_class = Rule
    app.config.update(_flask_config(runtime))
    app.url_map.converters["key"] = Key
    theme.install(app, runtime, host)
    readers.install(app, runtime)
    taken: dict[Any, str] = {}
    app.jinja_env.globals.update(TEMPLATE_GLOBALS)
    auth.install_sessions(app)
    headers.install(app)
    _serve_host(app, runtime, host)
    with app.app_context():
        session = scoped_session(sessionmaker(bind=runtime.read_bind, expire_on_commit=False))
        app.teardown_appcontext(lambda _error: session.remove())
        builder = ContainedAppBuilder(app, session)
        readers.choose_readers(app, runtime, host)
        health.install(app)
        auth_views.register(builder)
        for view in CORE_VIEWS:
            builder.add_view_no_menu(view)
        for plugin_id in [one for one in host.seniority if one in host.parts]:
            try:
                part = host.parts[plugin_id]
                _add_part(app, builder, host, part)
                claimed = _claim_routes(app, plugin_id, taken, part.screens)
                if plugin_id in host.manifests:
                    headers.own_pages(app, plugin_id, claimed, host.manifests[plugin_id].csp)
                _check_routes(app)
            except (Exception, SystemExit) as error:
                if plugin_id == "core":
                    raise
                raise PluginFailed(plugin_id, error) from error
    errors.install(app)
    Compress(app)
    _check_routes(app)
    return app


def _check_routes(app: Flask) -> None:
    faults = faulty_routes(app)
    if faults:
        raise faults[0]


def _add_part(app: Flask, builder: Any, host: Host, part: Any) -> None:
    for screen in part.screens:
        full = host.screens[screen.resource]
        view = screen_view(full)
        builder.add_view_no_menu(view)
        if full.api:
            builder.add_api(resource_api(full))
    for view in (*part.views, *map(page_view, part.pages)):
        builder.add_view_no_menu(view)
    for api in part.apis:
        builder.add_api(api)
    for webhook in part.webhooks:
        mount_webhook(app, webhook)


def _claim_routes(app: Flask, plugin_id: str, taken: dict[Any, str], screens: Iterable[Screen]) -> set[str]:
    """The endpoints that came with this part.

    :raises WiringError: when a plugin has a page at an address that another one answers already.
    """
    claimed = set()
    for rule in app.url_map.iter_rules():
        if id(rule) in taken:  # it came with an earlier part
            continue
        taken[id(rule)] = plugin_id
        claimed.add(rule.endpoint)
        for method in rule.methods or ():
            owner = taken.setdefault((_PLACE.sub("<>", rule.rule), method), plugin_id)
            if owner != plugin_id:
                at = [inspect.unwrap(app.view_functions[rule.endpoint]), *((("Screen", screen.resource),) for screen in screens)]
                raise WiringError(_l("the route “%(route)s” is taken by %(owner)s", route=rule.rule, owner=owner), at=at)
    return claimed


def _flask_config(runtime: Runtime) -> dict[str, Any]:
    config = runtime.config
    return {
        "SECRET_KEY": runtime.keyring.derive("flask").hex(),
        "JWT_SECRET_KEY": runtime.keyring.derive("jwt").hex(),
        "TRUSTED_HOSTS": list(config["web.trusted_hosts"]) or None,
        "MAX_CONTENT_LENGTH": 32 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 4 * 1024 * 1024, "MAX_FORM_PARTS": 5000,
        "JWT_ACCESS_TOKEN_EXPIRES": timedelta(minutes=15),
        "JWT_REFRESH_TOKEN_EXPIRES": timedelta(days=config["auth.absolute_days"]),
        "PERMANENT_SESSION_LIFETIME": timedelta(days=config["auth.absolute_days"]),
        "COMPRESS_ALGORITHM": ["br", "gzip"], "COMPRESS_BR_LEVEL": 4, "COMPRESS_LEVEL": 3, "COMPRESS_MIN_SIZE": 600,
        "COMPRESS_MIMETYPES": ["text/html", "application/json", "application/problem+json", "text/javascript",
                               "application/manifest+json"],
        "COMPRESS_STREAMS": False,
        "FAB_UPDATE_PERMS": False, "FAB_CREATE_DB": False, "FAB_ADD_SECURITY_VIEWS": False, "FAB_API_SWAGGER_UI": True,
        "APP_NAME": config["instance.name"], "RATELIMIT_ENABLED": False, "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": False, "JSON_SORT_KEYS": False, "ZHANGGUI_HTTPS": str(config["web.public_url"]).startswith("https:"),
    }  # fmt: skip


def _serve_host(app: Flask, runtime: Runtime, host: Host) -> None:
    """Every request runs with this app's own generation of the host, and with its actor."""
    app.extensions["zhanggui_host"] = host

    @app.before_request
    def who() -> Response | None:
        if request.method == "OPTIONS":
            # Answered here, so that no guard, token or handler is asked; what there is no route for goes on to its 404.
            actors._current.set(ANONYMOUS)
            app.extensions["zhanggui_reader"]()
            return None if request.routing_exception else app.make_default_options_response()
        auth.act_for_request(request)
        if current_actor().kind != ANONYMOUS.kind:
            visitor_is_known()
        app.extensions["zhanggui_reader"]()
        return None

    factor_views.guard(app)


class Site:
    """The WSGI application of one instance: gives each request the app of the present generation."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = open_runtime(runtime)
        self._limits = PublicLimits(runtime.config)
        self._swap = threading.Lock()
        self._app: Flask | None = None
        self._generation = -1
        self._wsgi = self._with_proxy(self._dispatch)
        self._static = WhiteNoise(self._wsgi, immutable_file_test=lambda path, url: bool(_HASHED.search(url)),
                                  add_headers_function=_static_headers, charset="utf-8", max_age=0)  # fmt: skip
        for prefix, folder in theme.static_folders(runtime).items():
            self._static.add_files(str(folder), prefix=prefix)
        self._served: set[str] = set()
        self._serve_static()

    def _serve_static(self) -> None:
        """The files of plugins; those of one that came while the process runs are added when its app is built."""
        for prefix, folder in theme.plugin_static(found_plugins(self.runtime).manifests).items():
            if prefix not in self._served:
                self._static.add_files(str(folder), prefix=prefix)
                self._served.add(prefix)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if flooded(environ):
            return _short_answer(start_response, "400 Bad Request", "bad_request", "The address or the cookies have too many parts.")
        return self._static(environ, start_response)  # type: ignore[no-any-return]

    def _with_proxy(self, wsgi: Any) -> Any:
        hops = self.runtime.config["web.trusted_proxies"]
        return ProxyFix(wsgi, x_for=hops, x_proto=hops, x_host=hops) if hops else wsgi

    def _dispatch(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        key, wait = self._limits.enter(environ)
        if wait:
            return self._limits.refusal(environ, start_response, wait)
        try:
            return self._serve(environ, start_response)
        finally:
            self._limits.leave(key, environ)

    def _serve(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        # What came with the request is a hint for our logs, never trusted to be unique.
        with activated(self.runtime), traced():
            if environ.get("PATH_INFO") == "/healthz" and self._app is not None:
                app = self._app
            else:
                try:
                    app = self.app(environ)
                except (DBAPIError, DatabaseBusy):
                    log.exception("the database did not answer")
                    # Without it nobody can be told from anybody: only what asks about the database itself goes on.
                    if self._app is None or environ.get("PATH_INFO") != "/readyz":
                        return _no_database(start_response)
                    app = self._app
            answer: Iterable[bytes]
            with hosted(app.extensions["zhanggui_host"]):
                if environ["REQUEST_METHOD"].upper() not in SAFE:
                    answer = app.wsgi_app(environ, start_response)
                else:
                    with asking(), one_reader():
                        answer = AskedFor(app.wsgi_app(environ, start_response))
            faults.book_of(self.runtime).write()
            return answer

    def warm(self) -> None:
        """Build the app before the first request asks for it; without a database that has to wait."""
        with activated(self.runtime):
            try:
                self.app({})
            except DBAPIError as error:
                log.warning("%s", what_to_do(str(error.orig)) or f"the database does not answer yet: {type(error.orig).__name__}")

    def app(self, environ: dict[str, Any]) -> Flask:
        """The app of the generation that the database names now, built if need be."""
        with self.runtime.read_bind.connect() as connection:
            now = generation.read(connection)
        self.runtime.shared["generations"] = environ["zhanggui.generations"] = now
        faults.book_of(self.runtime).heed(now.faults)
        if self._app is not None and now.plugins == self._generation:
            return self._app
        with self._swap:
            if self._app is None:
                check_key(self.runtime)
            if self._app is None or now.plugins > self._generation:
                self._app, host = build_app(self.runtime)
                self._generation = host.generation
                self._serve_static()
            return self._app


class AskedFor:
    """The body of an answer to a request that only asks: while it is made, too, nothing is written."""

    def __init__(self, body: Iterable[bytes]) -> None:
        self._body, self._parts = body, iter(body)

    def __iter__(self) -> AskedFor:
        return self

    def __next__(self) -> bytes:
        with asking():
            return next(self._parts)

    def close(self) -> None:
        """As WSGI asks for."""
        with asking():
            getattr(self._body, "close", lambda: None)()


def build_app(runtime: Runtime) -> tuple[Flask, Host]:
    """An app for what the database says is enabled; a plugin that cannot be mounted is left out."""
    host = present(runtime)
    broken: dict[str, Fault] = {}
    while True:
        try:
            with hosted(host):
                app = create_app(runtime, host)
            break
        except PluginFailed as failed:
            broken |= host.faults  # the next build no longer meets these
            broken[failed.plugin] = fault_of(found_plugins(runtime).manifests[failed.plugin], "build", failed.error)
            stamp = host.generation
            host = build(runtime, set(host.manifests) - set(broken))
            host.generation = stamp
    host.faults |= broken
    use_host(host)
    gateway.forget()
    # What was built lives as long as the process or the next toggle: the collector need not look at it again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    if not runtime.safe_mode:
        record_repairs(host)
    return app, host


def _static_headers(headers: Any, path: str, url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    if "/scan-worker" in url:
        # WebAssembly may be compiled in this one worker and nowhere else.
        headers["Content-Security-Policy"] = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"


def _no_database(start_response: Callable[..., Any]) -> Iterable[bytes]:
    return _short_answer(start_response, "503 Service Unavailable", "unavailable", "The database does not answer.", ("Retry-After", "5"))


def _short_answer(start_response: Callable[..., Any], status: str, code: str, detail: str, *headers: tuple[str, str]) -> Iterable[bytes]:
    body = f'{{"status": {status[:3]}, "code": "{code}", "detail": "{detail}"}}'.encode()
    start_response(status, [("Content-Type", "application/problem+json"), *headers, ("Content-Length", str(len(body)))])
    return [body]


def create_wsgi(config_path: str | None = None, *, safe_mode: bool = False) -> Site:
    """The WSGI callable for a server: ``zhanggui.app:create_wsgi`` is a factory of it."""
    from .config import Config
    from .kernel import privacy

    privacy.keep_private()

    return Site(Runtime(Config.load(config_path), safe_mode=safe_mode))
