"""Logs in to a demonstration server and prints an API token that may do everything."""

import json
import ssl
import sys
import urllib.request

first = json.loads(open(sys.argv[1]).readline())
trust = ssl.create_default_context()
# The demonstration has a certificate of its own.
trust.check_hostname = False
trust.verify_mode = ssl.CERT_NONE


def call(method, path, body, **headers):
    headers |= {"content-type": "application/json", "sec-fetch-site": "same-origin"}
    request = urllib.request.Request(first["api"] + path, json.dumps(body).encode(), headers, method=method)
    answer = urllib.request.urlopen(request, context=trust)
    return json.loads(answer.read() or b"null"), answer.headers.get("set-cookie", "").split(";")[0]


_, cookie = call("POST", "/session", {"name": first["admin"], "password": first["password"]})
passwords = {"current": first["password"], "new": "a password for the contract"}
_, cookie = call("PUT", "/session/password", passwords, cookie=cookie)
asked = {"name": "contract", "level": "super_administrator", "days": 1}
token, _ = call("POST", "/tokens", asked, cookie=cookie)
print(token["secret"])
