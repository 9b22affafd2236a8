// Decides how a device with the AWS IoT device SDK connects and asks: all its forms look alike.
//
// world.client is "v1" (IotJobsClient) or "v2" (IotJobsClientv2), world.mqtt 3 (3.1.1) or 5,
// world.plus whether V1 subscribes with '+' for the job's id, as the samples of AWS do; its
// adapter for MQTT 5 looks handlers up by the whole topic and cannot. world.port is the port to
// take instead of the one in the endpoint, world.waitS how long an answer may take, and where
// world.lossExpected a lost connection does not end the program.

import assert from "node:assert/strict";
import { iot, load, report, world } from "./harness.mjs";

const { iotjobs, mqtt, mqtt5, iot: crt } = load("aws-iot-device-sdk-v2");
const QOS = mqtt.QoS.AtLeastOnce;
const WAIT_S = world.waitS ?? 10;

export class Rejected extends Error {
  constructor(response) {
    super(`${response.code}: ${response.message}`);
    this.response = response;
  }
}

/** What has arrived, in order, and a way to wait until it is so many. */
class Inbox {
  constructor(operation) {
    this.operation = operation;
    this.messages = [];
    this.waiting = [];
  }

  put(message) {
    report(this.operation);
    this.messages.push(message);
    for (const look of this.waiting) look();
  }

  /** The message number `count`, counted from 1. */
  async wait(count) {
    await within(`message ${count} of ${this.operation}`, new Promise((resolve) => {
      const look = () => this.messages.length >= count && resolve();
      this.waiting.push(look);
      look();
    }));
    return this.messages[count - 1];
  }
}

