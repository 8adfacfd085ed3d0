#!/usr/bin/env python3
"""Sends a running platform what its own OpenAPI document allows, and much that it forbids.

    openapi.py PROGRAM [--examples N]       exit 0 when no call was answered by an accident of ours, and
                                            every answer was of a form that the document tells

Schemathesis makes the calls (`make setup` puts it into target/tools/schemathesis, whose Python runs
this); `openapi_hooks.py` beside this file signs them, because an unsigned call gets no further than
the door. The seed is printed, and `--seed` makes the same calls again.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

PARTNERS = ["shop", "payer", "carrier", "forwarder", "customs", "inspection", "merchant"]
CHECKS = ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance"]
# A platform that slows its callers down would answer little else. Each partner has a rate of its own, because the
# warehouse's is among the settings that the calls change.
RATE = 1_000_000


def call(url, admin, body):
    request = urllib.request.Request(
        url, json.dumps(body).encode(), {"authorization": f"Bearer {admin}", "content-type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def furnished(url, admin):
    """Takes in one partner of each kind; answers their keys by docking."""
    keys = {}
    for number, kind in enumerate(PARTNERS):
        # The codes of the document's examples, so that some calls are about something that is there.
        code = {"shop": "3105960A01", "payer": "312226T001", "merchant": "3302160A01"}.get(kind, f"CODE{number}")
        partner = {"kind": kind, "code": code, "name": kind, "calls_per_second": RATE}
        keys[kind] = call(f"{url}/v1/admin/partners", admin, partner)
    return keys


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("program")
    arguments.add_argument("--examples", type=int, default=10)
    arguments.add_argument("--seed", type=int, default=random.randrange(2**32))
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="bondhouse-openapi-") as folder:
        log = Path(folder, "log")
        with log.open("w") as errors:
            platform = subprocess.Popen(
                [asked.program, "--listen", "127.0.0.1:0", "--data", f"{folder}/data"],
                stdout=subprocess.PIPE, stderr=errors, text=True,
            )
        try:
            url = "http://" + json.loads(platform.stdout.readline())["listening"]
            admin = Path(folder, "data/admin.key").read_text().strip()
            keys = furnished(url, admin)
            print(f"openapi: seed {asked.seed}, at most {asked.examples} examples a call", flush=True)
            ran = subprocess.run(
                [
                    Path(sys.executable).with_name("st"), "run", f"{url}/openapi.json",
                    "--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing",
                    "--max-examples", str(asked.examples), "--seed", str(asked.seed),
                    "--generation-database", "none", "--request-timeout", "40", "--no-color",
                ],
                cwd=folder,
                env={
                    **os.environ,
                    "PYTHONPATH": str(Path(__file__).parent.resolve()),
                    "SCHEMATHESIS_HOOKS": "openapi_hooks",
                    "BONDHOUSE_KEYS": json.dumps({"admin": admin, **keys}),
                },
            )
            alive = platform.poll() is None
        finally:
            platform.terminate()
            platform.wait()
        accidents = [line for line in log.read_text().splitlines() if '"level":"ERROR"' in line or "panicked" in line]
        print("\n".join(accidents[:20]))
        if not alive:
            print("openapi: the platform ended by itself")
        sys.exit(0 if ran.returncode == 0 and alive and not accidents else 1)


if __name__ == "__main__":
    main()
