"""The broker's plugin in a real Mosquitto: who connects, what passes, who is answered.

Devices are MQTT clients with real certificates, the service is a client on the private
listener that says who may do what and answers requests. What must not happen is proved by
something allowed that was sent after it and did arrive.
"""

import json
import time
import unittest

from system.harness.mqtt_clients import (
    ACCESS_TOPIC,
    DELIVERY_TOPIC,
    V5,
    V311,
    Client,
    certificate_id,
    frame_bytes,
)
from system.harness.plugin_broker import PASSWORD
from system.harness.plugin_case import (
    CONNECT,
    DEVICE_POLICY,
    JOBS,
    PROTOCOL_ERROR,
    TALK,
    AllowedTest,
    PluginTest,
    allow,
    policy,
    principal,
)

NOT_AUTHORIZED = {V311: 5, V5: 135}
QOS_NOT_SUPPORTED = 155
TAKEN_OVER_V311 = 7  # What paho calls a connection that the other side closed.


class Login(PluginTest):
    def test_before_the_picture_is_whole_the_connection_is_closed_without_an_answer(self):
        self.assertEqual("closed", self.connect().wait_answer())
        self.service.send_access({"op": "begin"}, DEVICE_POLICY, principal(self.pair, "dev"))
        self.assertEqual("closed", self.connect().wait_answer())
        self.service.send_access({"op": "end"})
        self.join()

    def test_a_registered_active_certificate_connects(self):
        self.service.send_picture(DEVICE_POLICY, principal(self.pair, "dev"))
        for version in (V311, V5):
            self.join(version=version).close()

    def test_an_unknown_certificate_is_refused(self):
        self.service.send_picture(DEVICE_POLICY)
        for version in (V311, V5):
            client = self.connect(version=version)
            self.assertEqual(NOT_AUTHORIZED[version], client.wait_answer())
        self.broker.log.find(r"certificate [0-9a-f]{64} is not registered")

    def test_an_inactive_certificate_is_refused(self):
        self.service.send_picture(DEVICE_POLICY, principal(self.pair, "dev", active=False))
        self.assertEqual(5, self.connect().wait_answer())
        self.broker.log.find(r"certificate [0-9a-f]{64} is not active")

    def test_a_client_id_that_no_policy_allows_is_refused(self):
        self.service.send_picture(DEVICE_POLICY, principal(self.pair, "dev"))
        self.assertEqual(5, self.connect("other").wait_answer())
        self.broker.log.find(r"no policy that allows iot:Connect")

    def test_client_ids_beyond_awss_limits_are_refused(self):
        self.service.send_picture(policy("all", allow("iot:*", "*")),
                                  principal(self.pair, "dev", "all"))
        for client_id in ("$dev", "c" * 129, "fieldwork-service", "fieldwork-service-2"):
            self.assertEqual(5, self.connect(client_id).wait_answer(), client_id)
        self.join("c" * 128)

    def test_the_name_in_the_certificate_and_the_user_name_mean_nothing(self):
        self.service.send_picture(DEVICE_POLICY, principal(self.pair, "unit-7"))
        self.assertEqual(5, self.connect("dev").wait_answer())
        client = self.join("unit-7", user=("fieldwork-service", PASSWORD))
        client.send_subscribe("fw-private/#")
        client.wait("closed")

    def test_a_certificates_own_fields_can_be_asked_for(self):
        wanted = policy("cn", allow("iot:Connect", "client/${iot:Certificate.Subject.CommonName}"))
        self.service.send_picture(wanted, principal(self.pair, None, "cn"))
        self.join("dev")
        self.assertEqual(5, self.connect("other").wait_answer())

    def test_persistent_sessions_need_the_attribute_where_a_policy_asks_for_it(self):
        statement = {**CONNECT, "Condition": {
            "ForAllValues:StringNotEquals": {"iot:ConnectAttributes": ["PersistentConnect"]}}}
        self.service.send_picture(policy("p", statement), principal(self.pair, "dev", "p"))
        self.join().close()
        self.assertEqual(5, self.connect(clean=False).wait_answer())

    def test_without_a_certificate_only_the_service_gets_in(self):
        for user in (None, ("fieldwork-service", "wrong"), ("fieldwork-service", ""),
                     ("someone", PASSWORD)):
            client = Client(self.broker.private_port, "fieldwork-service-x", user=user)
            self.addCleanup(client.close)
            self.assertEqual(5, client.wait_answer(), user)


