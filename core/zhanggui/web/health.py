"""``/healthz``: this process is alive. ``/readyz``: the instance can work, and how well."""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask, Response, jsonify
from sqlalchemy import text

from ..auth.permissions import public
from ..db.uow import reading

log = logging.getLogger(__name__)


def install(app: Flask) -> None:
    """Add both routes."""

    @app.get("/healthz")
    @public("a supervisor asks without a login")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz")
    @public("a load balancer asks without a login")
    def readyz() -> Response:
        parts = readiness()
        down = parts["database"]["status"] != "ok"
        degraded = any(part["status"] != "ok" for part in parts.values())
        response = jsonify(status="unavailable" if down else "degraded" if degraded else "ok", **parts)
        response.status_code = 503 if down else 200
        return response


def readiness() -> dict[str, dict[str, Any]]:
    """Each part with its status (ok, degraded, down) and a word on why."""
    try:
        with reading() as db:
            db.execute(text("SELECT 1"))
            from ..jobs import readiness as jobs_readiness

            queue, jobs = jobs_readiness(db)
    except Exception as error:
        log.warning("not ready: %s", error)
        return {"database": {"status": "down"}, "queue": {"status": "unknown"}, "jobs": {"status": "unknown"}}
    return {"database": {"status": "ok"}, "queue": queue, "jobs": jobs}
