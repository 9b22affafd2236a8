// Both ends of the control socket: who may ask, what is answered, and that nobody holds the board.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "apps/device/control_client.h"
#include "apps/device/control_server.h"

namespace fieldwork::board {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Recorder final : public ControlServer::Handler {
 public:
  ControlServer::Answer OnRequest(std::string_view line) override {
    lines.emplace_back(line);
    return {line != "no", text};
  }
  std::vector<std::string> lines;
  std::string text = "fine\n";
};

class Control : public testing::Test {
 protected:
  Control() {
    char name[] = "/tmp/fieldwork-control-XXXXXX";
    if (mkdtemp(name) == nullptr) std::abort();
    folder_ = name;
    path_ = folder_ + "/control";
  }
  ~Control() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<ControlServer> Open() {
    auto server = ControlServer::Open(path_, recorder_, error_);
    EXPECT_NE(server, nullptr) << error_;
    return server;
  }

  posix::UniqueFd Connect() {
    posix::UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return fd;
  }

  static void Say(const posix::UniqueFd& fd, std::string_view text) {
    EXPECT_EQ(send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }

  // Lets the server do all that it can do now.
  static void Run(ControlServer& server, Instant now = Instant{0}) {
    for (;;) {
      std::vector<pollfd> fds;
      server.AddPollFds(fds);
      if (poll(fds.data(), fds.size(), 0) <= 0) return;
      server.OnPoll(now, fds);
    }
  }

  struct Heard {
    std::string text;
    bool closed = false;
  };
  static Heard Hear(const posix::UniqueFd& fd) {
    Heard heard;
    char piece[4096];
    ssize_t count = 0;
    while ((count = recv(fd.get(), piece, sizeof piece, 0)) > 0) {
      heard.text.append(piece, static_cast<std::size_t>(count));
    }
    EXPECT_TRUE(count == 0 || errno == EAGAIN) << errno;
    heard.closed = count == 0;
    return heard;
  }

  Recorder recorder_;
  std::string folder_, path_, error_;
};

TEST_F(Control, Line_IsAnsweredThenTheSocketCloses) {
  const auto server = Open();
  const auto client = Connect();
  Say(client, "jobs show fw-1\n");
  Run(*server);
  EXPECT_THAT(recorder_.lines, ElementsAre("jobs show fw-1"));
  const Heard heard = Hear(client);
  EXPECT_EQ(heard.text, "0\nfine\n");
  EXPECT_TRUE(heard.closed);
  EXPECT_EQ(server->Deadline(), kNever);
}

TEST_F(Control, NotDone_HasAnotherFirstLine) {
  const auto server = Open();
  const auto client = Connect();
  Say(client, "no\n");
  Run(*server);
  EXPECT_EQ(Hear(client).text, "1\nfine\n");
}

TEST_F(Control, LineInPieces_IsPutTogether) {
  const auto server = Open();
  const auto client = Connect();
  for (const char* piece : {"jo", "bs", "\n"}) {
    EXPECT_THAT(recorder_.lines, testing::IsEmpty());
    Say(client, piece);
    Run(*server);
  }
  EXPECT_THAT(recorder_.lines, ElementsAre("jobs"));
}

TEST_F(Control, LineOfExactly256Bytes_IsTheLongest) {
  const auto server = Open();
  const auto fits = Connect(), does_not = Connect();
  Say(fits, std::string(256, 'x') + "\n");
  Say(does_not, std::string(257, 'x') + "\n");
  Run(*server);
  ASSERT_EQ(recorder_.lines.size(), 1u);
  EXPECT_EQ(recorder_.lines[0].size(), 256u);
  EXPECT_THAT(Hear(does_not).text, testing::StartsWith("1\n"));
}

TEST_F(Control, ControlCharacters_AreRefused) {
  const auto server = Open();
  const auto client = Connect();
  Say(client, "jobs\x1b[2J\n");
  Run(*server);
  EXPECT_THAT(recorder_.lines, testing::IsEmpty());
  EXPECT_THAT(Hear(client).text, testing::StartsWith("1\na request is one line"));
}

TEST_F(Control, ClientThatHangsUp_IsForgotten) {
  const auto server = Open();
  Connect().Reset();
  Run(*server);
  EXPECT_THAT(recorder_.lines, testing::IsEmpty());
  EXPECT_EQ(server->Deadline(), kNever);
}

TEST_F(Control, SilentClients_AreDroppedInTimeAndOthersGetTheirTurn) {
  const auto server = Open();
  std::vector<posix::UniqueFd> silent;
  for (std::size_t i = 0; i < ControlServer::kMostClients; ++i) silent.push_back(Connect());
  Run(*server);
  const auto patient = Connect();
  Say(patient, "jobs\n");
  Run(*server, Instant{10});
  EXPECT_FALSE(Hear(patient).closed);

  ASSERT_EQ(server->Deadline(), Instant{0} + ControlServer::kPatience);
  server->OnTime(server->Deadline());
  for (const auto& client : silent) EXPECT_TRUE(Hear(client).closed);
  Run(*server);
  EXPECT_EQ(Hear(patient).text, "0\nfine\n");
}

TEST_F(Control, ClientThatDoesNotRead_HoldsNobodyAndIsDropped) {
  recorder_.text = std::string(8 << 20, 'x');
  const auto server = Open();
  const auto slow = Connect();
  Say(slow, "jobs\n");
  Run(*server);
  recorder_.text = "fine\n";
  const auto quick = Connect();
  Say(quick, "jobs\n");
  Run(*server);
  EXPECT_EQ(Hear(quick).text, "0\nfine\n");
  server->OnTime(Instant{0} + ControlServer::kPatience);
  EXPECT_TRUE(Hear(slow).closed);
  EXPECT_EQ(server->Deadline(), kNever);
}

TEST_F(Control, LongAnswer_ArrivesAsItIsRead) {
  recorder_.text = std::string(1 << 20, 'x');
  const auto server = Open();
  const auto client = Connect();
  Say(client, "jobs\n");
  Heard heard;
  for (int i = 0; i < 1000 && !heard.closed; ++i) {
    Run(*server);
    const Heard more = Hear(client);
    heard.text += more.text;
    heard.closed = more.closed;
  }
  EXPECT_EQ(heard.text.size(), recorder_.text.size() + 2);
}

TEST_F(Control, Socket_IsForItsOwnerOnlyAndGoesWithTheServer) {
  auto server = Open();
  struct stat file {};
  ASSERT_EQ(lstat(path_.c_str(), &file), 0);
  EXPECT_TRUE(S_ISSOCK(file.st_mode));
  EXPECT_EQ(file.st_mode & 0777, 0600u);
  server.reset();
  EXPECT_NE(lstat(path_.c_str(), &file), 0);
}

TEST_F(Control, SocketThatWasLeftBehind_IsReplaced) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path_.copy(address.sun_path, sizeof address.sun_path - 1);
  posix::UniqueFd dead(socket(AF_UNIX, SOCK_STREAM, 0));
  ASSERT_EQ(bind(dead.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  dead.Reset();
  EXPECT_NE(Open(), nullptr);
}

TEST_F(Control, SocketSomebodyAnswersOn_IsLeftAlone) {
  const auto first = Open();
  EXPECT_EQ(ControlServer::Open(path_, recorder_, error_), nullptr);
  EXPECT_EQ(error_, path_ + " (control.socket): another program answers on it");
  const auto client = Connect();
  Say(client, "jobs\n");
  Run(*first);
  EXPECT_EQ(recorder_.lines.size(), 1u);
}

TEST_F(Control, FileOfThatName_IsLeftAlone) {
  posix::UniqueFd(open(path_.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600)).Reset();
  EXPECT_EQ(ControlServer::Open(path_, recorder_, error_), nullptr);
  EXPECT_THAT(error_, HasSubstr("is no socket"));
  EXPECT_EQ(access(path_.c_str(), F_OK), 0);
}

TEST_F(Control, FolderThatIsMissing_IsTold) {
  path_ = folder_ + "/nowhere/control";
  EXPECT_EQ(ControlServer::Open(path_, recorder_, error_), nullptr);
  EXPECT_THAT(error_, HasSubstr("/nowhere/control (control.socket): No such file"));
}

TEST(ControlLine, ShortWords_BecomeCommandsOfTheBoard) {
  EXPECT_EQ(ControlLine({"jobs"}), "jobs");
  EXPECT_EQ(ControlLine({"jobs", "history"}), "jobs history");
  EXPECT_EQ(ControlLine({"history"}), "jobs history");
  EXPECT_EQ(ControlLine({"show", "fw-1"}), "jobs show fw-1");
  EXPECT_EQ(ControlLine({"cancel", "fw-1"}), "jobs cancel fw-1");
  EXPECT_EQ(ControlLine({"metrics"}), "jobs metrics");
  EXPECT_EQ(ControlLine({"status"}), "aws_job status");
  EXPECT_EQ(ControlLine({"version"}), "version");
  EXPECT_EQ(ControlLine({"show", "a \"b\""}), "jobs show \"a \\\"b\\\"\"");
}

// What a person at a shell sees.
class Asking : public Control {
 protected:
  struct Seen {
    ControlResult result;
    std::string out, error;
  };
  Seen Ask(const std::string& line) {
    char *out_text = nullptr, *error_text = nullptr;
    std::size_t out_size = 0, error_size = 0;
    std::FILE* out = open_memstream(&out_text, &out_size);
    std::FILE* error = open_memstream(&error_text, &error_size);
    Seen seen{AskBoard(path_, line, out, error), "", ""};
    std::fclose(out);
    std::fclose(error);
    seen.out = out_text;
    seen.error = error_text;
    std::free(out_text);
    std::free(error_text);
    return seen;
  }
};

TEST_F(Asking, BoardThatRuns_Answers) {
  const auto server = Open();
  for (const char* line : {"jobs", "no"}) {
    Seen seen;
    std::thread person([this, line, &seen] { seen = Ask(line); });
    recorder_.lines.clear();
    while (recorder_.lines.empty()) {
      std::vector<pollfd> fds;
      server->AddPollFds(fds);
      ASSERT_GT(poll(fds.data(), fds.size(), 10'000), 0);
      server->OnPoll(Instant{0}, fds);
    }
    person.join();
    const bool done = line != std::string("no");
    EXPECT_EQ(seen.result, done ? ControlResult::kDone : ControlResult::kNotDone);
    EXPECT_EQ(seen.out, done ? "fine\n" : "");
    EXPECT_EQ(seen.error, done ? "" : "fine\n");
  }
}

TEST_F(Asking, NoBoard_IsToldClearly) {
  const Seen seen = Ask("jobs");
  EXPECT_EQ(seen.result, ControlResult::kNoBoard);
  EXPECT_EQ(seen.error, "fieldwork-device: " + path_ + ": the board is not running\n");
}

TEST_F(Asking, WordsThatCannotBeSent_AreRefusedHere) {
  EXPECT_THAT(Ask(std::string(257, 'x')).error, HasSubstr("too long"));
  EXPECT_THAT(Ask("jobs\nreboot").error, HasSubstr("no line ends"));
}

}  // namespace
}  // namespace fieldwork::board
