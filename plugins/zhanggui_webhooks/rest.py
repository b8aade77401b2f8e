"""What programs of partners need beyond rows: the secret of an endpoint that they added."""

from __future__ import annotations

from typing import Any

from zhanggui.api import Api, clock, current_actor, expose, gateway, protect, unit_of_work

from .screens import ENDPOINTS
from .services import endpoints


class EndpointSecretApi(Api):
    """Secrets with which messages are checked."""

    resource_name = "webhooks/secrets"
    class_permission_name = "webhooks.Secret"
    openapi_spec_tag = "Webhooks"

    @expose("/<key(18):endpoint_id>", methods=["POST"])
    @protect
    def show(self, endpoint_id: int) -> Any:
        """The secret of an endpoint, once
        ---
        post:
          operationId: webhooks.Secret.show
          summary: The secret of an endpoint, which is answered once after it was made or exchanged
          parameters:
          - {in: path, name: endpoint_id, required: true, schema: {type: integer, minimum: 0}}
          responses:
            200:
              description: What both sides sign and check with
              content: {application/json: {schema: {type: object, required: [secret], properties: {secret: {type: string}}}}}
            401: {$ref: "#/components/responses/Refused401"}
            403: {$ref: "#/components/responses/Refused403"}
            404: {$ref: "#/components/responses/Refused404"}
            409: {$ref: "#/components/responses/Refused409"}
        """
        who = current_actor()
        with unit_of_work() as db:
            gateway.may_touch(db, ENDPOINTS, who, endpoint_id, "can_show")
            _label, secret = endpoints.show_secret(db, id=endpoint_id, actor=who, now=clock.now())
        answer = self.response(200, secret=secret)
        answer.headers["Cache-Control"] = "private, no-cache, no-store"
        return answer
