"""The server's certificate is verified, always: chain, host name, both dates."""

import ssl
import unittest

from system.harness.case import OTA_DOCUMENT, THING, SystemTest
from system.harness.pki import RSA, CertificateAuthority


class Refusal(SystemTest):
    """No MQTT byte goes to a server whose certificate does not stand up."""

    def refused(self, server, reason):
        broker, _ = self.make_fake_broker(server)
        board = self.make_board(broker.port, mqtt={"reconnect_cap_s": 1}).run()
        board.expect(reason)
        broker.wait_connection(3, timeout_s=30)
        self.assertEqual([], broker.packets)
        self.assertTrue(board.process.running())
        self.assertEqual(0, board.stop())

    def test_an_expired_certificate(self):
        self.refused(self.ca.expired_server(), r"(?i)expired")

    def test_a_certificate_that_is_not_yet_valid(self):
        self.refused(self.ca.future_server(), r"server certificate: not valid before \d{4}-")

    def test_a_certificate_for_another_host(self):
        names = r"server certificate is for 'other\.example\.com', not for 'localhost'"
        self.refused(self.ca.server("other.example.com"), names)

    def test_a_certificate_from_an_unknown_authority(self):
        stranger = CertificateAuthority(self.folder / "stranger", "Stranger Root")
        self.refused(stranger.server(), r"(?i)not correctly signed|not trusted|unknown")


class Acceptance(SystemTest):
    def carries_a_job(self, broker, jobs, board):
        jobs.queue(THING, "job", OTA_DOCUMENT)
        board.run()
        jobs.wait_status(THING, "job", "REJECTED")
        self.assertTrue(broker.matching("CONNECT"))

    def test_rsa_certificates_at_both_ends(self):
        self._ca = CertificateAuthority(self.folder / "rsa", "RSA Root", RSA)
        broker, jobs = self.make_fake_broker()
        self.carries_a_job(broker, jobs, self.make_board(broker.port))

    def test_a_server_that_speaks_tls_1_2_alone(self):
        broker, jobs = self.make_fake_broker()
        broker.only_tls(ssl.TLSVersion.TLSv1_2)
        self.carries_a_job(broker, jobs, self.make_board(broker.port))

    def test_a_bundle_of_authorities_is_searched(self):
        stranger = CertificateAuthority(self.folder / "stranger", "Stranger Root")
        bundle = self.folder / "bundle.pem"
        bundle.write_text(stranger.certificate.read_text() + self.ca.certificate.read_text())
        broker, jobs = self.make_fake_broker()
        board = self.make_board(broker.port, device={"ca": bundle})
        self.carries_a_job(broker, jobs, board)


class DeviceCertificate(SystemTest):
    def test_a_device_the_server_does_not_know_keeps_trying(self):
        stranger = CertificateAuthority(self.folder / "stranger", "Stranger Root")
        broker, _ = self.make_fake_broker()
        board = self.make_board(broker.port, stranger.device(THING), mqtt={"reconnect_cap_s": 1})
        board.run()
        broker.wait_connection(3, timeout_s=30)
        self.assertEqual([], broker.packets)
        self.assertTrue(board.process.running())

    def test_a_key_that_does_not_fit_the_certificate_is_refused_at_the_start(self):
        pair = self.ca.device(THING)
        other = self.ca.device("other")
        board = self.make_board(8883, pair, device={"private_key": other.key}).run()
        self.assertNotEqual(0, board.process.wait())
        self.assertRegex(board.log.text, r"(?i)key")


if __name__ == "__main__":
    unittest.main()
