// The tables of device.toml that say what a job may do here.
#include <sys/un.h>
#include <sys/utsname.h>

#include <algorithm>
#include <filesystem>

#include "apps/device/config_parts.h"

namespace fieldwork::board {
namespace {

using config::Section;

constexpr std::int64_t kWeekS = 604'800;
constexpr std::size_t kMostWords = 256;
constexpr std::size_t kMostAttributes = 64;

std::vector<std::string> Words(Section& section, const char* key) {
  std::vector<std::string> words;
  const toml::array* list = section.List(key);
  if (list == nullptr) return words;
  for (const toml::node& node : *list) {
    if (!node.is_string() || node.as_string()->get().empty()) {
      section.Refuse(key, "must be a list of texts, none of them empty");
    }
    words.push_back(node.as_string()->get());
  }
  if (words.empty()) section.Refuse(key, "is an empty list: leave it out, or name what is allowed");
  if (words.size() > kMostWords) {
    section.Refuse(key, "must have at most " + std::to_string(kMostWords) + " entries");
  }
  return words;
}

// 0 is "no limit", whatever the least limit is.
template <class T>
void NumberOrZero(Section& section, const char* key, T& value, std::int64_t least,
                  std::int64_t most) {
  section.Number(key, value, 0, most);
  if (value != 0 && static_cast<std::int64_t>(value) < least) {
    section.Refuse(key, "must be 0, or a whole number from " + std::to_string(least) + " to " +
                            std::to_string(most));
  }
}

void SecondsOrZero(Section& section, const char* key, Millis& value, std::int64_t least,
                   std::int64_t most) {
  std::int64_t seconds = value.count / 1000;
  NumberOrZero(section, key, seconds, least, most);
  value = Seconds(seconds);
}

// An empty or relative directory would be looked for in the folder of whoever asks.
void ReadPath(Section& section, std::string& path) {
  const auto text = section.Text("path");
  if (!text) return;
  const std::string list = *text + ":";
  for (std::size_t begin = 0; begin < list.size(); begin = list.find(':', begin) + 1) {
    if (list[begin] != '/') {
      section.Refuse("path", "must be directories that begin with '/', with ':' between them");
    }
  }
  path = *text;
}

void ReadHandlers(Section& section, Config& config) {
  posix::StepProcess::Options& steps = config.steps;
  const std::string directory = section.Text("handlers").value_or("");
  if (!directory.empty()) {
    // What runs a handler takes no relative path; the program's own folder is where it started.
    steps.handler_directory =
        std::filesystem::absolute(Resolve(config.path, directory)).lexically_normal().string();
  }
  steps.allowed_paths = Words(section, "allowed_paths");
  for (const std::string& path : steps.allowed_paths) {
    if (!path.starts_with('/')) {
      section.Refuse("allowed_paths", "has \"" + path + "\": paths must begin with '/'");
    }
  }
  if (!steps.allowed_paths.empty() && directory.empty()) {
    section.Refuse("allowed_paths", "has no use without jobs.handlers: set that too");
  }
  steps.allowed_operations = Words(section, "allowed_operations");
  section.Flag("run_command", steps.run_command);
  ReadPath(section, steps.path);
  section.Number("output_tail", steps.tail_bytes, 0, 1024);
}

void ReadLimits(Section section, posix::StepProcess::Options& steps) {
  constexpr std::int64_t kMostMb = 1 << 20;
  std::uint64_t memory_mb = 0, file_mb = 0;
  section.Number("memory_mb", memory_mb, 0, kMostMb);
  section.Number("file_mb", file_mb, 0, kMostMb);
  steps.memory_bytes = memory_mb << 20;
  steps.file_bytes = file_mb << 20;
  section.Number("cpu_s", steps.cpu_seconds, 0, kWeekS);
  section.Number("processes", steps.processes, 0, 1 << 20);
  NumberOrZero(section, "open_files", steps.open_files, 8, 1 << 20);
  section.RefuseOthers();
}

void AddAttribute(Config& config, const char* key, std::string value) {
  const auto has_key = [key](const auto& attribute) { return attribute.first == key; };
  if (std::any_of(config.attributes.begin(), config.attributes.end(), has_key)) return;
  config.attributes.emplace_back(key, std::move(value));
}

}  // namespace

void ReadJobs(Section section, Config& config) {
  config.no_action_succeeds = section.Choice("no_action", {"reject", "succeed"}, 0) == 1;
  section.Flag("subscribe_replies", config.subscribe_replies);
  ReadHandlers(section, config);
  SecondsOrZero(section, "step_limit_s", config.step_limit, 1, kWeekS);
  SecondsOrZero(section, "job_limit_s", config.job_limit, 1, kWeekS);
  SecondsOrZero(section, "reconcile_s", config.reconcile, 60, 86400);
  std::int64_t grace_s = config.stop_grace.count / 1000;
  section.Number("stop_grace_s", grace_s, 1, 600);
  config.stop_grace = Seconds(grace_s);
  section.Number("step_timeout_min", config.step_timeout_min, 0, 10080);
  ReadLimits(section.Sub("limits"), config.steps);
  section.RefuseOthers();
}

void ReadControl(Section section, Config& config) {
  const std::string socket = section.Text("socket").value_or("");
  if (!socket.empty()) config.control_socket = Resolve(config.path, socket);
  constexpr std::size_t kMostBytes = sizeof(sockaddr_un::sun_path) - 1;
  if (config.control_socket.size() > kMostBytes) {
    section.Refuse("socket", "must be a path of at most " + std::to_string(kMostBytes) +
                                 " bytes, with the folder of the configuration before it");
  }
  section.RefuseOthers();
}

void ReadAttributes(Section section, const toml::table* table, Config& config) {
  if (table != nullptr) {
    for (const auto& [key, node] : *table) {
      const std::string name(key.str());
      if (name.empty() || name.size() > 128) {
        config::Fail(config.path, key.source(),
                     "attributes has a key that is not 1 to 128 bytes long");
      }
      config.attributes.emplace_back(name, *section.Text(name.c_str()));
    }
    if (table->size() > kMostAttributes) {
      config::Fail(config.path, table->source(),
                   "attributes must have at most " + std::to_string(kMostAttributes) + " keys");
    }
  }
  utsname host{};
  uname(&host);
  AddAttribute(config, "operating_system", "linux");
  AddAttribute(config, "thing_name", config.thing);
  AddAttribute(config, "architecture", host.machine);
}

}  // namespace fieldwork::board
