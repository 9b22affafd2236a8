"""Runs the small JavaScript programs that use AWS's own packages against a cloud."""

import json
import os
import shutil
import subprocess
from pathlib import Path

from . import compat
from .cloud import ACCOUNT, REGION

ROOT = Path(__file__).resolve().parents[3]
PROGRAMS = ROOT / "tests" / "system" / "js"
PACKAGES = Path(os.environ.get("FIELDWORK_NPM", ROOT / "build" / "npm"))
TIMEOUT_S = 90  # The programs have a limit of their own, which is shorter.


def run_program(name, cloud, column, /, **world):
    """Runs js/<name>.mjs against `cloud`; returns what it called: (operation, result) in order.

    `column` is where the calls are recorded (compat.CLIENTS); `world` is what the program knows
    besides the cloud's addresses and credentials. A program that does not succeed is an
    AssertionError with its stderr.
    """
    world = {"url": cloud.url, "mqttPort": cloud.mqtt_port, "region": REGION, "account": ACCOUNT,
             "credentials": {"accessKeyId": cloud.credentials["AWS_ACCESS_KEY_ID"],
                             "secretAccessKey": cloud.credentials["AWS_SECRET_ACCESS_KEY"]},
             **world}
    argv = [_node(), str(PROGRAMS / f"{name}.mjs"), json.dumps(world)]
    environment = {**os.environ, "FIELDWORK_NPM": str(PACKAGES)}
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env=environment,
                          timeout=TIMEOUT_S)
    calls = []
    for line in done.stdout.splitlines():
        call = json.loads(line)
        calls.append((call["operation"], call["result"]))
        compat.record(column, *calls[-1])
    if done.returncode != 0:
        last = calls[-1] if calls else "nothing"
        raise AssertionError(f"{name}.mjs ended with status {done.returncode}; its last call was "
                             f"{last}\n{done.stderr}")
    return calls


def operations(calls, result="ok"):
    """The operations that had this result at least once."""
    return {operation for operation, had in calls if had == result}


def results(calls, operation):
    """Everything that one operation has been answered with."""
    return {result for called, result in calls if called == operation}


def _node():
    node = shutil.which("node")
    if node is None or not (PACKAGES / "node_modules").is_dir():
        raise AssertionError(f"Node.js or its packages in {PACKAGES} are missing: run "
                             "./fieldwork setup")
    return node
