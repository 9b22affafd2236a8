// What the files of the reader of device.toml share. Inside of apps/device.
#pragma once

#include <string>
#include <string_view>

#include "apps/config/section.h"
#include "apps/device/config.h"

namespace fieldwork::board {

/// `file` as it is when absolute, else beside the configuration.
std::string Resolve(const std::string& config_path, const std::string& file);

/// Only letters, digits, and the characters of `extra`.
bool IsMadeOf(std::string_view text, std::string_view extra);

// config_jobs.cc. Each takes its table, and throws ConfigError.
void ReadJobs(config::Section section, Config& config);
void ReadControl(config::Section section, Config& config);
/// `table`: the same as the section's, for its keys; may be null.
void ReadAttributes(config::Section section, const toml::table* table, Config& config);

}  // namespace fieldwork::board
