// What a job may do here: each key, each default, and each kind of mistake.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "apps/device/config.h"

namespace fieldwork::board {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

constexpr const char* kDevice = R"([device]
thing = "wm_demo_1"
endpoint = "localhost"
ca = "ca.pem"
certificate = "certificate.pem.crt"
private_key = "private.pem.key"
)";

Config Parse(const std::string& rest, const std::string& path = "/etc/board/device.toml") {
  return ParseConfig(kDevice + rest, path);
}

std::string Mistake(const std::string& rest) {
  try {
    Parse(rest);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "accepted";
}

std::string Machine() {
  utsname host{};
  uname(&host);
  return host.machine;
}

TEST(ConfigJobs, NothingSaid_RunsNothingAndHasTheDocumentedDefaults) {
  const Config config = Parse("");
  EXPECT_EQ(config.steps.handler_directory, "");
  EXPECT_THAT(config.steps.allowed_paths, IsEmpty());
  EXPECT_THAT(config.steps.allowed_operations, IsEmpty());
  EXPECT_FALSE(config.steps.run_command);
  EXPECT_EQ(config.steps.tail_bytes, 1024u);
  EXPECT_EQ(config.steps.memory_bytes, 0u);
  EXPECT_EQ(config.steps.file_bytes, 0u);
  EXPECT_EQ(config.steps.cpu_seconds, 0u);
  EXPECT_EQ(config.steps.processes, 0u);
  EXPECT_EQ(config.steps.open_files, 256u);
  EXPECT_EQ(config.step_limit, Millis{0});
  EXPECT_EQ(config.job_limit, Millis{0});
  EXPECT_EQ(config.stop_grace, Seconds(10));
  EXPECT_EQ(config.step_timeout_min, 0);
  EXPECT_EQ(config.reconcile, Seconds(900));
  EXPECT_EQ(config.control_socket, "");
}

TEST(ConfigJobs, EveryKey_IsTaken) {
  const Config config = Parse(R"([jobs]
handlers = "/usr/lib/fieldwork/handlers"
allowed_paths = ["/opt/handlers", "/srv/h"]
allowed_operations = ["Install", "reboot"]
run_command = true
path = "/opt/bin:/bin"
step_limit_s = 604800
job_limit_s = 1
stop_grace_s = 600
step_timeout_min = 10080
reconcile_s = 60
output_tail = 0
[jobs.limits]
memory_mb = 64
file_mb = 2
cpu_s = 30
processes = 40
open_files = 8
[control]
socket = "/run/fieldwork/control"
)");
  EXPECT_EQ(config.steps.handler_directory, "/usr/lib/fieldwork/handlers");
  EXPECT_THAT(config.steps.allowed_paths, ElementsAre("/opt/handlers", "/srv/h"));
  EXPECT_THAT(config.steps.allowed_operations, ElementsAre("Install", "reboot"));
  EXPECT_TRUE(config.steps.run_command);
  EXPECT_EQ(config.steps.path, "/opt/bin:/bin");
  EXPECT_EQ(config.step_limit, Seconds(604800));
  EXPECT_EQ(config.job_limit, Seconds(1));
  EXPECT_EQ(config.stop_grace, Seconds(600));
  EXPECT_EQ(config.step_timeout_min, 10080);
  EXPECT_EQ(config.reconcile, Seconds(60));
  EXPECT_EQ(config.steps.tail_bytes, 0u);
  EXPECT_EQ(config.steps.memory_bytes, std::uint64_t{64} << 20);
  EXPECT_EQ(config.steps.file_bytes, std::uint64_t{2} << 20);
  EXPECT_EQ(config.steps.cpu_seconds, 30u);
  EXPECT_EQ(config.steps.processes, 40u);
  EXPECT_EQ(config.steps.open_files, 8u);
  EXPECT_EQ(config.control_socket, "/run/fieldwork/control");
}

TEST(ConfigJobs, Handlers_AreAbsoluteWhereverTheFileIs) {
  const std::string rest = "[jobs]\nhandlers = \"../handlers\"\n";
  EXPECT_EQ(Parse(rest).steps.handler_directory, "/etc/handlers");
  char here[4096];
  ASSERT_NE(getcwd(here, sizeof here), nullptr);
  EXPECT_EQ(Parse("[jobs]\nhandlers = \"h\"\n", "device.toml").steps.handler_directory,
            std::string(here) + "/h");
  EXPECT_EQ(Parse("[jobs]\nhandlers = \"\"\n").steps.handler_directory, "");
}

TEST(ConfigJobs, Zero_IsNoLimitAndNoQuestion) {
  const Config config = Parse("[jobs]\nreconcile_s = 0\n[jobs.limits]\nopen_files = 0\n");
  EXPECT_EQ(config.reconcile, Millis{0});
  EXPECT_EQ(config.steps.open_files, 0u);
}

TEST(ConfigAttributes, TheThreeOfTheHost_AreAlwaysThere) {
  EXPECT_THAT(Parse("").attributes,
              ElementsAre(Pair("operating_system", "linux"), Pair("thing_name", "wm_demo_1"),
                          Pair("architecture", Machine())));
}

TEST(ConfigAttributes, TheFile_AddsAndOverrides) {
  EXPECT_THAT(Parse("[attributes]\nsite = \"Graz 2\"\noperating_system = \"debian\"\n").attributes,
              testing::UnorderedElementsAre(
                  Pair("site", "Graz 2"), Pair("operating_system", "debian"),
                  Pair("thing_name", "wm_demo_1"), Pair("architecture", Machine())));
}

TEST(ConfigControl, Socket_IsRelativeToTheFile) {
  EXPECT_EQ(Parse("[control]\nsocket = \"control\"\n").control_socket, "/etc/board/control");
}

struct BadValue {
  const char* toml;
  const char* message;
};
/// What GoogleTest prints, and ctest puts into the name of the test.
void PrintTo(const BadValue& value, std::ostream* out) { *out << value.message; }
class ConfigJobsBadValue : public testing::TestWithParam<BadValue> {};

TEST_P(ConfigJobsBadValue, IsRefusedWithItsRule) {
  EXPECT_THAT(Mistake(GetParam().toml), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Each, ConfigJobsBadValue,
    testing::Values(
        BadValue{"[jobs]\nhandlers = 3\n", "jobs.handlers must be text in quotes"},
        BadValue{"[jobs]\nallowed_paths = \"/a\"\n", "jobs.allowed_paths must be a list"},
        BadValue{"[jobs]\nhandlers = \"h\"\nallowed_paths = [\"a\"]\n",
                 "jobs.allowed_paths has \"a\": paths must begin with '/'"},
        BadValue{"[jobs]\nallowed_paths = [\"/a\"]\n", "has no use without jobs.handlers"},
        BadValue{"[jobs]\nallowed_operations = []\n", "is an empty list: leave it out"},
        BadValue{"[jobs]\nallowed_operations = [\"\"]\n", "must be a list of texts, none of them"},
        BadValue{"[jobs]\nallowed_operations = [1]\n", "must be a list of texts"},
        BadValue{"[jobs]\nrun_command = 1\n", "jobs.run_command must be true or false"},
        BadValue{"[jobs]\npath = \"/bin:sbin\"\n", "jobs.path must be directories that begin"},
        BadValue{"[jobs]\npath = \"/bin:\"\n", "jobs.path must be directories that begin"},
        BadValue{"[jobs]\nstep_limit_s = 604801\n", "from 0 to 604800, not 604801"},
        BadValue{"[jobs]\njob_limit_s = -1\n", "jobs.job_limit_s must be"},
        BadValue{"[jobs]\nstop_grace_s = 0\n", "from 1 to 600, not 0"},
        BadValue{"[jobs]\nstep_timeout_min = 10081\n", "jobs.step_timeout_min must be"},
        BadValue{"[jobs]\nreconcile_s = 59\n",
                 "jobs.reconcile_s must be 0, or a whole number from 60 to 86400"},
        BadValue{"[jobs]\noutput_tail = 1025\n", "jobs.output_tail must be"},
        BadValue{"[jobs]\nlimits = 3\n", "jobs.limits must be a table: [jobs.limits]"},
        BadValue{"[jobs.limits]\nmemory = 3\n", "jobs.limits.memory is unknown"},
        BadValue{"[jobs.limits]\nmemory_mb = -1\n", "jobs.limits.memory_mb must be"},
        BadValue{"[jobs.limits]\nopen_files = 7\n",
                 "jobs.limits.open_files must be 0, or a whole number from 8"},
        BadValue{"[attributes]\nsite = 3\n", "attributes.site must be text in quotes"},
        BadValue{"[attributes]\n\"\" = \"x\"\n", "a key that is not 1 to 128 bytes"},
        BadValue{"attributes = 3\n", "device.attributes is unknown"},
        BadValue{"[control]\nsocket = 3\n", "control.socket must be text in quotes"},
        BadValue{"[control]\nport = 3\n", "control.port is unknown"}));

TEST(ConfigControl, PathThatNoSocketCanHave_IsRefused) {
  const std::string name(98, 'x');  // With "/etc/board/" before it: one more than fits.
  EXPECT_THAT(Mistake("[control]\nsocket = \"" + name + "\"\n"),
              HasSubstr("control.socket must be a path of at most 107 bytes"));
  EXPECT_EQ(Mistake("[control]\nsocket = \"" + name.substr(2) + "\"\n"), "accepted");
}

}  // namespace
}  // namespace fieldwork::board
