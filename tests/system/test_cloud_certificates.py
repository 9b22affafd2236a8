"""Certificates and what things they belong to, as Debian's aws CLI and boto3 use them.

What the cloud issues is looked at by `openssl`, which the cloud has no part in. The CLI runs each
operation once. Rules: aws-iot-jobs, sections 5.2 to 5.6.
"""

import base64
import datetime
import hashlib
import unittest
from pathlib import Path

import botocore.exceptions

from system.harness.cloud import arn
from system.harness.cloud_case import CloudTest
from system.harness.pki import RSA, CertificateAuthority
from system.harness.processes import run_tool
from system.harness.raw_http import ask

P256 = "-newkey ec -pkeyopt ec_paramgen_curve:P-256"


def certificate_id(pem):
    """AWS's certificateId: SHA-256 of the DER form, here without any help of OpenSSL."""
    text = pem.split("-----BEGIN CERTIFICATE-----")[1].split("-----END")[0]
    return hashlib.sha256(base64.b64decode(text)).hexdigest()


class CertificateTest(CloudTest):
    """Has `openssl`, and makes what there must be before a test can begin."""

    def openssl(self, *arguments):
        return run_tool(["openssl", *arguments], self.folder)

    def path(self, suffix, text=None):
        path = Path(self.folder) / (self.unique("file") + suffix)
        if text is not None:
            path.write_text(text, encoding="ascii")
        return path

    def make_csr(self, new_key=P256, subject="/O=Tests/CN=unit 7"):
        """A request and the path of its key."""
        key, csr = self.path(".key"), self.path(".csr")
        self.openssl("req", "-new", *new_key.split(), "-nodes", "-keyout", str(key),
                     "-out", str(csr), "-subj", subject)
        return csr.read_text(encoding="ascii"), key

    def issue(self, csr=None, active=False):
        """A certificate of the cloud's root; an EC key is made faster than an RSA one."""
        return self.iot.create_certificate_from_csr(
            certificateSigningRequest=csr or self.make_csr()[0], setAsActive=active)

    def make_foreign(self, algorithm="ec"):
        """A certificate that another root signed: its text, and the root's."""
        authority = CertificateAuthority(self.path("-pki"), algorithm=algorithm)
        pair = authority.device("foreign")
        return pair.certificate.read_text(), authority.certificate.read_text()

    def describe(self, identity):
        return self.iot.describe_certificate(certificateId=identity)["certificateDescription"]

    def make_policy(self):
        name = self.unique("policy")
        self.iot.create_policy(policyName=name, policyDocument=(
            '{"Version":"2012-10-17","Statement":'
            '{"Effect":"Allow","Action":"iot:Connect","Resource":"*"}}'))
        return name

    def assert_issued(self, reply, key):
        """Signed by the root for clients only, for this key, under the right id."""
        pem = reply["certificatePem"]
        identity = certificate_id(pem)
        self.assertEqual((identity, arn("cert", identity)),
                         (reply["certificateId"], reply["certificateArn"]))
        path = self.path(".pem", pem)
        self.openssl("verify", "-x509_strict", "-purpose", "sslclient", "-CAfile",
                     str(self.cloud.root), str(path))
        with self.assertRaises(RuntimeError):
            self.openssl("verify", "-purpose", "sslserver", "-CAfile", str(self.cloud.root),
                         str(path))
        self.assertEqual(self.openssl("pkey", "-in", str(key), "-pubout"),
                         self.openssl("x509", "-in", str(path), "-pubkey", "-noout"))
        return self.openssl("x509", "-in", str(path), "-noout", "-text")


