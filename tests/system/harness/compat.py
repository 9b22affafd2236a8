"""Remembers which operation was asked by which client, and how it was answered.

Where FIELDWORK_COMPAT names a folder, every call of the system tests adds a line to a file of its
process there; tools/compatibility makes docs/aws-compatibility.md of them.
"""

import json
import os
import re
from pathlib import Path

#: The columns of the table, as they are recorded.
CLIENTS = ("aws CLI", "boto3", "JavaScript SDK", "device SDK", "MQTT", "fieldwork-device")


#: What a test hears that breaks the cloud on purpose: chance decides which operation hears it.
FAULTS = {"ServiceUnavailableException", "InternalFailureException", "InternalError", "503", "500"}


def record(client, operation, result="ok"):
    """`result` is "ok" or the name of the exception or rejection that the client saw."""
    assert client in CLIENTS, client
    folder = os.environ.get("FIELDWORK_COMPAT")
    if not folder or result in FAULTS:
        return
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    line = json.dumps({"client": client, "operation": operation, "result": result})
    with open(path / f"{os.getpid()}.jsonl", "a", encoding="ascii") as file:
        file.write(line + "\n")


def operation_of(command):
    """create-keys-and-certificate -> CreateKeysAndCertificate, with AWS's own exceptions."""
    name = "".join(word.capitalize() for word in command.split("-"))
    name = re.sub(r"Ca(Certificate|$)", r"CA\1", name)
    return name.replace("Ota", "OTA")


def watch(client):
    """Records every call of a boto3 client."""

    def after_call(http_response, parsed, model, **_):
        code = parsed.get("Error", {}).get("Code") if http_response.status_code >= 300 else None
        record("boto3", model.name, code or "ok")

    client.meta.events.register("after-call.*.*", after_call)
    return client
