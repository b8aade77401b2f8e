"""How a receiver checks a message, in the languages that receivers are written in. Each is run by the tests."""

from __future__ import annotations

PYTHON = '''\
import base64, hashlib, hmac, time

def is_genuine(secret: str, headers: dict, body: bytes) -> bool:
    """headers: names in lower case. Store the webhook-id, and take each only once."""
    if abs(time.time() - int(headers["webhook-timestamp"])) > 300:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f'{headers["webhook-id"]}.{headers["webhook-timestamp"]}.'.encode() + body
    wanted = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest(wanted, one) for one in headers["webhook-signature"].split(" "))
'''
JAVASCRIPT = '''\
const crypto = require("node:crypto");

// headers: names in lower case; body: a Buffer. Store the webhook-id, and take each only once.
function isGenuine(secret, headers, body) {
  if (Math.abs(Date.now() / 1000 - Number(headers["webhook-timestamp"])) > 300) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const signed = Buffer.concat([Buffer.from(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.`), body]);
  const wanted = Buffer.from("v1," + crypto.createHmac("sha256", key).update(signed).digest("base64"));
  return headers["webhook-signature"].split(" ").some((one) => {
    const given = Buffer.from(one);
    return given.length === wanted.length && crypto.timingSafeEqual(given, wanted);
  });
}
'''
PHP = '''\
<?php
// $headers: names in lower case. Store the webhook-id, and take each only once.
function is_genuine(string $secret, array $headers, string $body): bool {
    if (abs(time() - (int) $headers["webhook-timestamp"]) > 300) return false;
    $key = base64_decode(preg_replace("/^whsec_/", "", $secret));
    $signed = $headers["webhook-id"] . "." . $headers["webhook-timestamp"] . "." . $body;
    $wanted = "v1," . base64_encode(hash_hmac("sha256", $signed, $key, true));
    foreach (explode(" ", $headers["webhook-signature"]) as $one) {
        if (hash_equals($wanted, $one)) return true;
    }
    return false;
}
'''
SHELL = '''\
#!/bin/sh
# is_genuine SECRET ID TIMESTAMP SIGNATURES < body    (openssl, xxd)
key=$(printf %s "${1#whsec_}" | base64 -d | xxd -p -c 256)
wanted="v1,$({ printf %s "$2.$3."; cat; } | openssl dgst -sha256 -mac HMAC -macopt hexkey:"$key" -binary | base64)"
now=$(date +%s); age=$((now - $3))
[ "${age#-}" -le 300 ] || exit 1
for one in $4; do [ "$one" = "$wanted" ] && exit 0; done
exit 1
'''
SNIPPETS = (("Python", PYTHON), ("JavaScript", JAVASCRIPT), ("PHP", PHP), ("Shell", SHELL))
