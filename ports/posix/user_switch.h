// Decides who a step runs as: looks a user up, and becomes that user for good.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace fieldwork::posix {

struct User {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;  ///< All of them, `gid` too.
  std::string home = "/";
};

/// Looks `name` up with its groups. 0; ENOENT: there is no such user (a number is not a name);
/// another errno: the system could not tell. Asks the name services of the host, and waits.
int FindUser(const std::string& name, User& user);

/// Home directory of the user that this process runs as; "/" if it has no entry.
std::string OwnHome();

/// Gives up every other identity, and checks that it is so. 0 or an errno, after which the
/// process must not go on. Async-signal-safe; for a child between fork and exec.
int BecomeUser(const User& user);

}  // namespace fieldwork::posix
