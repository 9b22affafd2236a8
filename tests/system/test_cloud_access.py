"""Who may do what: certificates and policies, through the APIs that people use, to the broker.

What an API call has changed counts on open connections within a second; that much is waited for
and no more. What is not delivered is told by what comes after it on the same connection.
"""

import time
import unittest

from system.harness.cloud_device import (
    CONNECT, JOBS, THING, Device, DeviceTest, Registered, allow, deny, key_and_request, policy)
from system.harness.mqtt_clients import V5, V311, certificate_id
from system.harness.pki import EC, RSA, CertificateAuthority, Pair

REFUSED = {V311: 5, V5: 135}  # Not authorised.
WITHIN_S = 1.0
ROOM = [allow(["iot:Publish", "iot:Receive"], "topic/room/*"),
        allow("iot:Subscribe", "topicfilter/room/*")]


class AccessTest(DeviceTest):
    def assert_refused(self, client, version=V311):
        self.assertIn(client.wait_answer(), (REFUSED[version], "closed"), client.events)

    def assert_closed_soon(self, device, call):
        """`call` changes access; the connection is closed by the broker within a second."""
        self.assertEqual([], device.seen("closed"), device.events)
        begun = time.monotonic()
        call()
        closed = device.wait("closed", timeout_s=5)
        self.assertLess(closed.time - begun, WITHIN_S)

    def assert_closed(self, device):
        device.wait("closed")

    def assert_open(self, device):
        self.assertTrue(device.ask("get").accepted)
        self.assertEqual([], device.seen("closed"))


class Connecting(AccessTest):
    def test_it_takes_a_policy_that_allows_it(self):
        literal = self.make_policy(allow("iot:Connect", "client/sensor-*"))
        topics = self.make_policy(*JOBS, allow("iot:Connect", "topic/*"))
        denied = self.make_policy(deny("iot:Connect", "client/sensor-9"))
        by_id = self.make_policy(allow("iot:Connect", "client/${iot:ClientId}"))
        thing = self.make_thing()
        for version in (V311, V5):
            for policies, client_id, fits in (
                ((), thing, False),
                ((self.device_policy(),), thing, True),
                ((self.device_policy(),), "another", False),  # Not the thing's name.
                ((topics,), thing, False),
                ((literal,), "sensor-7", True),
                ((literal,), "sens", False),
                ((literal, denied), "sensor-8", True),
                ((literal, denied), "sensor-9", False),
                ((by_id,), "whatever", True),
            ):
                with self.subTest(version=version, client_id=client_id, policies=policies):
                    registered = self.register(thing, policies=policies)
                    client = self.connect(thing, registered, client_id=client_id, version=version)
                    if fits:
                        client.wait_connected()
                        client.close()
                    else:
                        self.assert_refused(client, version)

    def test_the_certificate_has_to_be_registered_and_active(self):
        thing = self.make_thing()
        registered = self.register(thing, policies=[self.device_policy()], active=False)
        self.assert_refused(self.connect(thing, registered))
        for status, fits in (("ACTIVE", True), ("INACTIVE", False), ("ACTIVE", True),
                             ("REVOKED", False)):
            with self.subTest(status):
                self.iot.update_certificate(
                    certificateId=registered.certificate_id, newStatus=status)
                client = self.connect(thing, registered)
                if fits:
                    client.wait_connected()
                    client.close()
                else:
                    self.assert_refused(client)
        with self.subTest("deleted"):
            self.iot.detach_thing_principal(thingName=thing, principal=registered.arn)
            self.iot.delete_certificate(certificateId=registered.certificate_id, forceDelete=True)
            self.assert_refused(self.connect(thing, registered))
        with self.subTest("of a stranger"):
            pair = CertificateAuthority(self.folder / "stranger").device(thing)
            self.assert_refused(self.connect(thing, Registered("", "", pair)))

    def test_every_way_to_a_certificate_leads_to_a_connection(self):
        thing = self.make_thing()

        def assert_connects(made, pair):
            self.assertEqual(made["certificateId"], certificate_id(pair))
            arn = made["certificateArn"]
            self.iot.attach_policy(policyName=self.device_policy(), target=arn)
            self.iot.attach_thing_principal(thingName=thing, principal=arn)
            client = self.connect(thing, Registered(made["certificateId"], arn, pair))
            self.assert_open(client.wait_connected())
            client.close()

        with self.subTest("keys made by the cloud"):
            made = self.iot.create_keys_and_certificate(setAsActive=True)
            pair = self.write(made["certificatePem"], made["keyPair"]["PrivateKey"])
            assert_connects(made, pair)
        for kind in ("P-256", "P-384", "RSA"):
            with self.subTest("a request", key=kind):
                key, request = key_and_request(self.folder, self.unique("csr"), kind)
                made = self.iot.create_certificate_from_csr(
                    certificateSigningRequest=request, setAsActive=True)
                assert_connects(made, self.write(made["certificatePem"], key.read_text()))

    def write(self, certificate, key):
        stem = self.folder / self.unique("pair")
        pair = Pair(stem.with_suffix(".crt"), stem.with_suffix(".key"))
        pair.certificate.write_text(certificate)
        pair.key.write_text(key)
        return pair

    def connect_without_ca(self, thing, pair):
        made = self.iot.register_certificate_without_ca(
            certificatePem=pair.certificate.read_text(), status="ACTIVE")
        arn = made["certificateArn"]
        self.iot.attach_policy(policyName=self.device_policy(), target=arn)
        self.iot.attach_thing_principal(thingName=thing, principal=arn)
        client = self.connect(thing, Registered(made["certificateId"], arn, pair))
        self.assert_open(client.wait_connected())
        return client

    def test_certificates_registered_without_their_ca_connect(self):
        thing = self.make_thing()
        for algorithm in (EC, RSA):
            authority = CertificateAuthority(self.folder / f"own-{algorithm}",
                                             name=f"Own {algorithm}", algorithm=algorithm)
            for stem in ("first", "second"):
                with self.subTest(algorithm, stem=stem):
                    pair = authority.device(f"{algorithm}-{stem}")
                    self.connect_without_ca(thing, pair).close()
            with self.subTest(algorithm, stem="one of that CA that was not registered"):
                pair = authority.device(f"{algorithm}-third")
                self.assert_refused(self.connect(thing, Registered("", "", pair)))
        with self.subTest("no more when it is deactivated"):
            device = self.connect_without_ca(thing, authority.device("fourth"))
            self.assert_closed_soon(device, lambda: self.iot.update_certificate(
                certificateId=device.registered.certificate_id, newStatus="INACTIVE"))
            self.assert_refused(self.connect(thing, device.registered))

    def test_certificates_without_ca_may_have_the_same_subject(self):
        for number in range(3):  # As those of a maker whose devices are all called the same.
            authority = CertificateAuthority(self.folder / f"maker-{number}", name="Maker")
            with self.subTest(number=number):
                self.connect_without_ca(self.make_thing(), authority.device("device"))


