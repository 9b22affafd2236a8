// Raw system calls for the change: those of the C library would ask other threads along, which
// a child between fork and exec does not have.
#include "ports/posix/user_switch.h"

#include <grp.h>
#include <pwd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace fieldwork::posix {
namespace {

// Where there are two sets of calls, the older takes ids of 16 bits.
#ifdef SYS_setresuid32
constexpr long kSetGroups = SYS_setgroups32;
constexpr long kSetGids = SYS_setresgid32;
constexpr long kSetUids = SYS_setresuid32;
#else
constexpr long kSetGroups = SYS_setgroups;
constexpr long kSetGids = SYS_setresgid;
constexpr long kSetUids = SYS_setresuid;
#endif

constexpr std::size_t kEntryBytesMax = 1024 * 1024;
constexpr std::size_t kGroupsMax = 65536;  // The kernel's own limit.

// Calls getpwnam_r() or getpwuid_r() with a buffer that is large enough.
template <class Call>
int Look(Call call, passwd& entry, std::vector<char>& buffer) {
  for (buffer.resize(1024); buffer.size() <= kEntryBytesMax; buffer.resize(buffer.size() * 4)) {
    passwd* found = nullptr;
    const int error = call(&entry, buffer.data(), buffer.size(), &found);
    if (error == ERANGE) continue;
    if (error == EINTR) continue;
    if (found != nullptr) return 0;
    // What "not found" is called differs from one name service to the next.
    const bool absent = error == 0 || error == ESRCH || error == EBADF || error == EPERM;
    return absent ? ENOENT : error;
  }
  return ERANGE;
}

int FindGroups(const std::string& name, User& user) {
  for (std::size_t room = 64; room <= kGroupsMax; room *= 4) {
    user.groups.resize(room);
    int count = static_cast<int>(room);
    if (getgrouplist(name.c_str(), user.gid, user.groups.data(), &count) >= 0) {
      user.groups.resize(static_cast<std::size_t>(count));
      return 0;
    }
  }
  return E2BIG;
}

}  // namespace

int FindUser(const std::string& name, User& user) {
  const bool is_number =
      std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (is_number) return ENOENT;
  passwd entry{};
  std::vector<char> buffer;
  const int error =
      Look([&](auto... rest) { return getpwnam_r(name.c_str(), rest...); }, entry, buffer);
  if (error != 0) return error;
  user.uid = entry.pw_uid;
  user.gid = entry.pw_gid;
  if (entry.pw_dir != nullptr && *entry.pw_dir != '\0') user.home = entry.pw_dir;
  return FindGroups(name, user);
}

std::string OwnHome() {
  passwd entry{};
  std::vector<char> buffer;
  const int error =
      Look([](auto... rest) { return getpwuid_r(geteuid(), rest...); }, entry, buffer);
  const bool known = error == 0 && entry.pw_dir != nullptr && *entry.pw_dir != '\0';
  return known ? entry.pw_dir : "/";
}

int BecomeUser(const User& user) {
  if (syscall(kSetGroups, user.groups.size(), user.groups.data()) != 0) return errno;
  if (syscall(kSetGids, user.gid, user.gid, user.gid) != 0) return errno;
  if (syscall(kSetUids, user.uid, user.uid, user.uid) != 0) return errno;
  uid_t uids[3] = {};
  gid_t gids[3] = {};
  if (getresuid(&uids[0], &uids[1], &uids[2]) != 0) return errno;
  if (getresgid(&gids[0], &gids[1], &gids[2]) != 0) return errno;
  const bool all_uids = uids[0] == user.uid && uids[1] == user.uid && uids[2] == user.uid;
  const bool all_gids = gids[0] == user.gid && gids[1] == user.gid && gids[2] == user.gid;
  if (!all_uids || !all_gids) return EPERM;
  if (getgroups(0, nullptr) != static_cast<int>(user.groups.size())) return EPERM;
  // There must be no way back.
  if (user.uid != 0 && syscall(kSetUids, 0, 0, 0) == 0) return EPERM;
  return 0;
}

}  // namespace fieldwork::posix
