// Certificates, and which things they belong to.
//
// world.csr is a signing request, world.foreign a certificate that another authority has signed.

import assert from "node:assert/strict";
import { X509Certificate, createPrivateKey, createPublicKey } from "node:crypto";
import { arn, assertRecent, iot, world } from "./harness.mjs";

const NOBODY = "0".repeat(64);
const api = iot();
await api.send("CreateThing", { thingName: "board" });

const made = await api.ok("CreateKeysAndCertificate", { setAsActive: true });
const { certificateId, certificateArn } = made;
const parsed = new X509Certificate(made.certificatePem);
assert.equal(certificateId, parsed.fingerprint256.replaceAll(":", "").toLowerCase());
assert.equal(certificateArn, arn("cert", certificateId));
assert.ok(parsed.checkPrivateKey(createPrivateKey(made.keyPair.PrivateKey)));
assert.ok(parsed.publicKey.equals(createPublicKey(made.keyPair.PublicKey)));
assert.equal(parsed.publicKey.asymmetricKeyType, "rsa");

const signed = await api.ok("CreateCertificateFromCsr",
  { certificateSigningRequest: world.csr, setAsActive: false });
assert.equal(new X509Certificate(signed.certificatePem).publicKey.asymmetricKeyType, "ec");
await api.fails("InvalidRequestException", "CreateCertificateFromCsr",
  { certificateSigningRequest: "no request" });

const { certificateDescription: known } = await api.ok("DescribeCertificate", { certificateId });
assert.equal(known.status, "ACTIVE");
assert.equal(known.certificateMode, "DEFAULT");
assert.equal(known.certificatePem, made.certificatePem);
assertRecent(known.creationDate, "creationDate");
assertRecent(known.lastModifiedDate, "lastModifiedDate");
assert.equal(known.validity.notAfter.getTime(), Date.parse(parsed.validTo));
assert.equal(known.validity.notBefore.getTime(), Date.parse(parsed.validFrom));
await api.fails("ResourceNotFoundException", "DescribeCertificate", { certificateId: NOBODY });
await api.fails("InvalidRequestException", "DescribeCertificate", { certificateId: "short" });

// This cloud's own certificate, forgotten by it, and known again.
await api.ok("DeleteCertificate", { certificateId: signed.certificateId });
const registered = await api.ok("RegisterCertificate",
  { certificatePem: signed.certificatePem, status: "INACTIVE" });
assert.equal(registered.certificateId, signed.certificateId);
await api.fails("ResourceAlreadyExistsException", "RegisterCertificate",
  { certificatePem: signed.certificatePem });
await api.fails("CertificateValidationException", "RegisterCertificate",
  { certificatePem: "no certificate" });

const foreign = await api.ok("RegisterCertificateWithoutCA",
  { certificatePem: world.foreign, status: "ACTIVE" });
const described = await api.ok("DescribeCertificate", { certificateId: foreign.certificateId });
assert.equal(described.certificateDescription.certificateMode, "SNI_ONLY");
await api.fails("ResourceAlreadyExistsException", "RegisterCertificateWithoutCA",
  { certificatePem: world.foreign });

const pages = await api.pages("ListCertificates", {}, "certificates");
assert.deepEqual(pages.map((page) => page.length), [2, 1]);
for (const item of pages.flat()) assertRecent(item.creationDate, "creationDate");
await api.fails("InvalidRequestException", "ListCertificates", { pageSize: 251 });

const principal = certificateArn;
await api.ok("AttachThingPrincipal", { thingName: "board", principal });
await api.fails("ResourceNotFoundException", "AttachThingPrincipal",
  { thingName: "nobody", principal });
await api.fails("ResourceNotFoundException", "AttachThingPrincipal",
  { thingName: "board", principal: arn("cert", NOBODY) });
const principals = await api.pages("ListThingPrincipals", { thingName: "board" }, "principals");
assert.deepEqual(principals, [[principal]]);
await api.fails("ResourceNotFoundException", "ListThingPrincipals", { thingName: "nobody" });
const things = await api.pages("ListPrincipalThings", { principal }, "things");
assert.deepEqual(things, [["board"]]);
await api.fails("ResourceNotFoundException", "ListPrincipalThings",
  { principal: arn("cert", NOBODY) });

await api.fails("CertificateStateException", "DeleteCertificate", { certificateId });
await api.fails("CertificateStateException", "UpdateCertificate",
  { certificateId, newStatus: "PENDING_TRANSFER" });
await api.fails("InvalidRequestException", "UpdateCertificate",
  { certificateId, newStatus: "SLEEPING" });
await api.ok("UpdateCertificate", { certificateId, newStatus: "INACTIVE" });
await api.fails("ResourceNotFoundException", "UpdateCertificate",
  { certificateId: NOBODY, newStatus: "INACTIVE" });
await api.fails("DeleteConflictException", "DeleteCertificate", { certificateId });
await api.fails("DeleteConflictException", "DeleteCertificate",
  { certificateId, forceDelete: true });  // It overrides policies, not things.
await api.fails("InvalidRequestException", "DeleteThing", { thingName: "board" });
await api.ok("DetachThingPrincipal", { thingName: "board", principal });
await api.fails("ResourceNotFoundException", "DetachThingPrincipal",
  { thingName: "nobody", principal });
await api.ok("DeleteCertificate", { certificateId });
await api.fails("ResourceNotFoundException", "DeleteCertificate", { certificateId });
api.close();