class Speaking(AccessTest):
    def test_what_no_policy_allows_closes_the_connection(self):
        other = self.make_thing()
        for version in (V311, V5):
            for what in (f"$aws/things/{other}/jobs/get", f"$aws/things/{other}/jobs/start-next",
                         "room/a", "$aws/things/x/shadow/get", "fw-private/jobs/x/get"):
                with self.subTest(publish=what, version=version):
                    device = self.make_device(version=version)
                    device.publish(what)
                    self.assert_closed(device)
            for what in (f"$aws/things/{other}/jobs/notify", f"$aws/things/{other}/jobs/#",
                         "$aws/things/+/jobs/notify", "$aws/things/#", "$aws/#", "#", "room/+",
                         "$aws/events/job/#", "$SYS/#", "fw-private/#", "$share/g/room/a"):
                with self.subTest(subscribe=what, version=version):
                    device = self.make_device(version=version)
                    device.send_subscribe(what)
                    self.assert_closed(device)

    def test_a_deny_goes_before_every_allow(self):
        wide = self.make_policy(allow(["iot:Connect", "iot:Publish", "iot:Subscribe",
                                       "iot:Receive"], "*"))
        no_end = self.make_policy(deny("iot:Publish", f"topic/$aws/things/{THING}/jobs/*/update"))
        device = self.make_device(policies=[wide, no_end, self.device_policy()])
        self.make_job(device.thing)
        self.assertTrue(device.ask("start-next").accepted)
        device.send("job/update", {"status": "SUCCEEDED"})
        self.assert_closed(device)

    def test_what_may_not_be_received_is_not_delivered(self):
        listed = self.make_policy(CONNECT, *JOBS, deny(
            "iot:Receive", f"topic/$aws/things/{THING}/jobs/notify",
            f"topic/$aws/things/{THING}/jobs/start-next/*"))
        device = self.make_device("#", policies=[listed])
        self.make_job(device.thing)
        device.send("start-next")
        self.assertEqual([device.prefix + "notify-next"], [each.topic for each in device.settle()])
        self.assertEqual(1, len(device.ask("get").body["inProgressJobs"]))  # It was carried out.

    def test_policy_variables_are_those_of_the_connection(self):
        attribute = "${iot:Connection.Thing.Attributes[site]}"
        named = self.make_policy(
            CONNECT, *JOBS, allow("iot:Subscribe", "topicfilter/*"),
            allow("iot:Publish", f"topic/room/{attribute}", "topic/room/${iot:ClientId}",
                  "topic/room/${iot:Certificate.Subject.CommonName}"),
            allow("iot:Receive", "topic/room/*"))
        site = {"attributePayload": {"attributes": {"site": "nine"}}}
        for number, fits in enumerate((True, True, True, False, False)):
            device = self.make_device(policies=[named])
            self.iot.update_thing(thingName=device.thing, **site)
            self.take_effect()
            self.assertEqual([1], device.subscribe("room/#"))
            common_name = device.registered.pair.key.stem
            topic = "room/" + ("nine", device.thing, common_name, "ten", "other")[number]
            with self.subTest(topic):
                device.publish(topic, "hello")
                if fits:
                    self.assertEqual(b"hello", device.take(topic).payload)
                else:
                    self.assert_closed(device)

    def test_conditions_count(self):
        lasting = self.make_policy(*JOBS, allow("iot:Connect", f"client/{THING}", Condition={
            "ForAllValues:StringNotEquals": {"iot:ConnectAttributes": ["PersistentConnect"]}}))
        thing = self.make_thing()
        registered = self.register(thing, policies=[lasting])
        self.assert_open(self.connect(thing, registered).wait_connected())
        self.assert_refused(self.connect(thing, registered, clean=False))
        with self.subTest("an operator that there is not"):
            statement = allow("iot:Connect", "*", Condition={"StringSounds": {"a": "b"}})
            self.assert_error("MalformedPolicyException", self.iot.create_policy,
                              policyName=self.unique(), policyDocument=policy(statement))

    def test_a_policy_of_a_group_counts_for_clients_named_like_a_member_alone(self):
        member, other = self.make_thing(), self.make_thing()
        parent = self.make_group()
        self.make_group(member, parent=parent)
        any_client = allow("iot:Connect", "client/*")
        of_group = self.make_policy(any_client, *JOBS, *ROOM)
        self.iot.attach_policy(policyName=of_group, target=self.group_arn(parent))
        own = self.make_policy(CONNECT, *JOBS, allow("iot:Connect", "client/service-*"))
        for version in (V311, V5):
            with self.subTest("the group alone", version=version):
                registered = self.register(member, other)
                for client_id in (other, "service-1"):
                    self.assert_refused(self.connect(
                        member, registered, client_id=client_id, version=version), version)
                self.assert_open(
                    self.connect(member, registered, version=version).wait_connected())
            with self.subTest("a member that is not the certificate's", version=version):
                self.assert_refused(self.connect(
                    member, self.register(other), client_id=member, version=version), version)
            with self.subTest("beside the certificate's own", version=version):
                registered = self.register(member, other, policies=[own])
                for thing, client_id, fits in (
                        (member, member, True), (other, other, False), (other, "service-1", False)):
                    device = self.connect(
                        thing, registered, client_id=client_id, version=version).wait_connected()
                    device.publish("room/a", "x")
                    if fits:
                        self.assert_open(device)
                    else:
                        self.assert_closed(device)

    def test_a_change_of_a_group_closes_the_connections_of_its_members_alone(self):
        member, other = self.make_thing(), self.make_thing()
        group = self.make_group(member)
        of_group = self.make_policy(CONNECT, *JOBS)
        denying = self.make_policy(deny("iot:Connect", "*"))
        own = self.make_policy(allow("iot:Connect", f"client/{other}"), *JOBS)
        arn = self.group_arn(group)
        registered = self.register(member, other, policies=[own])
        bystander = self.connect(other, registered, client_id=other).wait_connected()
        changes = {
            "detached": lambda: self.iot.detach_policy(policyName=of_group, target=arn),
            "denied": lambda: self.iot.attach_policy(policyName=denying, target=arn),
            "a version that does not allow it": lambda: self.iot.create_policy_version(
                policyName=of_group, policyDocument=policy(*JOBS), setAsDefault=True),
        }
        for name, change in changes.items():
            with self.subTest(name):
                self.iot.attach_policy(policyName=of_group, target=arn)
                device = self.connect(member, registered).wait_connected()
                self.assert_closed_soon(device, change)
                self.assert_refused(self.connect(member, registered))
                self.assert_open(bystander)
                self.iot.detach_policy(policyName=denying, target=arn)

    def test_a_policy_of_a_group_is_the_policy_of_its_members(self):
        parent = self.make_group()
        group = self.make_group(parent=parent)
        self.iot.attach_policy(policyName=self.device_policy(), target=self.group_arn(parent))
        thing = self.make_thing()
        registered = self.register(thing)
        self.assert_refused(self.connect(thing, registered))
        membership = {"thingGroupName": group, "thingName": thing}
        self.iot.add_thing_to_thing_group(**membership)
        device = self.connect(thing, registered).wait_connected()
        self.assert_open(device)
        with self.subTest("it leaves"):
            self.assert_closed_soon(
                device, lambda: self.iot.remove_thing_from_thing_group(**membership))
        with self.subTest("the policy is taken from the group"):
            self.iot.add_thing_to_thing_group(**membership)
            device = self.connect(thing, registered).wait_connected()
            self.assert_closed_soon(device, lambda: self.iot.detach_policy(
                policyName=self.device_policy(), target=self.group_arn(parent)))
        self.iot.attach_policy(policyName=self.device_policy(), target=self.group_arn(group))
        with self.subTest("the policy is given to the other group"):
            self.assert_open(self.connect(thing, registered).wait_connected())