class Requests(AllowedTest):
    def test_reach_the_service_with_who_asked(self):
        for version in (V311, V5):
            device = self.join(version=version)
            for qos in (0, 1):
                rest = f"job-{version}-{qos}/update"
                device.publish(JOBS + rest, '{"a":1}', qos=qos)
                request = self.service.wait_request("dev/" + rest)
                self.assertEqual(b'{"a":1}', request.payload)
                self.assertEqual([("client", "dev"), ("principal", certificate_id(self.pair)),
                                  ("qos", str(qos))], request.properties)
            device.close()

    def test_forged_user_properties_do_not_reach_the_service(self):
        device = self.join(version=V5)
        forged = [("client", "other"), ("principal", "0" * 64), ("qos", "0"), ("x", "y")]
        device.publish_acked(JOBS + "get", '{"n":1}', user_properties=forged)
        request = self.service.wait_request("dev/get")
        self.assertEqual(b'{"n":1}', request.payload)
        self.assertEqual(1, request.qos)
        self.assertEqual([("client", "dev"), ("principal", certificate_id(self.pair)),
                          ("qos", "1")], request.properties)
        device.publish_acked(JOBS + "start-next")
        self.service.wait_request("dev/start-next")
        self.assertEqual(["fw-private/jobs/dev/get", "fw-private/jobs/dev/start-next"],
                         self.service.topics())

    def test_to_no_api_at_all_are_the_services_to_answer(self):
        device = self.join()
        device.publish_acked(JOBS + "no/such/api")
        self.service.wait_request("dev/no/such/api")

    def test_are_seen_by_nobody_else(self):
        wide = policy("wide", allow("iot:*", "*"))
        watcher_pair = self.ca.device("watcher")
        self.service.send_access(wide, principal(watcher_pair, "watcher", "wide"))
        watcher = self.join("watcher", watcher_pair)
        self.assertEqual([1, 1, 1], watcher.subscribe("#", "+/jobs/#", "$aws/things/+/jobs/#"))
        device = self.join()
        device.publish_acked(JOBS + "get")
        self.service.wait_request("dev/get")
        device.publish_acked("room/a")
        watcher.wait("message", topic="room/a")
        self.assertEqual(["room/a"], watcher.topics())

    def test_made_while_the_service_is_away_are_answered_when_it_is_back(self):
        device = self.join()
        self.service.vanish()
        device.publish_acked(JOBS + "start-next", '{"clientToken":"t"}')
        device.publish_acked(JOBS + "get", "{}")
        back = self.start_service()
        self.assertTrue(back.session_present)
        request = back.wait_request("dev/start-next")
        self.assertEqual(b'{"clientToken":"t"}', request.payload)
        self.assertEqual(("client", "dev"), request.properties[0])
        back.wait_request("dev/get")
        back.reply(("dev", JOBS + "start-next/accepted", '{"clientToken":"t"}', 1))
        device.wait("message", topic=JOBS + "start-next/accepted")


