"""Signs the calls that `openapi.py` has made, each by whom its docking belongs to."""

import hashlib
import hmac
import json
import os
import secrets
import time
from urllib.parse import urlsplit

import requests
import schemathesis

KEYS = json.loads(os.environ["BONDHOUSE_KEYS"])


class Signed(requests.auth.AuthBase):
    def __call__(self, request):
        parts = urlsplit(request.url)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        docking = (parts.path.split("/") + ["", "", ""])[2]
        if docking == "admin":
            request.headers["authorization"] = f"Bearer {KEYS['admin']}"
        elif docking in KEYS:
            self.sign(request, target, KEYS[docking])
        return request

    @staticmethod
    def sign(request, target, key):
        body = request.body or b""
        if isinstance(body, str):
            body = body.encode()
        if not isinstance(body, bytes):
            return  # A stream: nobody can sign what is not written yet.
        moment, nonce = str(int(time.time() * 1000)), secrets.token_hex(16)
        digest = hashlib.sha256(body).hexdigest()
        text = f"bondhouse request 1\n{request.method}\n{target}\n{moment}\n{nonce}\n{digest}"
        request.headers.update({
            "bondhouse-key": key["key"],
            "bondhouse-time": moment,
            "bondhouse-nonce": nonce,
            "bondhouse-signature": hmac.new(key["secret"].encode(), text.encode(), hashlib.sha256).hexdigest(),
        })


schemathesis.auth.set_from_requests(Signed())


# Bodies of bytes: what is made for them is sent as it is.
@schemathesis.serializer(
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.bondhouse.sync+zstd",
)
def as_it_is(_context, value):
    return value if isinstance(value, bytes) else str(value).encode()