class Issuing(CertificateTest):
    def test_keys_and_certificate_belong_together_and_chain_to_the_root(self):
        made = self.iot.create_keys_and_certificate(setAsActive=True)
        self.assertEqual(["PrivateKey", "PublicKey"], sorted(made["keyPair"]))
        self.assertTrue(made["keyPair"]["PrivateKey"].startswith("-----BEGIN RSA PRIVATE KEY-----"))
        key = self.path(".key", made["keyPair"]["PrivateKey"])
        text = self.assert_issued(made, key)
        for words in ("Public-Key: (2048 bit)", "CA:FALSE", "CN = AWS IoT Certificate"):
            self.assertIn(words, text)
        self.assertEqual(self.openssl("pkey", "-in", str(key), "-pubout"),
                         made["keyPair"]["PublicKey"])
        self.assertEqual("ACTIVE", self.describe(made["certificateId"])["status"])
        other = self.iot.create_keys_and_certificate()
        self.assertNotEqual(made["keyPair"], other["keyPair"])
        self.assertEqual("INACTIVE", self.describe(other["certificateId"])["status"])
        self.assertNotIn(made["keyPair"]["PrivateKey"].splitlines()[1], self.cloud.all_text())
        answer = ask(self.cloud.http_port, "POST", "/keys-and-certificate?setAsActive=1")
        self.assertEqual((400, "InvalidRequestException"), (answer.status, answer.error))

    def test_the_cli_writes_certificate_and_keys_into_files(self):
        certificate, public, private = (self.path(suffix) for suffix in (".pem", ".pub", ".key"))
        made = self.aws("iot", "create-keys-and-certificate", "--set-as-active",
                        "--certificate-pem-outfile", str(certificate),
                        "--public-key-outfile", str(public), "--private-key-outfile", str(private))
        self.assertEqual(made["certificatePem"], certificate.read_text())
        self.assertEqual(made["keyPair"]["PublicKey"], public.read_text())
        self.assert_issued(made, private)

    def test_signing_requests_of_every_allowed_key_are_signed(self):
        for new_key in (P256, "-newkey rsa:2048", "-newkey ec -pkeyopt ec_paramgen_curve:P-384",
                        "-newkey ec -pkeyopt ec_paramgen_curve:P-521"):
            with self.subTest(new_key):
                csr, key = self.make_csr(new_key)
                made = self.issue(csr, active=new_key == P256)
                text = self.assert_issued(made, key)
                self.assertIn("Subject: O = Tests, CN = unit 7", text)
                self.assertNotIn("keyPair", made)
                self.assertEqual("ACTIVE" if new_key == P256 else "INACTIVE",
                                 self.describe(made["certificateId"])["status"])
        again = [self.issue(csr)["certificateId"] for _ in range(2)]
        self.assertEqual(2, len(set(again)), "one request may be signed twice")
        by_cli = self.aws("iot", "create-certificate-from-csr", "--set-as-active",
                          "--certificate-signing-request", f"file://{self.path('.csr', csr)}")
        self.assert_issued(by_cli, key)
        self.assertEqual("ACTIVE", self.describe(by_cli["certificateId"])["status"])

    def test_signing_requests_that_are_weak_or_wrong_are_refused(self):
        good, _ = self.make_csr()
        der = bytearray(base64.b64decode("".join(good.splitlines()[1:-1])))
        der[-3] ^= 1
        forged = base64.encodebytes(bytes(der)).decode()
        for csr, reason in (
                (self.make_csr("-newkey rsa:1024")[0], "1024 bits"),
                (self.make_csr("-newkey ec -pkeyopt ec_paramgen_curve:secp256k1")[0], "P-256"),
                (self.make_csr("-newkey ed25519")[0], "neither RSA nor EC"),
                (self.issue()["certificatePem"], "not one PEM certificate request"),
                (good + good, "not one PEM certificate request"),
                (f"-----BEGIN CERTIFICATE REQUEST-----\n{forged}"
                 "-----END CERTIFICATE REQUEST-----\n", "not signed with the key"),
                ("text", "not one PEM certificate request"), ("x" * 4097, "4096"), ("", "1 to")):
            with self.subTest(reason):
                self.assert_error("InvalidRequestException", self.issue if csr else self.raw_csr,
                                  csr, message=reason, status=400)
        self.assert_error("InvalidRequestException", self.iot.create_certificate_from_csr,
                          message="certificateSigningRequest is required")
        self.assert_error("InvalidRequestException", self.aws, "iot", "create-certificate-from-csr",
                          "--certificate-signing-request", "text", message="PEM")

    def raw_csr(self, csr):
        return self.iot.create_certificate_from_csr(certificateSigningRequest=csr)


