#include "apps/device/control_client.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "apps/device/control_server.h"
#include "ports/posix/unique_fd.h"

namespace fieldwork::board {
namespace {

constexpr timeval kPatience{10, 0};

// Double quotes, as SplitWords() takes them apart.
std::string Quoted(const std::string& word) {
  const bool plain = !word.empty() && word.find_first_of(" \t\"'\\") == std::string::npos;
  if (plain) return word;
  std::string quoted = "\"";
  for (const char c : word) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

std::string WhyNotConnected(const std::string& path, int error) {
  if (error == ENOENT || error == ECONNREFUSED) return path + ": the board is not running";
  if (error == EACCES || error == EPERM) {
    return path + ": only root and the user of the board may ask it";
  }
  return path + ": " + std::strerror(error);
}

// 0, or errno.
int Connect(int fd, const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return ENAMETOOLONG;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
  return connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
}

// False when it stays silent, or the answer has no end.
bool ReadAnswer(int fd, std::string& answer) {
  constexpr std::size_t kMostBytes = 1 << 20;
  char piece[4096];
  while (answer.size() < kMostBytes) {
    const ssize_t count = recv(fd, piece, sizeof piece, 0);
    if (count == 0) return true;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    answer.append(piece, static_cast<std::size_t>(count));
  }
  return false;
}

}  // namespace

std::string ControlLine(const std::vector<std::string>& words) {
  if (words.empty()) return "";
  constexpr std::string_view kOfJobs[] = {"history", "show", "cancel", "metrics"};
  std::string line;
  if (std::find(std::begin(kOfJobs), std::end(kOfJobs), words[0]) != std::end(kOfJobs)) {
    line = "jobs";
  } else if (words[0] == "status") {
    line = "aws_job";
  }
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + Quoted(word);
  return line;
}

ControlResult AskBoard(const std::string& socket_path, const std::string& line, std::FILE* out,
                       std::FILE* error) {
  const auto fail = [error](const std::string& why) {
    std::fprintf(error, "fieldwork-device: %s\n", why.c_str());
    return ControlResult::kNoBoard;
  };
  if (line.size() > ControlServer::kMostRequestBytes) return fail("these words are too long");
  if (line.find_first_of("\r\n") != std::string::npos) return fail("words have no line ends");
  const posix::UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return fail(std::strerror(errno));
  if (const int failed = Connect(fd.get(), socket_path); failed != 0) {
    return fail(WhyNotConnected(socket_path, failed));
  }
  const std::string request = line + "\n";
  const bool sent = send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) ==
                    static_cast<ssize_t>(request.size());
  std::string answer;
  const bool whole = sent && ReadAnswer(fd.get(), answer);
  const bool done = answer.starts_with("0\n");
  if (!whole || (!done && !answer.starts_with("1\n"))) {
    return fail(socket_path + ": the board does not answer");
  }
  std::fwrite(answer.data() + 2, 1, answer.size() - 2, done ? out : error);
  return done ? ControlResult::kDone : ControlResult::kNotDone;
}

}  // namespace fieldwork::board
