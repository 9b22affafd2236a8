// Decides what a test's broker is: a stock mosquitto on a unix socket in a folder of its own.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace fieldwork::mqtt_api::testing {

class TestBroker {
 public:
  /// With a password only kServiceUser and that password may connect; without, everybody.
  explicit TestBroker(const std::string& user = "", const std::string& password = "") {
    std::string pattern = std::filesystem::temp_directory_path() / "fieldwork-link-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    std::ofstream config(folder_ / "mosquitto.conf");
    config << "user root\nlistener 0 " << socket_path() << "\nmax_inflight_messages 0\n"
           << "max_queued_messages 0\npersistence false\nlog_type error\n";
    if (password.empty()) {
      config << "allow_anonymous true\n";
      return;
    }
    const std::string passwords = folder_ / "passwords";
    Wait(Run({"mosquitto_passwd", "-b", "-c", passwords, user, password}));
    config << "allow_anonymous false\npassword_file " << passwords << "\n";
  }
  ~TestBroker() {
    Kill();
    std::filesystem::remove_all(folder_);
  }
  TestBroker(const TestBroker&) = delete;
  TestBroker& operator=(const TestBroker&) = delete;

  /// Returns at once: clients try until it listens.
  void Start() { pid_ = Run({FIELDWORK_MOSQUITTO, "-c", folder_ / "mosquitto.conf"}); }
  /// As a crash would end it.
  void Kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    Wait(pid_);
    pid_ = -1;
  }

  std::string socket_path() const { return folder_ / "broker.sock"; }

 private:
  static pid_t Run(const std::vector<std::string>& command) {
    const pid_t child = ::fork();
    if (child != 0) return child;
    std::vector<char*> words;
    for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    const int nowhere = ::open("/dev/null", O_RDWR);
    ::dup2(nowhere, STDOUT_FILENO);
    ::dup2(nowhere, STDERR_FILENO);
    ::execvp(words[0], words.data());
    ::_exit(127);
  }
  static void Wait(pid_t pid) { ::waitpid(pid, nullptr, 0); }

  std::filesystem::path folder_;
  pid_t pid_ = -1;
};

}  // namespace fieldwork::mqtt_api::testing