class Registering(CertificateTest):
    def test_register_takes_what_the_root_signed(self):
        root = self.cloud.root.read_text()
        for options, status in (({}, "INACTIVE"), ({"setAsActive": True}, "ACTIVE"),
                                ({"status": "ACTIVE"}, "ACTIVE"),
                                ({"status": "INACTIVE", "setAsActive": True}, "INACTIVE"),
                                ({"caCertificatePem": root, "status": "REVOKED"}, "REVOKED")):
            with self.subTest(options):
                made = self.issue()
                self.iot.delete_certificate(certificateId=made["certificateId"])
                reply = self.iot.register_certificate(certificatePem=made["certificatePem"],
                                                      **options)
                self.assertEqual((made["certificateId"], made["certificateArn"]),
                                 (reply["certificateId"], reply["certificateArn"]))
                described = self.describe(made["certificateId"])
                self.assertEqual((status, "DEFAULT", made["certificatePem"]), (
                    described["status"], described["certificateMode"],
                    described["certificatePem"]))
        self.iot.delete_certificate(certificateId=made["certificateId"])
        pem = self.path(".pem", made["certificatePem"])
        by_cli = self.aws("iot", "register-certificate", "--certificate-pem", f"file://{pem}",
                          "--ca-certificate-pem", f"file://{self.cloud.root}",
                          "--status", "ACTIVE")
        self.assertEqual({"certificateId": made["certificateId"],
                          "certificateArn": made["certificateArn"]}, by_cli)

    def test_register_refuses_other_issuers_and_wrong_states(self):
        foreign, other_root = self.make_foreign()
        register = self.iot.register_certificate
        self.assert_error("CertificateValidationException", register, certificatePem=foreign,
                          status=400, message="RegisterCertificateWithoutCA")
        self.assert_error("CertificateValidationException", register, certificatePem=foreign,
                          caCertificatePem=other_root, message="RegisterCertificateWithoutCA")
        made = self.issue()
        pem = made["certificatePem"]
        self.assert_error("CertificateValidationException", register, certificatePem=pem,
                          caCertificatePem=other_root, message="not a CA of this service")
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            register(certificatePem=pem)
        reply = caught.exception.response
        self.assertEqual(("ResourceAlreadyExistsException", 409), (
            reply["Error"]["Code"], reply["ResponseMetadata"]["HTTPStatusCode"]))
        self.assertEqual((made["certificateId"], made["certificateArn"]),
                         (reply["resourceId"], reply["resourceArn"]))
        for status in ("PENDING_TRANSFER", "PENDING_ACTIVATION", "REGISTER_INACTIVE"):
            self.assert_error("CertificateStateException", lambda **p: register(status=status, **p),
                              certificatePem=foreign, status=406, message="ACTIVE, INACTIVE")
        for body in ({}, {"certificatePem": ""}, {"certificatePem": pem, "status": "ODD"},
                     {"certificatePem": 5}, {"certificatePem": "x" * 65537}):
            answer = ask(self.cloud.http_port, "POST", "/certificate/register", body)
            self.assertEqual((400, "InvalidRequestException"), (answer.status, answer.error))

    def test_without_ca_any_sound_certificate_is_taken_once(self):
        register = self.iot.register_certificate_without_ca
        for algorithm, status in (("ec", None), (RSA, "ACTIVE")):
            pem, _ = self.make_foreign(algorithm)
            made = register(certificatePem=pem, **({"status": status} if status else {}))
            self.assertEqual(certificate_id(pem), made["certificateId"])
            described = self.describe(made["certificateId"])
            self.assertEqual((status or "INACTIVE", "SNI_ONLY"),
                             (described["status"], described["certificateMode"]))
            self.assert_error("ResourceAlreadyExistsException", register, certificatePem=pem,
                              status=409, message=made["certificateId"])
        alone = self.path(".pem")
        self.openssl("req", "-x509", *P256.split(), "-nodes", "-keyout", str(self.path(".key")),
                     "-out", str(alone), "-subj", "/CN=alone", "-days", "9")
        by_cli = self.aws("iot", "register-certificate-without-ca", "--certificate-pem",
                          f"file://{alone}", "--status", "ACTIVE")
        self.assertEqual(certificate_id(alone.read_text()), by_cli["certificateId"])
        self.assert_error("ResourceAlreadyExistsException", self.aws, "iot",
                          "register-certificate-without-ca", "--certificate-pem", f"file://{alone}")

    def test_without_ca_what_is_not_sound_is_refused(self):
        def self_signed(new_key):
            path = self.path(".pem")
            self.openssl("req", "-x509", *new_key.split(), "-nodes", "-keyout",
                         str(self.path(".key")), "-out", str(path), "-subj", "/CN=weak")
            return path.read_text()

        sound, _ = self.make_foreign()
        for pem, reason in (
                ("text", "not one PEM certificate"), (sound + sound, "not one PEM certificate"),
                (self.make_csr()[0], "not one PEM certificate"),
                (sound.replace("MII", "MIJ", 1), "not one PEM certificate"),
                (self_signed("-newkey rsa:1024"), "1024 bits"),
                (self_signed("-newkey ed25519"), "neither RSA nor EC")):
            with self.subTest(reason):
                self.assert_error("CertificateValidationException",
                                  self.iot.register_certificate_without_ca, certificatePem=pem,
                                  status=400, message=reason)
        for word, code in (("ODD", "InvalidRequestException"),
                           ("PENDING_ACTIVATION", "CertificateStateException")):
            answer = ask(self.cloud.http_port, "POST", "/certificate/register-no-ca",
                         {"certificatePem": sound, "status": word})
            self.assertEqual(code, answer.error)
        self.assert_error("ResourceNotFoundException", self.describe, certificate_id(sound))