class Changing(AccessTest):
    """An open connection, and a change."""

    def test_what_takes_the_right_to_connect_closes_the_connection(self):
        changes = {
            "revoked": lambda d: self.iot.update_certificate(
                certificateId=d.registered.certificate_id, newStatus="REVOKED"),
            "deactivated": lambda d: self.iot.update_certificate(
                certificateId=d.registered.certificate_id, newStatus="INACTIVE"),
            "policy detached": lambda d: self.iot.detach_policy(
                policyName=d.policy, target=d.registered.arn),
            "thing detached": lambda d: self.iot.detach_thing_principal(
                thingName=d.thing, principal=d.registered.arn),
            "new default version": lambda d: self.iot.create_policy_version(
                policyName=d.policy, policyDocument=policy(*JOBS), setAsDefault=True),
            "denied by a second policy": lambda d: self.iot.attach_policy(
                policyName=self.make_policy(deny("iot:Connect", "*")), target=d.registered.arn),
        }
        for version in (V311, V5):
            for name, change in changes.items():
                with self.subTest(name, version=version):
                    own = self.make_policy(CONNECT, *JOBS)
                    device = self.make_device(policies=[own], version=version)
                    device.policy = own
                    bystander = self.make_device(policies=[self.device_policy()])
                    self.assert_open(device)
                    self.assert_closed_soon(device, lambda: change(device))
                    self.assert_refused(
                        self.connect(device.thing, device.registered, version=version), version)
                    self.assert_open(bystander)

    def test_a_new_default_version_counts_for_what_is_said_next(self):
        own = self.make_policy(CONNECT, *JOBS)
        device = self.make_device("#", policies=[own])

        def set_default(*statements):
            self.iot.create_policy_version(
                policyName=own, policyDocument=policy(*statements), setAsDefault=True)
            self.take_effect()

        with self.subTest("more is allowed"):
            set_default(CONNECT, *JOBS, *ROOM)
            self.assertEqual([1], device.subscribe("room/+"))
            device.publish("room/a", "x")
            device.take("room/a")
        with self.subTest("a version that is not the default changes nothing"):
            self.iot.create_policy_version(policyName=own, policyDocument=policy(CONNECT))
            self.take_effect()
            self.assert_open(device)
        with self.subTest("what was subscribed to is not received any more"):
            set_default(CONNECT, *JOBS, deny("iot:Receive", f"topic/$aws/things/{THING}/jobs/n*"))
            self.make_job(device.thing)
            self.assertEqual([], device.settle())
        with self.subTest("an older version again"):
            self.iot.set_default_policy_version(policyName=own, policyVersionId="1")
            self.take_effect()
            self.make_job(device.thing)
            self.assertEqual([device.prefix + "notify"], [each.topic for each in device.settle()])
        with self.subTest("less is allowed"):
            device.publish("room/a", "x")
            self.assert_closed(device)

    def test_access_outlives_the_service_and_the_broker(self):
        device, revoked = self.make_device(), self.make_device()
        self.cloud.kill()
        self.cloud.start()
        self.assert_open(device)
        self.assert_closed_soon(revoked, lambda: self.iot.update_certificate(
            certificateId=revoked.registered.certificate_id, newStatus="REVOKED"))
        self.cloud.kill_broker()
        device.wait("closed")
        self.cloud.process.log.find("the broker died")
        again = self.until_connected(device)
        self.assert_open(again)
        self.assert_refused(self.connect(revoked.thing, revoked.registered))

    def until_connected(self, device):
        """Connects as a device does whose broker is gone: again and again."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            client = Device(self.cloud, device.thing, device.registered.pair)
            self.addCleanup(client.close)
            if client.wait_answer() == 0:
                return client
            time.sleep(0.05)  # Between two attempts; nothing is taken to have happened by then.
        self.fail("the broker has not come back")


class Apart(AccessTest):
    def test_answers_go_to_the_requester_alone(self):
        wide = self.make_policy(
            allow("iot:Connect", "client/*"),
            allow(["iot:Publish", "iot:Receive", "iot:Subscribe"],
                  "topic/$aws/things/*", "topicfilter/$aws/things/*"))
        thing = self.make_thing()
        first = self.connect(thing, self.register(thing, policies=[wide])).wait_connected()
        second = self.connect(thing, self.register(thing, policies=[wide]), client_id="second")
        second.wait_connected()
        for client in (first, second):
            self.assertEqual([1, 1], client.subscribe(client.prefix + "#", "$aws/things/+/jobs/#"))
        job = self.make_job(thing)
        for client in (first, second):
            client.settle()
        for asking, silent in ((first, second), (second, first)):
            for rest in ("get", "start-next", f"{job}/get", f"{job}/update", "x/get", "x/y"):
                with self.subTest(rest, asking=asking.client_id):
                    asking.ask(rest, {"status": "IN_PROGRESS"})
                    self.assertEqual([], asking.settle())
                    self.assertEqual([], silent.settle())

    def test_two_clients_that_ask_at_once_get_their_own_answers(self):
        by_id = self.make_policy(
            allow("iot:Connect", "client/*"),
            allow(["iot:Publish", "iot:Receive"], "topic/$aws/things/*"))
        thing = self.make_thing()
        registered = self.register(thing, policies=[by_id])
        clients = [self.connect(thing, registered, client_id=name).wait_connected()
                   for name in ("left", "right")]
        job = self.make_job(thing)
        clients[0].ask("start-next")
        for number in range(50):
            for client in clients:
                client.send(f"{job}/update", {
                    "status": "IN_PROGRESS", "clientToken": f"{client.client_id}-{number}",
                    "includeJobExecutionState": True})
        versions = []
        for client in clients:
            for number in range(50):
                body = client.reply(f"{job}/update").body
                self.assertEqual(f"{client.client_id}-{number}", body["clientToken"])
                versions.append(body["executionState"]["versionNumber"])
        self.assertEqual(list(range(3, 103)), sorted(versions))

    def test_one_of_two_with_the_same_expected_version_wins(self):
        device = self.make_device()
        job = self.make_job(device.thing)
        device.ask("start-next")
        for number in range(2, 22):
            for name in ("a", "b"):
                device.send(f"{job}/update", {"status": "IN_PROGRESS", "clientToken": name,
                                              "expectedVersion": number})
            codes = [device.reply(f"{job}/update").code for _ in range(2)]
            self.assertEqual(["VersionMismatch", "ok"], sorted(codes))

    def test_a_new_connection_with_the_same_id_ends_the_old_one(self):
        for version in (V311, V5):
            with self.subTest(version=version):
                device = self.make_device(version=version)
                again = self.connect(device.thing, device.registered, version=version)
                again.wait_connected()
                device.wait("closed")
                self.assert_open(again)


if __name__ == "__main__":
    unittest.main()
