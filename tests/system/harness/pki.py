"""Throw-away certificate authorities, through the `openssl` command line.

A certificate is made by `openssl ca`, since that alone lets both dates be chosen.
"""

import os
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from .processes import run_tool

EC = "ec"
RSA = "rsa"

_KEY_OPTIONS = {
    EC: ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    RSA: ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
}

_CA_CONFIG = """
[ca]
default_ca = authority
[authority]
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = anything
unique_subject = no
copy_extensions = none
[anything]
commonName = supplied
[req]
distinguished_name = dn
prompt = no
[dn]
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature,keyEncipherment
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


@dataclass(frozen=True)
class Pair:
    """A certificate and its private key, PEM files."""

    certificate: Path
    key: Path


def _utc(moment):
    return moment.strftime("%Y%m%d%H%M%SZ")


class CertificateAuthority:
    """A root of its own. Two of them do not trust each other's certificates."""

    def __init__(self, folder, name="Fieldwork Test Root", algorithm=EC):
        self._folder = Path(folder)
        self._folder.mkdir(parents=True)
        (self._folder / "index.txt").touch()
        (self._folder / "ca.cnf").write_text(_CA_CONFIG)
        self._algorithm = algorithm
        self._key = self._new_key("root")
        self.certificate = self._folder / "root.pem"
        self._openssl(
            *f"req -x509 -new -config ca.cnf -extensions root -days 30 -key {self._key} "
            f"-out {self.certificate}".split(),
            "-subj", f"/CN={name}",
        )

    def server(self, host="localhost", valid_from=None, valid_until=None):
        """A server certificate for `host`; the dates default to now, give or take a day."""
        names = f"subjectAltName = DNS:{host}"
        if host == "localhost":
            names += ",IP:127.0.0.1"
        return self._issue(f"server-{host}", host, "serverAuth", names, valid_from, valid_until)

    def expired_server(self):
        now = datetime.now(timezone.utc)
        return self.server(valid_from=now - timedelta(days=9), valid_until=now - timedelta(days=2))

    def future_server(self):
        now = datetime.now(timezone.utc)
        return self.server(valid_from=now + timedelta(days=2), valid_until=now + timedelta(days=9))

    def device(self, thing):
        """A device certificate whose common name is the thing, as the broker wants it."""
        return self._issue(f"device-{thing}", thing, "clientAuth", "", None, None)

    def _issue(self, stem, common_name, usage, extra, valid_from, valid_until):
        now = datetime.now(timezone.utc)
        start = _utc(valid_from or now - timedelta(days=1))
        end = _utc(valid_until or now + timedelta(days=1))
        key = self._new_key(stem)
        extensions = self._folder / f"{stem}.ext"
        leaf = _CA_CONFIG.split("[leaf]")[1]
        extensions.write_text(f"{leaf}extendedKeyUsage = {usage}\n{extra}\n")
        certificate = self._folder / f"{stem}.pem"
        self._openssl(
            *f"req -new -config ca.cnf -key {key} -out {stem}.csr".split(),
            "-subj", f"/CN={common_name}",
        )
        self._openssl(
            *f"ca -batch -notext -config ca.cnf -cert root.pem -keyfile {self._key} "
            f"-in {stem}.csr -out {certificate} -extfile {extensions} "
            f"-startdate {start} -enddate {end}".split()
        )
        return Pair(certificate, key)

    def _new_key(self, stem):
        key = self._folder / f"{stem}.key"
        self._openssl("genpkey", *_KEY_OPTIONS[self._algorithm], "-out", str(key))
        os.chmod(key, 0o600)
        return key

    def _openssl(self, *arguments):
        run_tool(["openssl", *arguments], self._folder)