class Replies(AllowedTest):
    def test_reach_a_requester_that_subscribed_to_nothing(self):
        for version in (V311, V5):
            device = self.join(version=version)
            self.service.reply(("dev", JOBS + "get/accepted", '{"q":0}', 0),
                               ("dev", JOBS + "get/accepted", '{"q":1}', 1))
            for qos in (0, 1):
                self.assertEqual(qos, device.wait("message", payload=b'{"q":%d}' % qos).qos)
            device.close()

    def test_reach_a_subscriber_once(self):
        device = self.join()
        device.subscribe(JOBS + "get/accepted", JOBS + "#")
        self.service.reply(("dev", JOBS + "get/accepted", "first", 1),
                           ("dev", JOBS + "get/accepted", "last", 1))
        device.wait("message", payload=b"last")
        self.assertEqual([b"first", b"last"], [m.payload for m in device.seen("message")])

    def test_reach_nobody_else(self):
        wide = policy("wide", allow("iot:*", "*"))
        watcher_pair = self.ca.device("watcher")
        self.service.send_access(wide, principal(watcher_pair, "watcher", "wide"))
        watcher = self.join("watcher", watcher_pair)
        watcher.subscribe("$aws/things/dev/jobs/#", "#")
        device = self.join()
        self.service.reply(("dev", JOBS + "get/accepted", "{}", 1))
        device.wait("message", topic=JOBS + "get/accepted")
        self.service.publish_acked(JOBS + "notify", "{}")
        watcher.wait("message", topic=JOBS + "notify")
        self.assertEqual([JOBS + "notify"], watcher.topics())

    def test_that_the_client_may_not_receive_are_dropped_in_silence(self):
        device = self.join()
        self.service.reply(("dev", "$aws/things/other/jobs/get/accepted", "{}", 1),
                           ("dev", JOBS + "get/accepted", "{}", 1))
        device.wait("message", topic=JOBS + "get/accepted")
        self.assertEqual([JOBS + "get/accepted"], device.topics())

    def test_to_clients_that_are_gone_are_dropped(self):
        device = self.join(clean=False)
        device.close()
        device.wait("closed")
        self.broker.log.expect(r"Client dev disconnected")
        self.service.reply(("dev", JOBS + "get/accepted", "{}", 1),
                           ("nobody", JOBS + "get/accepted", "{}", 1))
        again = self.join(clean=False)
        self.service.reply(("dev", JOBS + "get/accepted", "now", 1))
        again.wait("message", payload=b"now")
        self.assertEqual(1, len(again.seen("message")))

    def test_follow_a_client_id_to_who_has_it_now(self):
        first = self.join()
        second = self.join()
        first.wait("closed")
        self.service.reply(("dev", JOBS + "get/accepted", "{}", 1))
        second.wait("message", topic=JOBS + "get/accepted")
        self.assertEqual([], first.seen("message"))
        self.assertEqual([], second.seen("closed"))
        second.publish_acked(JOBS + "get")

    def test_of_any_size_arrive_whole(self):
        device = self.join()
        payload = "x" * 100_000
        self.service.reply(("dev", JOBS + "get/accepted", payload, 1),
                           ("dev", JOBS + "get/accepted", "", 1))
        device.wait("message", payload=payload.encode())
        device.wait("message", payload=b"")


class Publications(AllowedTest):
    """Frames that name no client."""

    def test_reach_those_who_subscribed_and_may_receive(self):
        wide = policy("wide", allow("iot:*", "*"))
        pair = self.ca.device("watcher")
        self.service.send_access(wide, principal(pair, "watcher", "wide"))
        watcher = self.join("watcher", pair)
        device = self.join()
        watcher.subscribe("$aws/things/+/jobs/notify")
        device.subscribe(JOBS + "notify")
        self.service.reply(("", JOBS + "notify", "1", 1), ("", JOBS + "notify-next", "2", 1),
                           ("", "$aws/things/other/jobs/notify", "3", 1))
        watcher.wait("message", payload=b"3")
        self.assertEqual([b"1", b"3"], [m.payload for m in watcher.seen("message")])
        device.wait("message", payload=b"1")
        self.service.reply(("dev", JOBS + "get/accepted", "end", 1))
        device.wait("message", payload=b"end")
        self.assertEqual([b"1", b"end"], [m.payload for m in device.seen("message")])

    def test_wait_for_a_session_that_is_away(self):
        device = self.join(clean=False)
        device.subscribe(JOBS + "notify")
        device.close()
        self.broker.log.expect(r"Client dev disconnected")
        self.service.reply(("", JOBS + "notify", "kept", 1))
        self.join(clean=False).wait("message", payload=b"kept")


