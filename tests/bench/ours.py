"""The adapter for the peer benchmark: `BENCH=path make bench`."""

from benchlib.target import DEEP, PREFIX, Target

TARGET = Target(
    name="",
    label="Zhanggui",
    server="command",
    command=["python", "serve.py", "{port}", "{workers}"],
    python="../../.venv/bin/python",
    cwd=".",
    bootstrap=["fill.py"],
    bootstrap_timeout=1800,
    own_database=True,
    login_path="/login/",
    pages={
        "orders_list": "/orders/",
        "orders_deep": f"/orders/?page={DEEP}",
        "orders_paid": "/orders/?payment_status=paid",
        "orders_search": f"/orders/?q={PREFIX}",
        "api_list": "/api/v1/orders/orders/?limit=25",
    },
    product_edit="/products/4242/edit",
    save_field="variants-0-weight_g",
    export=lambda client: client.get("/products/export.csv"),
    notes="SQLite synchronous=FULL; every plugin on; personal names encrypted; counts stop at 1,000+",
)
