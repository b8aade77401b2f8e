"""Pages load from elsewhere what their plugin declares, and no other plugin's pages do."""

from __future__ import annotations

import pytest

from zhanggui.host.manifest import read_manifest
from zhanggui.kernel.errors import WiringError


def policy_of(visitor, path):
    return dict(part.split(" ", 1) for part in visitor.get(path).headers["Content-Security-Policy"].split("; "))


def test_a_page_of_the_plugin_may_load_what_its_manifest_declares(boss):
    policy = policy_of(boss, "/doors/map")
    assert policy["img-src"] == "'self' data: blob: https://tiles.example https://cdn.example:8443"
    assert policy["frame-src"] == "https://maps.example"
    assert policy["script-src"].startswith("'self' 'nonce-") and "*" not in str(policy)
    assert policy["connect-src"] == "'self'"


@pytest.mark.parametrize("path", ["/", "/customers/", "/system/plugins/", "/orders/1", "/doors/nothing-here", "/shop/"])
def test_pages_of_others_are_as_strict_as_ever(boss, path):
    policy = policy_of(boss, path)
    assert (policy["img-src"], policy["frame-src"]) == ("'self' data: blob:", "'none'")


def test_a_header_of_its_own_opens_nothing(boss):
    assert "script-src *" not in boss.get("/doors/wide").headers["Content-Security-Policy"]


def test_the_gallery_says_from_whom(boss):
    page = boss.get("/system/plugins/").get_data(as_text=True)
    assert "Pictures from tiles.example, cdn.example:8443; Pages of maps.example in a frame" in page


@pytest.mark.parametrize(
    "line",
    [
        'img-src = ["*"]', 'img-src = ["https:"]', 'img-src = ["https://*"]', 'img-src = ["https://*.example"]', 'img-src = ["http://a.example"]',
        'img-src = ["https://a.example/path"]', "img-src = [\"https://a.example; script-src 'unsafe-inline'\"]", 'img-src = ["https://a.example\\n"]',
        'img-src = ["https://a.example https://b.example"]', "img-src = [\"'unsafe-inline'\"]", 'img-src = ["data:"]', 'img-src = "https://a.example"',
        "img-src = [1]", "img-src = []", 'img-src = ["https://user@a.example"]', 'img-src = ["https://{nonce}.example"]', 'img-src = ["https://10.0.0.1"]',
        'script-src = ["https://a.example"]', "script-src = [\"'unsafe-inline'\"]", 'style-src = ["https://a.example"]', 'default-src = ["https://a.example"]',
        'frame-ancestors = ["https://a.example"]', 'form-action = ["https://a.example"]', 'report-uri = ["https://a.example"]',
    ],
)  # fmt: skip
def test_what_opens_more_than_one_place_is_refused_before_any_code_runs(tmp_path, line):
    text = 'id = "wide"\nversion = "1"\napi_level = 1\nname = "Wide"\nsummary = "Wide"\n[csp]\n'
    (tmp_path / "plugin.toml").write_text(text + line, encoding="utf-8")
    with pytest.raises(WiringError, match=r"plugin\.toml: csp\."):
        read_manifest(tmp_path, "zhanggui_wide")