class Publishing(AllowedTest):
    def assert_refused(self, topic, payload="{}", reason=PROTOCOL_ERROR, **options):
        for version in (V311, V5):
            device = self.join(version=version)
            device.publish(topic, payload, **options)
            self.assert_closed(device, reason)
            self.assertEqual([], device.seen("puback"), topic)

    def allow_everything(self):
        self.service.send_access(policy("all", allow("iot:*", "*")),
                                 principal(self.pair, "dev", "all"))

    def test_what_no_policy_allows_closes_the_connection(self):
        self.assert_refused("elsewhere")
        self.assert_refused("$aws/things/other/jobs/get")
        self.broker.log.find(r"client 'dev' closed: publish to 'elsewhere': no policy allows it")

    def test_with_qos_0_that_no_policy_allows_closes_the_connection(self):
        device = self.join()
        device.publish("elsewhere", qos=0)
        self.assert_closed(device)

    def test_qos_2_closes_the_connection(self):
        self.assert_refused("room/a", qos=2, reason=QOS_NOT_SUPPORTED)

    def test_beyond_the_limits_closes_the_connection(self):
        self.allow_everything()
        self.assert_refused("1/2/3/4/5/6/7/8/9")
        self.assert_refused("t" * 257)
        self.assert_refused("room/a", "x" * (128 * 1024 + 1))
        device = self.join()
        device.publish_acked("1/2/3/4/5/6/7/8")
        device.publish_acked("t" * 256)
        device.publish_acked("room/a", "x" * (128 * 1024))

    def test_to_reserved_topics_closes_the_connection(self):
        self.allow_everything()
        for topic in ("$aws/things/dev/shadow/update", "$aws/rules/r/a", "$other/x",
                      "$aws/events/job/j/completed", "$aws/things/a.b/jobs/get",
                      "fw-private/jobs/dev/get", DELIVERY_TOPIC, ACCESS_TOPIC):
            self.assert_refused(topic)
        self.assertEqual([], self.service.seen("message"))

    def test_of_the_services_own_messages_closes_the_connection(self):
        self.allow_everything()
        for rest in ("notify", "notify-next", "get/accepted", "job/update/rejected"):
            self.assert_refused(JOBS + rest)

    def test_retained_on_a_reserved_topic_closes_the_connection(self):
        self.assert_refused(JOBS + "get", retain=True)
        self.assertEqual([], self.service.seen("message"))

    def test_retained_needs_a_permission_of_its_own(self):
        self.assert_refused("room/a", retain=True)
        self.allow_everything()
        self.join().publish_acked("room/a", "kept", retain=True)
        late = self.join()
        late.subscribe("room/a")
        late.wait("message", payload=b"kept")

    def test_to_sys_reaches_nobody(self):
        self.allow_everything()
        self.service.subscribe("$SYS/broker/x")
        self.join().publish_acked("$SYS/broker/x")
        self.join().publish_acked(JOBS + "get")
        self.service.wait_request("dev/get")
        self.assertEqual(["fw-private/jobs/dev/get"], self.service.topics())


class Wills(AllowedTest):
    def will_of(self, topic, *statements):
        """Connects with a will on `topic`, loses the connection, returns who could see it."""
        watcher_pair = self.ca.device("watcher")
        self.service.send_access(policy("wide", allow("iot:*", "*")),
                                 principal(watcher_pair, "watcher", "wide"),
                                 policy("will", *statements),
                                 principal(self.pair, "dev", "will"))
        watcher = self.join("watcher", watcher_pair)
        watcher.subscribe("#", "$aws/#")
        device = self.join(will={"topic": topic, "payload": "gone", "qos": 1})
        device.vanish()
        self.broker.log.expect(r"Client dev closed its connection")
        watcher.publish_acked("room/last")
        watcher.wait("message", topic="room/last")
        return watcher

    def test_a_policy_decides_about_a_will(self):
        self.assertEqual(["room/will", "room/last"],
                         self.will_of("room/will", CONNECT, *TALK).topics())

    def test_a_will_no_policy_allows_is_not_sent(self):
        self.assertEqual(["room/last"], self.will_of("elsewhere", CONNECT, *TALK).topics())
        self.broker.log.find(r"the will of client 'dev' is not sent")

    def test_a_will_that_iot_connect_excludes_is_not_sent(self):
        no_will = {**CONNECT, "Condition": {
            "ForAllValues:StringNotEquals": {"iot:ConnectAttributes": ["LastWill"]}}}
        self.assertEqual(["room/last"], self.will_of("room/will", no_will, *TALK).topics())

    def test_a_will_cannot_pass_for_a_request(self):
        self.assertEqual(["room/last"], self.will_of(JOBS + "get", CONNECT, *TALK).topics())
        self.assertEqual([], self.service.seen("message"))


