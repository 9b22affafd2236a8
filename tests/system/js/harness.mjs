// Decides how a program here is run: which packages it loads, how it reports, when it must end.
//
// The argument is one JSON object, what the test knows of the cloud. Each call of an operation
// prints one line, {"operation", "result"}; a result is "ok" or the name of the exception or
// rejection. An assertion that fails ends the program with status 1 and its text on stderr.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const packages = process.env.FIELDWORK_NPM ??
  fileURLToPath(new URL("../../../build/npm", import.meta.url));

/** `require` for the packages that `./fieldwork setup` has installed. */
export const load = createRequire(`${packages}/node_modules/`);

export const world = JSON.parse(process.argv[2]);

const LIMIT_MS = 60_000;
setTimeout(() => {
  console.error(`not at its end after ${LIMIT_MS / 1000} s`);
  process.exit(2);
}, LIMIT_MS).unref();

// The device SDK's closed clients keep Node.js running until they are garbage.
/** The end of a program that has used the device SDK. */
export function end() {
  process.exit(0);
}

export function report(operation, result = "ok") {
  console.log(JSON.stringify({ operation, result }));
}

// AWS's own: 410 for a limit, 406 for a certificate in the wrong state.
const STATUS = {
  InvalidRequestException: 400,
  CertificateValidationException: 400,
  MalformedPolicyException: 400,
  ResourceNotFoundException: 404,
  CertificateStateException: 406,
  DeleteConflictException: 409,
  InvalidStateTransitionException: 409,
  ResourceAlreadyExistsException: 409,
  VersionConflictException: 409,
  VersionsLimitExceededException: 409,
  LimitExceededException: 410,
  TerminalStateException: 410,
};

/** The commands of one AWS package, sent to the cloud under test. */
export class Api {
  constructor(name, Client, credentials) {
    this.sdk = load(name);
    this.client = new this.sdk[Client]({
      endpoint: world.url,
      region: world.region,
      credentials: { ...world.credentials, ...credentials },
      maxAttempts: 1,
    });
  }

  send(operation, input) {
    return this.client.send(new this.sdk[`${operation}Command`](input));
  }

  /** The error of a call that fails with this name, be it known to the package or not. */
  async refused(name, status, operation, input = {}) {
    const error = await this.send(operation, input).then(
      () => assert.fail(`${operation} succeeded instead of ${name}`), (thrown) => thrown);
    assert.equal(error.name, name, `${operation}: ${error}`);
    assert.equal(error.$metadata.httpStatusCode, status, name);
    report(operation, name);
    return error;
  }

  async ok(operation, input = {}) {
    const output = await this.send(operation, input);
    assert.equal(output.$metadata.httpStatusCode, 200);
    report(operation);
    return output;
  }

  /** The error, once it is known to be of the class `exception` and to have its HTTP status. */
  async fails(exception, operation, input, message = /./) {
    const error = await this.refused(exception, STATUS[exception], operation, input);
    assert.ok(error instanceof this.sdk[exception], `${exception} is not that class`);
    assert.match(error.message, message);
    return error;
  }

  /** Every page of the package's own paginator: the list `member` of each. */
  async pages(operation, input, member, pageSize = 2) {
    const lists = [];
    const options = { client: this.client, pageSize };
    for await (const page of this.sdk[`paginate${operation}`](options, input)) {
      lists.push(page[member]);
    }
    report(operation);
    return lists;
  }

  close() {
    this.client.destroy();
  }
}

/** The control plane; `credentials` in place of single ones of the cloud. */
export function iot(credentials) {
  return new Api("@aws-sdk/client-iot", "IoTClient", credentials);
}

/** What a device without MQTT has. */
export function jobsData(credentials) {
  return new Api("@aws-sdk/client-iot-jobs-data-plane", "IoTJobsDataPlaneClient", credentials);
}

export function arn(kind, name) {
  return `arn:aws:iot:${world.region}:${world.account}:${kind}/${name}`;
}

/** A Date of the last minute, as what has just been made has. */
export function assertRecent(date, name) {
  assert.ok(date instanceof Date, `${name} is no Date: ${date}`);
  const age = Date.now() - date.getTime();
  assert.ok(age > -2_000 && age < 60_000, `${name} is ${age} ms old`);
}

/** Whole seconds since 1970, as the data plane and MQTT have them. */
export function assertRecentSeconds(seconds, name) {
  assert.ok(Number.isInteger(seconds), `${name} is not whole seconds: ${seconds}`);
  assertRecent(new Date(seconds * 1000 + 999), name);
}