class Registered(CertificateTest):
    def test_describe_tells_all_of_a_certificate(self):
        made = self.issue(active=True)
        described = self.describe(made["certificateId"].upper())
        now = datetime.datetime.now(datetime.timezone.utc)
        for name in ("creationDate", "lastModifiedDate"):
            self.assertLess(abs((now - described.pop(name)).total_seconds()), 60)
        path = self.path(".pem", made["certificatePem"])
        validity = described.pop("validity")
        for name, option in (("notBefore", "-startdate"), ("notAfter", "-enddate")):
            text = self.openssl("x509", "-in", str(path), "-noout", option).strip()
            date = datetime.datetime.strptime(text.partition("=")[2], "%b %d %H:%M:%S %Y %Z")
            self.assertEqual(date.replace(tzinfo=datetime.timezone.utc), validity[name])
        self.assertEqual({
            "certificateArn": made["certificateArn"], "certificateId": made["certificateId"],
            "certificatePem": made["certificatePem"], "status": "ACTIVE",
            "ownedBy": "000000000000", "customerVersion": 1, "transferData": {},
            "certificateMode": "DEFAULT"}, described)
        by_cli = self.aws("iot", "describe-certificate", "--certificate-id", made["certificateId"])
        self.assertEqual("ACTIVE", by_cli["certificateDescription"]["status"])
        self.assert_error("ResourceNotFoundException", self.describe, "0" * 64, status=404)
        for wrong in ("0" * 63, "g" * 64, "0" * 65):
            self.assert_error("InvalidRequestException", self.describe, wrong,
                              message="certificateId must be 64")

    def test_update_changes_the_state_and_repeats(self):
        identity = self.issue()["certificateId"]
        update = self.iot.update_certificate
        for status in ("ACTIVE", "INACTIVE", "REVOKED", "ACTIVE"):
            update(certificateId=identity, newStatus=status)
            first = self.describe(identity)
            self.assertEqual(status, first["status"])
            update(certificateId=identity, newStatus=status)
            self.assertEqual(first, self.describe(identity))
        self.assertIsNone(self.aws("iot", "update-certificate", "--certificate-id", identity,
                                   "--new-status", "INACTIVE"))
        for status in ("PENDING_TRANSFER", "PENDING_ACTIVATION", "REGISTER_INACTIVE"):
            self.assert_error("CertificateStateException", update, certificateId=identity,
                              newStatus=status, status=406)
        self.assert_error("InvalidRequestException", update, certificateId=identity,
                          newStatus="ODD", status=400)
        self.assert_error("ResourceNotFoundException", update, certificateId="0" * 64,
                          newStatus="ACTIVE", status=404)
        answer = ask(self.cloud.http_port, "PUT", f"/certificates/{identity}")
        self.assertEqual((400, "newStatus is required."), (answer.status, answer.message))
        self.assert_error("CertificateStateException", self.aws, "iot", "update-certificate",
                          "--certificate-id", identity, "--new-status", "PENDING_TRANSFER")
        self.assertEqual("INACTIVE", self.describe(identity)["status"])

    def test_delete_wants_it_inactive_and_attached_to_nothing(self):
        made, thing, policy = self.issue(active=True), self.make_thing(), self.make_policy()
        identity, principal = made["certificateId"], made["certificateArn"]
        delete = self.iot.delete_certificate
        self.iot.attach_thing_principal(thingName=thing, principal=principal)
        self.iot.attach_policy(policyName=policy, target=principal)
        for force in (False, True):
            self.assert_error("CertificateStateException", delete, certificateId=identity,
                              forceDelete=force, status=406, message="ACTIVE")
        self.iot.update_certificate(certificateId=identity, newStatus="INACTIVE")
        for force in (False, True):
            self.assert_error("DeleteConflictException", delete, certificateId=identity,
                              forceDelete=force, status=409, message="Things are attached")
        self.iot.detach_thing_principal(thingName=thing, principal=principal)
        self.assert_error("DeleteConflictException", self.aws, "iot", "delete-certificate",
                          "--certificate-id", identity, message="Policies are attached")
        self.assertIsNone(self.aws("iot", "delete-certificate", "--certificate-id", identity,
                                   "--force-delete"))
        self.assertEqual([], self.iot.list_targets_for_policy(policyName=policy)["targets"])
        self.assert_error("ResourceNotFoundException", delete, certificateId=identity, status=404)
        self.assert_error("InvalidRequestException", delete, certificateId="x", status=400)