class Subscribing(AllowedTest):
    def assert_refused(self, *filters, qos=1, reason=PROTOCOL_ERROR):
        for version in (V311, V5):
            for name in filters:
                device = self.join(version=version)
                device.send_subscribe(name, qos=qos)
                self.assert_closed(device, reason)
                self.assertEqual([], device.seen("suback"), name)

    def allow_everything(self):
        self.service.send_access(policy("all", allow("iot:*", "*")),
                                 principal(self.pair, "dev", "all"))

    def test_what_no_policy_allows_closes_the_connection(self):
        self.assert_refused("elsewhere", "#", "$aws/things/+/jobs/#",
                            "$aws/things/other/jobs/notify")

    def test_of_an_sdks_filters_is_granted(self):
        device = self.join()
        codes = device.subscribe(JOBS + "notify-next", JOBS + "+/update/accepted", JOBS + "get/+",
                                 JOBS + "$next/get/accepted", JOBS + "#", "room/+", qos=1)
        self.assertEqual([1] * 6, codes)

    def test_private_and_shared_topics_are_closed(self):
        self.allow_everything()
        self.assert_refused("fw-private/#", "fw-private/jobs/dev/get", "$SYS/#", "$CONTROL/#",
                            "$share/g/room/a", "$share/g/fw-private/jobs/#",
                            "$aws/things/dev/shadow/update/accepted")

    def test_qos_2_closes_the_connection(self):
        self.assert_refused("room/a", qos=2, reason=QOS_NOT_SUPPORTED)

    def test_beyond_the_limits_closes_the_connection(self):
        self.allow_everything()
        self.assert_refused("1/2/3/4/5/6/7/8/#", "t" * 257)

    def test_more_than_fifty_are_not_granted(self):
        for version, failure in ((V311, 128), (V5, 135)):
            device = self.join(version=version)
            for number in range(50):
                self.assertEqual([1], device.subscribe(f"room/{number}"))
            self.assertEqual([failure], device.subscribe("room/51"))
            self.assertEqual([1], device.subscribe("room/7"), "it has that one already")
            device.unsubscribe("room/7")
            self.assertEqual([1], device.subscribe("room/51"))
            device.close()


class Receiving(AllowedTest):
    def test_what_no_policy_allows_is_not_delivered(self):
        narrow = policy("narrow", CONNECT, allow("iot:Subscribe", "topicfilter/*"),
                        allow("iot:Receive", "topic/room/open"))
        self.service.send_access(narrow, principal(self.pair, "dev", "narrow"))
        device = self.join()
        self.assertEqual([1, 1], device.subscribe("#", "room/shut"))
        talker = self.other_device()
        talker.publish_acked("room/shut")
        talker.publish_acked("room/open")
        device.wait("message", topic="room/open")
        self.assertEqual(["room/open"], device.topics())

    def test_notifications_wait_for_a_session_that_is_away(self):
        device = self.join(clean=False)
        device.subscribe(JOBS + "notify-next")
        device.close()
        self.broker.log.expect(r"Client dev disconnected")
        self.service.publish_acked(JOBS + "notify-next", "missed")
        self.join(clean=False).wait("message", payload=b"missed")

    def test_notifications_reach_who_is_allowed_to_watch(self):
        device = self.join()
        device.subscribe(JOBS + "notify")
        self.service.publish_acked("$aws/things/other/jobs/notify", "{}")
        self.service.publish_acked(JOBS + "notify", '{"jobs":{}}')
        self.assertEqual(1, device.wait("message", payload=b'{"jobs":{}}').qos)
        self.assertEqual([JOBS + "notify"], device.topics())


