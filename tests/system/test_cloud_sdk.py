"""AWS's packages for JavaScript against the cloud: every operation, and how each says no.

The programs are in js/: they check what only JavaScript sees, the classes of the exceptions and
what becomes of a time stamp. Here it is checked that none of the operations was left out.
"""

import os
import unittest
from unittest import mock

from system.harness.cloud_case import CloudTest
from system.harness.node import operations, run_program
from system.harness.pki import CertificateAuthority


class SdkTest(CloudTest):
    """A cloud to itself, since the programs count what is in it. It checks every signature."""

    KEY_ID, SECRET = "AKIDJAVASCRIPT", "a-secret-of-tests"

    @classmethod
    def setUpClass(cls):
        keys = {"FIELDWORK_ACCESS_KEY_ID": cls.KEY_ID, "FIELDWORK_SECRET_ACCESS_KEY": cls.SECRET}
        with mock.patch.dict(os.environ, keys):
            super().setUpClass()
        cls.cloud.credentials.update(AWS_ACCESS_KEY_ID=cls.KEY_ID, AWS_SECRET_ACCESS_KEY=cls.SECRET)

    def run_all(self, program, *expected, **world):
        """The program succeeds, and calls exactly these operations with success."""
        calls = run_program(program, self.cloud, "JavaScript SDK", **world)
        self.assertEqual(sorted(expected), sorted(operations(calls)))
        return calls


class Things(SdkTest):
    def test_things_work(self):
        self.run_all("things", "CreateThing", "DescribeThing", "UpdateThing", "DeleteThing",
                     "ListThings")


class Groups(SdkTest):
    def test_thing_groups_work(self):
        self.run_all("groups", "CreateThingGroup", "DescribeThingGroup", "UpdateThingGroup",
                     "DeleteThingGroup", "ListThingGroups", "AddThingToThingGroup",
                     "RemoveThingFromThingGroup", "UpdateThingGroupsForThing",
                     "ListThingsInThingGroup", "ListThingGroupsForThing")


class Certificates(SdkTest):
    def test_certificates_and_their_things_work(self):
        other = CertificateAuthority(self.folder / "other")
        foreign = other.device("board").certificate
        self.run_all("certificates", "CreateKeysAndCertificate", "CreateCertificateFromCsr",
                     "RegisterCertificate", "RegisterCertificateWithoutCA", "DescribeCertificate",
                     "UpdateCertificate", "DeleteCertificate", "ListCertificates",
                     "AttachThingPrincipal", "DetachThingPrincipal", "ListThingPrincipals",
                     "ListPrincipalThings",
                     foreign=foreign.read_text(encoding="ascii"),
                     csr=foreign.with_suffix(".csr").read_text(encoding="ascii"))


class Policies(SdkTest):
    def test_policies_and_their_targets_work(self):
        self.run_all("policies", "CreatePolicy", "GetPolicy", "DeletePolicy", "ListPolicies",
                     "CreatePolicyVersion", "ListPolicyVersions", "GetPolicyVersion",
                     "SetDefaultPolicyVersion", "DeletePolicyVersion", "AttachPolicy",
                     "DetachPolicy", "ListAttachedPolicies", "ListTargetsForPolicy",
                     "AttachPrincipalPolicy", "DetachPrincipalPolicy", "ListPrincipalPolicies")


class Account(SdkTest):
    def test_endpoints_tags_and_events_work_and_what_is_not_there_says_so(self):
        calls = self.run_all("account", "DescribeEndpoint", "TagResource", "UntagResource",
                             "ListTagsForResource", "DescribeEventConfigurations",
                             "UpdateEventConfigurations")
        self.assertEqual(5, len(operations(calls, "NotImplementedException")))


class Jobs(SdkTest):
    def test_jobs_and_their_executions_work(self):
        self.run_all("jobs", "CreateJob", "DescribeJob", "GetJobDocument", "UpdateJob",
                     "AssociateTargetsWithJob", "CancelJob", "DeleteJob", "ListJobs",
                     "DescribeJobExecution", "CancelJobExecution", "DeleteJobExecution",
                     "ListJobExecutionsForJob", "ListJobExecutionsForThing")


class JobsData(SdkTest):
    def test_the_data_plane_works(self):
        calls = self.run_all("jobs_data", "GetPendingJobExecutions",
                             "StartNextPendingJobExecution", "DescribeJobExecution",
                             "UpdateJobExecution")
        self.assertIn(("DescribeJobExecution", "TerminalStateException"), calls)
        self.assertIn(("UpdateJobExecution", "InvalidStateTransitionException"), calls)


class Signatures(SdkTest):
    def test_right_signatures_are_taken_and_wrong_ones_refused(self):
        calls = run_program("signatures", self.cloud, "JavaScript SDK")
        self.assertEqual({"DescribeJobExecution"}, operations(calls, "InvalidSignatureException"))
        self.assertEqual({"DescribeJobExecution"}, operations(calls, "UnrecognizedClientException"))


if __name__ == "__main__":
    unittest.main()
