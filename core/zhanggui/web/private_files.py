"""Private files over HTTP: who may see the row gets its files, and for everybody else there are none."""

from __future__ import annotations

from typing import Any

from flask import Response, send_file
from sqlalchemy.orm import Session
from werkzeug.exceptions import Unauthorized

from ..auth.permissions import expose, public, signed_in
from ..db.uow import reading
from ..files.private import FileInfo, find_private_file, owner_id
from ..host import current_host
from ..kernel import clock
from ..kernel.actors import Actor
from ..kernel.errors import Forbidden, NotFound
from . import context
from .describe import Screen
from .gateway import gateway
from .rest import Api
from .views import View


def readable_file(db: Session, file_id: str, *, actor: Actor) -> FileInfo:
    """A private file that this actor may have.

    :raises NotFound: when there is none, its time is over, or its row or field is not for this actor to see.
    """
    found = find_private_file(db, file_id, clock.now())
    if not _may(db, actor, found):
        raise NotFound()
    return found


def _may(db: Session, actor: Actor, file: FileInfo) -> bool:
    if not file.resource:
        return file.user_id is not None and file.user_id == owner_id(actor)
    screen = current_host().screens.get(file.resource)
    if screen is None or any(not actor.may(rule, screen.resource) for rule in _field_rules(screen, file.field)):
        return False
    try:
        key = gateway.table(screen).c[screen.key].type.python_type(file.row_id)
        gateway.one(db, screen, actor, key)
    except (NotFound, Forbidden, ValueError):
        return False
    return True


def _field_rules(screen: Screen, name: str) -> list[str]:
    """Of a column the rule of the column; what is only in the form has that of the field."""
    shown: list[Any] = [column for column in screen.columns if column.name == name]
    shown = shown or [field for field in (screen.fields() if callable(screen.fields) else screen.fields) if field.name == name]
    return [thing.permission for thing in shown if thing.permission]


def _send(file_id: str) -> Response:
    with reading() as db:
        file = readable_file(db, file_id, actor=context.actor())
    if not file.path.is_file():
        raise NotFound()
    # Always as a download: what somebody else brought is never opened as a page of ours.
    response = send_file(file.path, file.media_type, as_attachment=True, download_name=file.name, conditional=True, etag=file.digest)
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


class PrivateFileView(View):
    """Downloads for people."""

    route_base = "/private-files"
    class_permission_name = "core.PrivateFile"
    default_view = "download"

    @expose("/<file_id>")
    @signed_in
    def download(self, file_id: str) -> Response:
        """The file, for who may see its row."""
        return _send(file_id)


class PrivateFileApi(Api):
    """Downloads for programs."""

    resource_name = "core/files"
    class_permission_name = "core.PrivateFile"

    @expose("/<file_id>")
    @public("asks itself: a token is needed, and the right to see the row that the file belongs to")
    def get(self, file_id: str) -> Response:
        """Download a private file
        ---
        get:
          summary: Download a private file
          parameters:
          - {in: path, name: file_id, required: true, schema: {type: string}}
          responses:
            200: {description: The file, content: {application/octet-stream: {schema: {type: string, format: binary}}}}
            404: {description: There is no such file, content: {application/problem+json: {schema: {type: object}}}}
        """
        if context.actor().kind not in ("user", "token"):
            raise Unauthorized()
        return _send(file_id)
