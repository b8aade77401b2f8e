"""Private files over HTTP."""

from __future__ import annotations

from flask import Response, send_file
from werkzeug.exceptions import Unauthorized

from ..auth.permissions import expose, public, signed_in
from ..db.uow import reading
from ..kernel.errors import NotFound
from . import context
from .private_files import readable_file
from .rest import Api
from .views import View


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
