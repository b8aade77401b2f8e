"""Private files over HTTP."""

from __future__ import annotations

from flask import Response, json, request, send_file
from werkzeug.exceptions import Unauthorized

from ..auth.permissions import expose, protect, public, signed_in
from ..db.uow import reading, unit_of_work
from ..files.kinds import KINDS
from ..files.private import save_private_file
from ..i18n.texts import lazy_gettext as _l
from ..kernel import clock
from ..kernel.errors import Invalid, NotFound
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
          operationId: core.File.show
          summary: Download a private file
          parameters:
          - {in: path, name: file_id, required: true, schema: {type: string}}
          responses:
            200: {description: The file, content: {"*/*": {schema: {type: string, format: binary}}}}
            401: {$ref: "#/components/responses/Refused401"}
            404: {$ref: "#/components/responses/Refused404"}
        """
        if context.actor().kind not in ("user", "token"):
            raise Unauthorized()
        return _send(file_id)

    @expose("/", methods=("POST",))
    @protect
    def add(self) -> Response:
        """Bring a private file
        ---
        post:
          summary: Bring a private file, for a field of a row that is added or changed within a day
          requestBody:
            content: {multipart/form-data: {schema: {type: object, required: [file], properties: {file: {type: string, format: binary}}}}}
          responses:
            201:
              description: Its id
              content: {application/json: {schema: {type: object, required: [id], properties: {id: {type: string}}}}}
              links: {file: {operationId: core.File.show, parameters: {file_id: "$response.body#/id"}}}
            400: {$ref: "#/components/responses/Refused400"}
            401: {$ref: "#/components/responses/Refused401"}
            403: {$ref: "#/components/responses/Refused403"}
            413: {$ref: "#/components/responses/Refused413"}
            422: {$ref: "#/components/responses/Refused422"}
        """
        sent = request.files.get("file")
        if sent is None or not sent.filename:
            raise Invalid(errors={"file": _l("A file is needed.")})
        with unit_of_work() as db:
            file = save_private_file(db, sent.stream, filename=sent.filename, kinds=tuple(KINDS), actor=context.actor(), now=clock.now())
        body = json.dumps({"id": file.id, "name": file.name, "media_type": file.media_type, "size": file.size})
        return Response(body, 201, mimetype="application/json")
