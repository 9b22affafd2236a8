// Decides which file of a handler directory may be run as a handler.
//
// The way to the directory is walked from the root, one component after the other, and what each
// step leads to is held open while it is looked at; so is the file. The descriptor that comes
// out is the very file that was judged: run that, and nothing can be put in its place.
//
// Safe is: no symbolic link anywhere; every directory and the file belong to root or to the
// agent's user, and neither their group nor others can write to them (so /tmp and all below it
// is not safe: somebody else could have made the names in it). The file besides is a regular
// one, executable for its owner, and neither set-user-id nor set-group-id.
#pragma once

#include <string>
#include <string_view>

#include "ports/posix/unique_fd.h"

namespace fieldwork::posix {

/// One path component of [A-Za-z0-9._-], 1 to 255 bytes, that begins with neither '.' nor '-'.
bool HandlerNameIsValid(std::string_view name);

/// The same path; "/" stays as it is.
std::string WithoutSlashAtEnd(std::string_view path);

/// Whether something of that name is there; nothing is said about what it is. Also true when
/// that cannot be found out.
bool HandlerExists(const std::string& directory, const std::string& name);

struct HandlerFile {
  UniqueFd fd;  ///< Opened with O_PATH, closed on exec. Not valid: refused.
  /// One word, null when it may be run: "unknown-handler" (it is not there),
  /// "handler-not-safe", "no-resources".
  const char* reason = nullptr;
  /// For a person: which file, what is wrong with it, and what to do.
  std::string problem;
};

/// REQUIRES: HandlerNameIsValid(name). `directory` is absolute, or it is refused. Directories
/// above `trusted_above` are not looked at ("/": all are); it and those below it are.
HandlerFile OpenHandler(const std::string& directory, const std::string& name,
                        const std::string& trusted_above = "/");

}  // namespace fieldwork::posix