class Listing(CertificateTest):
    def test_certificates_are_listed_by_age_in_pages_of_twenty_five(self):
        csr, _ = self.make_csr()
        made = [self.issue(csr)["certificateId"] for _ in range(27)]
        listing = self.iot.list_certificates

        def ids(reply):
            return [certificate["certificateId"] for certificate in reply["certificates"]]

        first = listing(ascendingOrder=True)
        self.assertEqual(made[:25], ids(first))
        self.assertEqual({"certificateArn", "certificateId", "status", "certificateMode",
                          "creationDate"}, set(first["certificates"][0]))
        rest = listing(ascendingOrder=True, marker=first["nextMarker"])
        self.assertEqual(made[25:], ids(rest))
        self.assertNotIn("nextMarker", rest)
        self.assertRegex(first["nextMarker"], r"^[A-Za-z0-9+/]+={0,2}$")
        self.assertEqual(made[:1:-1], ids(listing()))
        self.assertEqual(made[::-1], ids(listing(pageSize=250, ascendingOrder=False)))
        by_cli = self.aws("iot", "list-certificates", "--ascending-order")
        self.assertEqual(made, ids(by_cli), "the CLI follows the markers by itself")
        part = self.aws("iot", "list-certificates", "--ascending-order", "--max-items", "26")
        self.assertEqual(made[:26], ids(part))
        part = self.aws("iot", "list-certificates", "--ascending-order",
                        "--starting-token", part["NextToken"])
        self.assertEqual(made[26:], ids(part))
        for size in (0, 251):
            self.assert_error("InvalidRequestException", listing, pageSize=size,
                              message="pageSize must be an integer from 1 to 250")
        for marker in ("x", "AAAA", first["nextMarker"] + "AAAA="):
            self.assert_error("InvalidRequestException", listing, marker=marker,
                              message="marker is not a token of this list")
        self.assert_error("InvalidRequestException", self.iot.list_policies,
                          marker=first["nextMarker"])


