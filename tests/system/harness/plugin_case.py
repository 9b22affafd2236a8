"""The base of the tests of the broker's plugin: a broker, a service, policies, devices."""

from .case import SystemTest
from .mqtt_clients import V5, Client, Service, certificate_id
from .plugin_broker import ACCOUNT, REGION, PluginBroker

ARN = f"arn:aws:iot:{REGION}:{ACCOUNT}:"
THING = "${iot:Connection.Thing.ThingName}"
JOBS = "$aws/things/dev/jobs/"
PROTOCOL_ERROR = 130


def allow(action, *resources):
    return {"Effect": "Allow", "Action": action, "Resource": [ARN + name for name in resources]}


def policy(policy_id, *statements):
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    return {"op": "policy", "id": policy_id, "document": document}


# What a thing needs for its jobs, and a room to talk in.
CONNECT = allow("iot:Connect", f"client/{THING}")
TALK = [
    allow("iot:Publish", f"topic/$aws/things/{THING}/jobs/*", "topic/room/*"),
    allow("iot:Receive", f"topic/$aws/things/{THING}/jobs/*", "topic/room/*"),
    allow("iot:Subscribe", f"topicfilter/$aws/things/{THING}/jobs/*", "topicfilter/room/*"),
]
DEVICE_POLICY = policy("device:1", CONNECT, *TALK)


def principal(pair, thing, *policies, active=True):
    things = [{"name": thing, "attributes": {"site": "9"}, "policies": []}] if thing else []
    return {
        "op": "principal", "id": certificate_id(pair), "active": active, "things": things,
        "policies": list(policies) or ["device:1"],
    }


class PluginTest(SystemTest):
    """A broker with the plugin, and a service that has said nothing yet."""

    def setUp(self):
        super().setUp()
        self.broker = PluginBroker(self.folder, self.ca.certificate, self.ca.server())
        self.addCleanup(self.broker.close)
        self._logs.append(("broker", lambda: "".join(log.text for log in self.broker.logs)))
        self.broker.start()
        self.service = self.start_service()
        self.pair = self.ca.device("dev")

    def start_service(self):
        service = Service(self.broker.private_port)
        self.addCleanup(service.close)
        return service.listen()

    def connect(self, client_id="dev", pair=None, **options):
        """A connection that may be refused."""
        client = Client(self.broker.port, client_id, pair=pair or self.pair,
                        ca=self.ca.certificate, **options)
        self.addCleanup(client.close)
        return client

    def join(self, client_id="dev", pair=None, **options):
        return self.connect(client_id, pair, **options).wait_connected()

    def assert_closed(self, client, reason=PROTOCOL_ERROR):
        """Closed by the broker; a 5 client was told why."""
        client.wait("closed")
        if client.version == V5:
            self.assertEqual([reason], [event.code for event in client.seen("disconnect")])


class AllowedTest(PluginTest):
    """The thing "dev" may do what a thing needs for its jobs."""

    def setUp(self):
        super().setUp()
        self.service.send_picture(DEVICE_POLICY, principal(self.pair, "dev"))

    def other_device(self, name="other"):
        """A second thing, that may do as much for itself."""
        pair = self.ca.device(name)
        self.service.send_access(principal(pair, name))
        return self.join(name, pair)