class Changes(AllowedTest):
    def assert_closed_within_a_second(self, device, *messages):
        start = time.monotonic()
        self.service.send_access(*messages)
        event = device.wait("closed")
        self.assertLess(event.time - start, 1.0)
        return event

    def test_revocation_closes_every_connection_of_the_certificate(self):
        wide = policy("wide", allow("iot:*", "*"))
        self.service.send_access(wide, principal(self.pair, "dev", "wide"))
        devices = [self.join("dev"), self.join("dev-2"), self.join("dev-3", version=V5)]
        bystander = self.other_device()
        self.service.send_access(principal(self.pair, "dev", "wide", active=False))
        for device in devices:
            device.wait("closed", timeout_s=1)
        bystander.publish_acked("room/a")
        self.assertEqual([], bystander.seen("closed"))
        self.assertEqual(5, self.connect().wait_answer())

    def test_a_deleted_certificate_is_closed(self):
        self.assert_closed_within_a_second(
            self.join(), {"op": "remove", "id": certificate_id(self.pair)})

    def test_a_policy_without_connect_closes_the_connection(self):
        self.assert_closed_within_a_second(
            self.join(), policy("device:2", *TALK), principal(self.pair, "dev", "device:2"))

    def test_a_thing_detached_closes_what_was_allowed_by_its_name(self):
        self.assert_closed_within_a_second(self.join(), principal(self.pair, None))

    def test_a_policy_takes_effect_on_an_open_connection(self):
        device = self.join()
        device.subscribe("room/a")
        silent = policy("device:2", CONNECT, *TALK[:1], allow("iot:Receive", "topic/room/b"),
                        TALK[2])
        self.service.send_access(silent, principal(self.pair, "dev", "device:2"))
        device.publish_acked("room/a", "not for me any more")
        device.subscribe("room/b")
        device.publish_acked("room/b", "mine")
        device.wait("message", payload=b"mine")
        self.assertEqual(["room/b"], device.topics())

        mute = policy("device:3", CONNECT, *TALK[1:])
        self.service.send_access(mute, principal(self.pair, "dev", "device:3"))
        self.assertEqual([], device.seen("closed"))
        device.publish("room/a")
        device.wait("closed")

    def test_another_picture_is_in_force_only_when_it_is_whole(self):
        other_pair = self.ca.device("other")
        device = self.join()
        self.service.send_access({"op": "begin"}, DEVICE_POLICY, principal(other_pair, "other"))
        device.publish_acked(JOBS + "get")
        self.assertEqual(5, self.connect("other", other_pair).wait_answer())
        self.assert_closed_within_a_second(device, {"op": "end"})
        self.join("other", other_pair)
        self.assertEqual(5, self.connect().wait_answer())

    def test_the_same_picture_again_disturbs_nobody(self):
        device = self.join()
        self.service.send_picture(DEVICE_POLICY, principal(self.pair, "dev"))
        device.publish_acked(JOBS + "get")
        self.assertEqual([], device.seen("closed"))

    def test_sighup_loses_nothing(self):
        device = self.join()
        self.broker.reload()
        device.publish_acked(JOBS + "get")
        self.service.wait_request("dev/get")
        self.join("dev", version=V5)

    def test_a_new_broker_waits_for_a_picture(self):
        self.service.vanish()
        self.broker.restart()
        self.assertEqual("closed", self.connect().wait_answer())
        self.start_service().send_picture(DEVICE_POLICY, principal(self.pair, "dev"))
        self.join()

    def test_a_taken_over_connection_is_closed_and_the_new_one_can_be_revoked(self):
        first = self.join()
        second = self.join()
        self.assertEqual(TAKEN_OVER_V311, first.wait("closed").code)
        self.assert_closed_within_a_second(second, principal(self.pair, "dev", active=False))


class Garbage(AllowedTest):
    def test_on_the_access_topic_changes_nothing(self):
        device = self.join()
        for payload in (b"", b"{", b"\xff\xfe", b"[]", b'{"op":"no"}', b'{"op":"end"}',
                        b'{"op":"remove","id":7}', b"[" * 100_000,
                        json.dumps({"op": "principal", "id": certificate_id(self.pair)}).encode()):
            self.service.publish_acked(ACCESS_TOPIC, payload)
        self.broker.log.find(r"malformed access message")
        device.publish_acked(JOBS + "get")
        self.assertEqual([], self.service.seen("closed"))

    def test_on_the_delivery_topic_costs_no_good_frame(self):
        device = self.join()
        good = frame_bytes("dev", JOBS + "get/accepted", "good")
        for payload in (b"", b"\x00", b"\x01\xff\xff", b"\x07" + good, good[:-1], good + b"\x01"):
            self.service.publish_acked(DELIVERY_TOPIC, payload)
        self.service.reply(("dev", JOBS + "get/accepted", "last", 1))
        device.wait("message", payload=b"last")
        self.assertEqual([b"good", b"last"], [m.payload for m in device.seen("message")])
        self.broker.log.find(r"a message of frames is damaged")

    def test_in_a_policy_shuts_the_certificate_out(self):
        device = self.join()
        self.service.send_access({"op": "policy", "id": "bad", "document": {"Statement": "?"}},
                                 principal(self.pair, "dev", "bad"))
        device.wait("closed")
        self.broker.log.find(r"policy 'bad' allows nothing, it cannot be read")


if __name__ == "__main__":
    unittest.main()
