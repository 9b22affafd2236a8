// Things: made, changed, listed, deleted.

import assert from "node:assert/strict";
import { arn, iot } from "./harness.mjs";

const api = iot();

const made = await api.ok("CreateThing", {
  thingName: "lamp:1",
  attributePayload: { attributes: { room: "hall", watt: "9" } },
});
assert.equal(made.thingName, "lamp:1");
assert.equal(made.thingArn, arn("thing", "lamp:1"));
assert.match(made.thingId, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);

const again = await api.ok("CreateThing", {
  thingName: "lamp:1",
  attributePayload: { attributes: { room: "hall", watt: "9" } },
});
assert.equal(again.thingId, made.thingId);
const exists = await api.fails("ResourceAlreadyExistsException", "CreateThing", {
  thingName: "lamp:1",
  attributePayload: { attributes: { room: "attic" } },
});
assert.equal(exists.resourceArn, made.thingArn);
assert.ok(exists.resourceId);
await api.fails("InvalidRequestException", "CreateThing", { thingName: "no good" });
await api.fails("InvalidRequestException", "CreateThing",
  { thingName: "typed", thingTypeName: "lamp" }, /thingTypeName.*not supported/);
await api.fails("InvalidRequestException", "CreateThing", {
  thingName: "many", attributePayload: { attributes: { a: "1", b: "2", c: "3", d: "4" } },
});

const thing = await api.ok("DescribeThing", { thingName: "lamp:1" });
assert.deepEqual(thing.attributes, { room: "hall", watt: "9" });
assert.equal(thing.version, 1);
assert.equal(thing.defaultClientId, "lamp:1");
await api.fails("ResourceNotFoundException", "DescribeThing", { thingName: "nobody" });

await api.ok("UpdateThing", {
  thingName: "lamp:1", expectedVersion: 1,
  attributePayload: { attributes: { watt: "11" }, merge: true },
});
const changed = await api.ok("DescribeThing", { thingName: "lamp:1" });
assert.deepEqual(changed.attributes, { room: "hall", watt: "11" });
assert.equal(changed.version, 2);
await api.fails("VersionConflictException", "UpdateThing", {
  thingName: "lamp:1", expectedVersion: 1, attributePayload: { attributes: { watt: "40" } },
});
await api.fails("ResourceNotFoundException", "UpdateThing", {
  thingName: "nobody", attributePayload: { attributes: { watt: "40" } },
});

for (const n of [2, 3, 4, 5]) {
  await api.ok("CreateThing", {
    thingName: `lamp:${n}`, attributePayload: { attributes: { room: "cellar" } },
  });
}
const pages = await api.pages("ListThings", {}, "things");
assert.deepEqual(pages.map((page) => page.length), [2, 2, 1]);
const names = pages.flat().map((item) => item.thingName);
assert.deepEqual(names.sort(), ["lamp:1", "lamp:2", "lamp:3", "lamp:4", "lamp:5"]);
const filtered = await api.ok("ListThings", { attributeName: "room", attributeValue: "hall" });
assert.deepEqual(filtered.things, [{
  thingName: "lamp:1", thingArn: made.thingArn, attributes: changed.attributes, version: 2,
}]);
await api.fails("InvalidRequestException", "ListThings", { nextToken: "made up" });
await api.fails("InvalidRequestException", "ListThings", { maxResults: 251 });

await api.fails("VersionConflictException", "DeleteThing",
  { thingName: "lamp:1", expectedVersion: 1 });
await api.ok("DeleteThing", { thingName: "lamp:1", expectedVersion: 2 });
await api.ok("DeleteThing", { thingName: "lamp:1" });  // AWS does not mind.
await api.fails("ResourceNotFoundException", "DescribeThing", { thingName: "lamp:1" });
api.close();