async function within(what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: nothing for ${WAIT_S} s`)), WAIT_S * 1000);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

let losses = 0;

function lost(event) {
  ++losses;
  if (world.lossExpected) return;
  console.error(`the connection was lost: ${JSON.stringify(event)}`);
  process.exit(3);
}

async function endpoint() {
  const api = iot();
  const { endpointAddress } = await api.send("DescribeEndpoint", { endpointType: "iot:Data-ATS" });
  api.close();
  const [host, port] = endpointAddress.split(":");
  return { host, port: world.port ?? Number(port) };
}

async function connect3({ host, port }) {
  const config = crt.AwsIotMqttConnectionConfigBuilder
    .new_mtls_builder_from_path(world.certificate, world.key)
    .with_certificate_authority_from_path(undefined, world.ca)
    .with_endpoint(host).with_port(port)
    .with_client_id(world.thing).with_clean_session(true).with_keep_alive_seconds(60)
    .build();
  const connection = new mqtt.MqttClient().new_connection(config);
  connection.on("error", lost);
  connection.on("interrupt", lost);
  await within("connect", connection.connect());
  return { connection, disconnect: () => connection.disconnect() };
}

async function connect5({ host, port }) {
  const config = crt.AwsIotMqtt5ClientConfigBuilder
    .newDirectMqttBuilderWithMtlsFromPath(host, world.certificate, world.key)
    .withCertificateAuthorityFromPath(undefined, world.ca)
    .withPort(port)
    .withConnectProperties({ clientId: world.thing, keepAliveIntervalSeconds: 60 })
    .build();
  const connection = new mqtt5.Mqtt5Client(config);
  let closing = false;
  const connected = new Promise((resolve, reject) => {
    connection.on("connectionSuccess", resolve);
    connection.on("connectionFailure", (event) => reject(event.error));
  });
  connection.on("disconnection", (event) => closing || lost(event));
  connection.start();
  await within("connect", connected);
  const disconnect = async () => {
    closing = true;
    const stopped = new Promise((resolve) => connection.on("stopped", resolve));
    connection.stop();
    await stopped;
    connection.close();
  };
  return { connection, disconnect };
}

/** IotJobsClient: subscribes, publishes, and finds the answer by the client token. */
class V1 {
  constructor(connection) {
    this.client = world.mqtt === 5
      ? iotjobs.IotJobsClient.newFromMqtt5Client(connection)
      : new iotjobs.IotJobsClient(connection);
    this.subscribed = new Set();
    this.pending = new Map();
    this.tokens = 0;
  }

  async subscribe(name, request, handler) {
    const done = await this.client[`subscribeTo${name}`](request, QOS, (error, message) => {
      assert.equal(error, undefined);
      handler(message);
    });
    assert.ok(!done.error_code, `${name}: SUBACK ${done.error_code}`);
  }

  // An answer without a token is the answer to a token that could not be taken.
  settle(response, accepted) {
    const token = response.clientToken ?? this.pending.keys().next().value;
    const request = this.pending.get(token);
    assert.ok(request, `an answer to nothing: ${JSON.stringify(response)}`);
    this.pending.delete(token);
    if (accepted) request.resolve(response);
    else request.reject(new Rejected(response));
  }

  async listen(operation, { thingName, jobId }) {
    const request = jobId === undefined ? { thingName }
      : { thingName, jobId: world.plus ? "+" : jobId };
    const key = JSON.stringify([operation, request]);
    if (this.subscribed.has(key)) return;
    this.subscribed.add(key);
    await this.subscribe(`${operation}Accepted`, request, (r) => this.settle(r, true));
    await this.subscribe(`${operation}Rejected`, request, (r) => this.settle(r, false));
  }

  async ask(operation, input) {
    await this.listen(operation, input);
    const request = { clientToken: `token-${++this.tokens}`, ...input };
    const answer = new Promise((resolve, reject) => {
      this.pending.set(request.clientToken, { resolve, reject });
    });
    // The answer may be there before the PUBACK.
    const published = this.client[`publish${operation}`](request, QOS);
    const [response] = await Promise.all([answer, published]);
    assert.equal(response.clientToken, request.clientToken);
    return response;
  }

  async open(changed, next) {
    const thing = { thingName: world.thing };
    await this.subscribe("JobExecutionsChangedEvents", thing, changed);
    await this.subscribe("NextJobExecutionChangedEvents", thing, next);
  }

  close() {}
}

/** IotJobsClientv2: a promise for each request; a failure has the modeled error in it. */
class V2 {
  constructor(connection) {
    const make = world.mqtt === 5 ? "newFromMqtt5" : "newFromMqtt311";
    this.client = iotjobs.IotJobsClientv2[make](connection, {
      maxRequestResponseSubscriptions: 4, maxStreamingSubscriptions: 2,
      operationTimeoutInSeconds: WAIT_S,
    });
    this.streams = [];
  }

  async ask(operation, input) {
    const method = operation[0].toLowerCase() + operation.slice(1);
    try {
      return await this.client[method](input);
    } catch (error) {
      if (error.modeledError) throw new Rejected(error.modeledError);
      throw error.internalError ?? error;
    }
  }

  async stream(name, handler) {
    const stream = this.client[`create${name}Stream`]({ thingName: world.thing });
    this.streams.push(stream);
    stream.on("incomingPublish", (event) => handler(event.message));
    stream.on("incomingPublishError", (event) => lost(event.error.message));
    const established = new Promise((resolve, reject) => {
      stream.on("subscriptionStatus",
        ({ type, error }) => (type === 0 ? resolve() : reject(error)));
    });
    stream.open();
    await within(name, established);
  }

  async open(changed, next) {
    await this.stream("JobExecutionsChanged", changed);
    await this.stream("NextJobExecutionChanged", next);
  }

  close() {
    for (const stream of this.streams) stream.close();
    this.client.close();
  }
}

/** A connected device of the form that `world` names. */
export class Device {
  static async connect() {
    const device = new Device();
    const at = await endpoint();
    const { connection, disconnect } = await (world.mqtt === 5 ? connect5(at) : connect3(at));
    device.client = world.client === "v1" ? new V1(connection) : new V2(connection);
    device.disconnect = disconnect;
    device.changed = new Inbox("JobExecutionsChanged");
    device.next = new Inbox("NextJobExecutionChanged");
    return device;
  }

  /** Opens both streams of notifications. */
  async open() {
    await this.client.open((m) => this.changed.put(m), (m) => this.next.put(m));
  }

  /** The accepted response; of this thing unless `input` names another. */
  async ok(operation, input = {}) {
    const response = await within(operation,
      this.client.ask(operation, { thingName: world.thing, ...input }));
    report(operation);
    return response;
  }

  /** The rejected response, once its code is `code`. */
  async fails(code, operation, input = {}) {
    const error = await this.ok(operation, input).then(
      () => assert.fail(`${operation} was accepted instead of ${code}`), (thrown) => thrown);
    if (!(error instanceof Rejected)) throw error;
    assert.equal(error.response.code, code, error.message);
    assert.ok(error.response.message, "no message");
    report(operation, code);
    return error.response;
  }

  /** How often the connection was lost. */
  losses() {
    return losses;
  }

  async close() {
    this.client.close();
    await this.disconnect();
  }
}
