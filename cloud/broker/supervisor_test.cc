// Decides that a real Mosquitto is started, watched, started again, adopted and stopped.
#include "cloud/broker/supervisor.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cloud/broker/broker_process.h"

namespace fieldwork::broker {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

void Shell(const std::string& command) {
  ASSERT_EQ(std::system((command + " >/dev/null 2>&1").c_str()), 0) << command;
}

std::string ContentOf(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

class SupervisorTest : public testing::Test {
 protected:
  SupervisorTest() {
    char name[] = "/tmp/supervisor_XXXXXX";  // Made with mode 0700: closed to other users.
    root_ = mkdtemp(name);
    mkdir((root_ / "broker").c_str(), 0755);
    options_.folder = root_ / "broker";
    options_.ca_pem = root_ / "ca.pem";
    options_.certificate_pem = root_ / "server.pem";
    options_.key_pem = root_ / "server.key";
    options_.port = 0;
    options_.region = "us-east-1";
    options_.account = "123456789012";
    MakeCertificate("server");
    std::filesystem::copy(root_ / "server.pem", root_ / "ca.pem");
  }
  ~SupervisorTest() override {
    if (broker_) broker_->Stop(false);
    std::filesystem::remove_all(root_);
  }

  void MakeCertificate(const std::string& name) {
    Shell(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=" +
        name + " -keyout " + (root_ / "server.key").string() + " -out " +
        (root_ / "server.pem").string());
  }
  Supervisor& Make() {
    broker_ = std::make_unique<Supervisor>(
        io_.get_executor(), options_,
        Supervisor::Events{[this] { ++ups_; }, [this](const std::string& why) { why_ = why; }});
    return *broker_;
  }
  std::string StartError() {
    try {
      Make().Start();
    } catch (const BrokerError& error) {
      return error.what();
    }
    return "";
  }
  // Runs the loop until `done`, for 15 s at most.
  template <typename Condition>
  bool RunUntil(Condition done) {
    const auto end = std::chrono::steady_clock::now() + 15s;
    while (!done() && std::chrono::steady_clock::now() < end) {
      io_.restart();
      io_.run_one_for(100ms);
    }
    return done();
  }
  bool Connects() {
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    broker_->socket_path().copy(address.sun_path, sizeof address.sun_path - 1);
    const bool connected =
        connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    close(fd);
    return connected;
  }
  std::string SubjectServed() {
    const std::string out = (root_ / "served").string();
    [[maybe_unused]] const int rc =
        std::system(("openssl s_client -connect 127.0.0.1:" + std::to_string(broker_->port()) +
                     " </dev/null 2>/dev/null | grep subject= >" + out)
                        .c_str());
    return ContentOf(out);
  }

  std::filesystem::path root_;
  SupervisorOptions options_;
  boost::asio::io_context io_;
  std::unique_ptr<Supervisor> broker_;
  int ups_ = 0;
  std::string why_;
};

TEST_F(SupervisorTest, StartAndStop_LeaveNothingRunning) {
  Make().Start();
  const pid_t pid = broker_->pid();
  EXPECT_NE(broker_->port(), 0);
  EXPECT_FALSE(broker_->adopted());
  EXPECT_EQ(broker_->password().size(), 64U);
  EXPECT_LT(broker_->socket_path().size(), 40U);
  EXPECT_TRUE(Connects());
  EXPECT_THAT(SubjectServed(), HasSubstr("server"));
  EXPECT_EQ(ups_, 0);  // Not from within Start().
  EXPECT_TRUE(RunUntil([this] { return ups_ == 1; }));
  broker_->Stop(false);
  EXPECT_EQ(kill(pid, 0), -1);
  EXPECT_EQ(waitpid(pid, nullptr, WNOHANG), -1);
  EXPECT_EQ(why_, "");
}

TEST_F(SupervisorTest, Files_AreClosedToOthers) {
  Make().Start();
  for (const char* name : {"", "mosquitto.conf", "server.key", "broker.json", "broker.log"}) {
    struct stat status {};
    ASSERT_EQ(stat((options_.folder / name).c_str(), &status), 0) << name;
    EXPECT_EQ(status.st_mode & 0077, 0U) << name;
  }
}

TEST_F(SupervisorTest, StartedByRoot_RunsAsItsUserInAClosedParent) {
  const passwd* user = getpwnam("mosquitto");
  if (geteuid() != 0 || user == nullptr) GTEST_SKIP() << "needs root and the user mosquitto";
  options_.port_443 = true;
  const std::string error = StartError();
  if (error.find("port 443") != std::string::npos) GTEST_SKIP() << error;
  ASSERT_EQ(error, "");
  const std::string status = ContentOf("/proc/" + std::to_string(broker_->pid()) + "/status");
  const std::string uid = std::to_string(user->pw_uid);
  EXPECT_THAT(status, HasSubstr("Uid:\t" + uid + "\t" + uid + "\t" + uid + "\t" + uid));
  EXPECT_THAT(status, HasSubstr("CapEff:\t0000000000000400"));  // CAP_NET_BIND_SERVICE alone.
  struct stat key {};
  ASSERT_EQ(stat((options_.folder / "server.key").c_str(), &key), 0);
  EXPECT_EQ(key.st_uid, user->pw_uid);
  broker_->Stop(false);
  EXPECT_TRUE(std::filesystem::exists(options_.folder / "mosquitto.db"));
}

TEST_F(SupervisorTest, UnknownUser_RunsAsTheCurrentOne) {
  options_.user = "no-such-user";
  Make().Start();
  const std::string status = ContentOf("/proc/" + std::to_string(broker_->pid()) + "/status");
  EXPECT_THAT(status, HasSubstr("Uid:\t" + std::to_string(geteuid()) + "\t"));
}

TEST_F(SupervisorTest, PortTaken_SaysSo) {
  Make().Start();
  SupervisorOptions second = options_;
  second.folder = root_ / "second";
  second.port = broker_->port();
  mkdir(second.folder.c_str(), 0700);
  Supervisor other(io_.get_executor(), second, {});
  try {
    other.Start();
    FAIL();
  } catch (const BrokerError& error) {
    EXPECT_THAT(error.what(), HasSubstr("port " + std::to_string(second.port) +
                                        " at 127.0.0.1 is taken: Address already in use"));
  }
}

TEST_F(SupervisorTest, MosquittoMissing_SaysSo) {
  options_.mosquitto = "no-such-mosquitto";
  EXPECT_THAT(StartError(), HasSubstr("Mosquitto is not installed"));
}

TEST_F(SupervisorTest, EndsAtOnce_ItsLogIsTheReason) {
  std::ofstream(root_ / "server.key") << "no key";
  const std::string error = StartError();
  EXPECT_THAT(error, HasSubstr("does not start: exit status"));
  EXPECT_THAT(error, HasSubstr("server.key"));
}

TEST_F(SupervisorTest, UnreadableDatabase_IsGivenUp) {
  std::ofstream(options_.folder / "mosquitto.db") << "not a database at all, but long enough";
  EXPECT_EQ(StartError(), "");
  EXPECT_TRUE(Connects());
}

TEST_F(SupervisorTest, Killed_IsStartedAgainOnTheSamePort) {
  Make().Start();
  ASSERT_TRUE(RunUntil([this] { return ups_ == 1; }));
  const std::uint16_t port = broker_->port();
  const std::string password = broker_->password();
  const pid_t first = broker_->pid();
  kill(first, SIGKILL);
  ASSERT_TRUE(RunUntil([this] { return ups_ == 2; }));
  EXPECT_THAT(why_, HasSubstr("signal 9"));
  EXPECT_NE(broker_->pid(), first);
  EXPECT_EQ(broker_->port(), port);
  EXPECT_EQ(broker_->password(), password);
  EXPECT_EQ(waitpid(first, nullptr, WNOHANG), -1);  // No zombie.
  EXPECT_TRUE(Connects());
}

TEST_F(SupervisorTest, PortTakenAfterTheEnd_IsTriedUntilItIsFree) {
  Make().Start();
  ASSERT_TRUE(RunUntil([this] { return ups_ == 1; }));
  kill(broker_->pid(), SIGSTOP);
  // Another program waits for the port: it gets it in the moment of the broker's end.
  const pid_t first = broker_->pid();
  kill(first, SIGKILL);
  siginfo_t info{};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(first), &info, WEXITED | WNOWAIT), 0);
  const int taker = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(taker, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(broker_->port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(bind(taker, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(listen(taker, 1), 0);
  ASSERT_TRUE(RunUntil([this] { return !why_.empty(); }));
  io_.restart();
  io_.run_for(300ms);  // Some tries.
  EXPECT_EQ(broker_->pid(), -1);
  EXPECT_EQ(ups_, 1);
  close(taker);
  EXPECT_TRUE(RunUntil([this] { return ups_ == 2; }));
}

TEST_F(SupervisorTest, Kept_IsAdopted) {
  Make().Start();
  const pid_t pid = broker_->pid();
  const std::string password = broker_->password();
  const std::uint16_t port = broker_->port();
  broker_.reset();  // As a crash: nobody stopped it.
  Make().Start();
  EXPECT_TRUE(broker_->adopted());
  EXPECT_EQ(broker_->pid(), pid);
  EXPECT_EQ(broker_->password(), password);
  EXPECT_EQ(broker_->port(), port);
  ASSERT_TRUE(RunUntil([this] { return ups_ == 1; }));
  kill(pid, SIGKILL);  // An adopted one is watched as well.
  ASSERT_TRUE(RunUntil([this] { return ups_ == 2; }));
  EXPECT_NE(broker_->pid(), pid);
  EXPECT_FALSE(broker_->adopted());
  EXPECT_EQ(broker_->port(), port);
}

TEST_F(SupervisorTest, AskedForDifferently_IsStartedAnew) {
  Make().Start();
  const pid_t pid = broker_->pid();
  broker_->Stop(/*keep=*/true);
  EXPECT_EQ(kill(pid, 0), 0);
  options_.region = "eu-central-1";
  Make().Start();
  EXPECT_FALSE(broker_->adopted());
  EXPECT_NE(broker_->pid(), pid);
  EXPECT_NE(kill(pid, 0), 0);
}

TEST_F(SupervisorTest, NoteOfAnotherProcess_IsNotBelievedAndThatOneIsLeftAlone) {
  Make().Start();
  broker_->Stop(false);
  const std::filesystem::path note = options_.folder / "broker.json";
  nlohmann::json json = nlohmann::json::parse(ContentOf(note));
  const ProcessName self = *NameOfProcess(getpid());  // All of it right, but for the folder.
  json["pid"] = self.pid;
  json["start_time"] = self.start_time;
  std::ofstream(note) << json.dump();
  Make().Start();
  EXPECT_FALSE(broker_->adopted());
  EXPECT_NE(broker_->pid(), getpid());
}

TEST_F(SupervisorTest, NoteThatOthersMayWrite_IsNotBelieved) {
  Make().Start();
  const pid_t pid = broker_->pid();
  broker_->Stop(/*keep=*/true);
  chmod((options_.folder / "broker.json").c_str(), 0666);
  options_.port = 0;
  Make().Start();  // Another port: the old one is still taken.
  EXPECT_FALSE(broker_->adopted());
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
}

TEST_F(SupervisorTest, StopWhenItHangs_TakesLessThanThreeSeconds) {
  Make().Start();
  const pid_t pid = broker_->pid();
  kill(pid, SIGSTOP);
  const auto begin = std::chrono::steady_clock::now();
  broker_->Stop(false);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 3s);
  EXPECT_EQ(kill(pid, 0), -1);
}

TEST_F(SupervisorTest, ReloadCertificates_NewConnectionsSeeTheNewOne) {
  Make().Start();
  const pid_t pid = broker_->pid();
  EXPECT_THAT(SubjectServed(), HasSubstr("server"));
  MakeCertificate("renewed");
  broker_->ReloadCertificates();
  EXPECT_TRUE(RunUntil([this] { return SubjectServed().find("renewed") != std::string::npos; }));
  EXPECT_EQ(broker_->pid(), pid);
}

TEST_F(SupervisorTest, ReloadCertificates_TrustsExactlyTheCasOfTheFile) {
  Make().Start();
  MakeCertificate("second");
  std::ofstream(options_.ca_pem, std::ios::app) << ContentOf(root_ / "server.pem");
  broker_->ReloadCertificates();
  const auto count = [this] {
    return std::distance(std::filesystem::directory_iterator(options_.folder / "trusted"), {});
  };
  EXPECT_EQ(count(), 2);
  Shell("openssl verify -no-CAfile -CApath " + (options_.folder / "trusted").string() + " " +
        (root_ / "server.pem").string());
  std::filesystem::copy(root_ / "server.pem", options_.ca_pem,
                        std::filesystem::copy_options::overwrite_existing);
  broker_->ReloadCertificates();
  EXPECT_EQ(count(), 1);
}

TEST_F(SupervisorTest, LargeLog_IsKeptAsideAtTheNextStart) {
  std::ofstream(options_.folder / "broker.log") << "old";
  std::filesystem::resize_file(options_.folder / "broker.log", (std::uintmax_t{8} << 20) + 1);
  Make().Start();
  EXPECT_TRUE(std::filesystem::exists(options_.folder / "broker.log.1"));
  EXPECT_LT(std::filesystem::file_size(options_.folder / "broker.log"), 10000U);
}

}  // namespace
}  // namespace fieldwork::broker