class Principals(CertificateTest):
    def test_the_cli_attaches_lists_and_detaches(self):
        thing, principal = self.make_thing(), self.issue()["certificateArn"]
        pair = ["--thing-name", thing, "--principal", principal]
        self.assertIsNone(self.aws("iot", "attach-thing-principal", *pair))
        self.assertEqual([principal], self.aws(
            "iot", "list-thing-principals", "--thing-name", thing)["principals"])
        self.assertEqual([thing], self.aws(
            "iot", "list-principal-things", "--principal", principal)["things"])
        self.assertIsNone(self.aws("iot", "detach-thing-principal", *pair))
        self.assert_error("ResourceNotFoundException", self.aws, "iot", "attach-thing-principal",
                          "--thing-name", self.unique(), "--principal", principal)

    def test_both_sides_are_listed_by_pages(self):
        csr, _ = self.make_csr()
        things = [self.make_thing() for _ in range(5)]
        principals = [self.issue(csr)["certificateArn"] for _ in range(5)]
        for name in things:
            for _ in range(2):
                self.iot.attach_thing_principal(thingName=name, principal=principals[0])
        for principal in principals[1:]:
            self.iot.attach_thing_principal(thingName=things[0], principal=principal)
        for operation, member, options, wanted in (
                ("list_principal_things", "things", {"principal": principals[0]}, things),
                ("list_thing_principals", "principals", {"thingName": things[0]}, principals)):
            pages = list(self.iot.get_paginator(operation).paginate(
                **options, PaginationConfig={"PageSize": 2}))
            self.assertEqual([2, 2, 1], [len(page[member]) for page in pages])
            self.assertEqual(sorted(wanted), sorted(
                item for page in pages for item in page[member]))
            call = getattr(self.iot, operation)
            self.assert_error("InvalidRequestException", call, **options, nextToken="no")
            self.assert_error("InvalidRequestException", call, **options, maxResults=251)
        for _ in range(2):
            self.iot.detach_thing_principal(thingName=things[0], principal=principals[1])
        left = self.iot.list_thing_principals(thingName=things[0])["principals"]
        self.assertEqual(sorted(set(principals) - {principals[1]}), sorted(left))

    def test_what_is_unknown_or_no_certificate_is_refused(self):
        thing, principal = self.make_thing(), self.issue()["certificateArn"]
        unknown = arn("cert", "0" * 64)
        for call in (self.iot.attach_thing_principal, self.iot.detach_thing_principal):
            self.assert_error("ResourceNotFoundException", call, thingName=self.unique(),
                              principal=principal, status=404, message="no thing")
            self.assert_error("ResourceNotFoundException", call, thingName=thing,
                              principal=unknown, status=404, message="no certificate")
            for wrong in ("x", arn("thing", thing), arn("cert", "0"),
                          principal.replace("000000000000", "111111111111"),
                          principal.replace("us-east-1", "eu-west-1")):
                self.assert_error("InvalidRequestException", call, thingName=thing,
                                  principal=wrong, status=400, message="not the ARN")
            self.assert_error("InvalidRequestException", call, thingName="a b",
                              principal=principal)
        self.assert_error("ResourceNotFoundException", self.iot.list_thing_principals,
                          thingName=self.unique(), status=404)
        self.assert_error("ResourceNotFoundException", self.iot.list_principal_things,
                          principal=unknown, status=404)
        port = self.cloud.http_port
        for method, path in (("PUT", f"/things/{thing}/principals"), ("GET", "/principals/things"),
                             ("DELETE", f"/things/{thing}/principals")):
            answer = ask(port, method, path)
            self.assertEqual((400, "the header x-amzn-principal is required."),
                             (answer.status, answer.message))
        for kind, status in (("EXCLUSIVE_THING", 400), ("NON_EXCLUSIVE_THING", 200)):
            answer = ask(port, "PUT", f"/things/{thing}/principals?thingPrincipalType={kind}",
                         x_amzn_principal=principal)
            self.assertEqual(status, answer.status, answer.body)


if __name__ == "__main__":
    unittest.main()
