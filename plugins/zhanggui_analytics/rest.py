"""Figures for programs: the same question, the same rights, the same answer."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from flask import Response, request

from zhanggui.api import Api, Metric, Reader, current_actor, expose, metrics, protect, reader_at_work, reading

from . import asks, drill, wording
from .catalogue import adds_up, may_see, offered
from .services.asking import Answer, answer


class QueryApi(Api):
    """Figures, and what there is to ask."""

    resource_name = "analytics/query"
    class_permission_name = "analytics.Report"

    @expose("/")
    @protect
    def show(self) -> Response:
        """Figures of a period
        ---
        get:
          operationId: analytics.Report.query
          summary: Figures of a period, taken apart
          description: "Money is in minor units of `currency`. A parameter that is none of these is a dimension that narrows the rows: `source=storefront`."
          parameters:
          - {in: query, name: metrics, required: true, schema: {type: string}, example: "orders.paid,sales.net", description: "Figures, parted by commas."}
          - {in: query, name: by, schema: {type: string}, example: "day", description: "Dimensions, parted by commas."}
          - {in: query, name: period, schema: {type: string}, example: "last_7_days", description: "`today`, `last_30_days`, `this_month`, `2026-11`, `2026-11-01..2026-11-07`."}
          - {in: query, name: compare, schema: {type: string, enum: [none, previous, previous_calendar, previous_year, previous_year_weekday]}}
          - {in: query, name: order, schema: {type: string}, description: "A figure or a dimension; with - before it the largest first."}
          - {in: query, name: limit, schema: {type: integer, minimum: 1, maximum: 1000}}
          - {in: query, name: currency, schema: {type: string}}
          responses:
            200:
              description: The answer
              content: {application/json: {schema: {type: object, required: [columns, rows, totals], properties: {
                columns: {type: array, items: {type: object}}, rows: {type: array, items: {type: object}}, totals: {type: object}}}}}
            400: {$ref: "#/components/responses/Refused400"}
            401: {$ref: "#/components/responses/Refused401"}
            403: {$ref: "#/components/responses/Refused403"}
        """
        reader = reader_at_work(current_actor())
        ask = asks.read(request.args)
        with reading() as db:
            found = answer(db, reader, ask)
            labels = wording.labels(db, reader, found)
        return Response(json.dumps(as_json(reader, found, labels), ensure_ascii=False), mimetype="application/json")


def as_json(reader: Reader, found: Answer, labels: Any) -> dict[str, Any]:
    """An answer as programs read it."""
    ask, known = found.ask, metrics()
    wanted = [known[id] for id in ask.metrics]

    def row(key: tuple[str, ...]) -> dict[str, Any]:
        cells = {"values": _plain(found.values[key]), "href": {m.id: drill.address(reader, ask, found.span, m, key) or None for m in wanted}}
        if found.before is not None:
            cells["was"] = _plain(found.was.get(key, {}))
        return {"key": dict(zip(ask.by, key, strict=True)), "label": {name: labels[name].get(value, value) for name, value in zip(ask.by, key, strict=True)}, **cells}

    body: dict[str, Any] = {
        "columns": [
            *({"id": name, "kind": "dimension"} for name in ask.by),
            *({"id": m.id, "kind": "metric", "label": str(m.label), "unit": m.unit, "adds_up": adds_up(m), "definition": str(m.sentence)} for m in wanted),
        ],
        "rows": [row(key) for key in found.rows],
        "totals": {"values": _plain(found.totals), "href": {m.id: drill.address(reader, ask, found.span, m) or None for m in wanted}},
        "others": None if found.others is None else _plain(found.others),
        "period": {"first": found.span.first.isoformat(), "last": found.span.last.isoformat(), "running": found.running},
        "currency": found.currency, "other_currencies": found.currencies, "limited": found.limited, "as_of": reader.now.isoformat(), "read_days": found.read_days,
    }  # fmt: skip
    if found.before is not None:
        until = found.before.until
        body["compared"] = {"first": found.before.first.isoformat(), "last": found.before.last.isoformat(), "until": None if until is None else until.isoformat()}
        body["totals"]["was"] = _plain(found.totals_were)
    return body


def offered_now(reader: Reader) -> list[Metric]:
    """The figures that this reader may ask for."""
    return [metric for metric in metrics().values() if offered(metric) and may_see(reader, metric)]


def _plain(values: Any) -> dict[str, int | str | None]:
    """Whole numbers as such, others as texts: no program rounds them behind our back."""
    return {id: None if v is None else int(v) if isinstance(v, Decimal) and v.as_tuple().exponent == 0 else str(v) for id, v in values.items()}
