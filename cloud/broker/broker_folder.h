// Decides what lies in DATA/broker and who may read it: the broker's configuration, plugin, keys
// and trusted CAs, its log, and the note by which a later service recognises a broker that still
// runs.
//
// The folder is closed (0700) and belongs to the user that the broker runs as. That user is trusted
// less than we are: what it could have put there is never followed or believed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "cloud/broker/broker_process.h"
#include "cloud/broker/supervisor.h"

namespace fieldwork::broker {

/// What is needed to go on with a broker that an earlier service started.
struct BrokerNote {
  ProcessName process;
  std::uint16_t port = 0;
  std::string password;
  std::string asked_for;  ///< Of AskedFor(): a broker that was asked for differently is not kept.
};

/// All options that a running broker cannot change, but the port.
std::string AskedFor(const SupervisorOptions& options);

class BrokerFolder {
 public:
  BrokerFolder(std::filesystem::path path, std::optional<RunAs> owner);

  /// Opens the folder and gives it to its owner. Throws BrokerError.
  void Open();

  /// Writes one file, whole or not at all, mode 0600, the owner's. Throws BrokerError.
  void Write(const char* name, std::string_view content) const;
  /// Copies; nothing is written if it is the same already. True: it was another one.
  bool Copy(const std::filesystem::path& from, const char* name) const;
  /// Makes the folder of trusted CAs hold exactly the certificates of `ca_pem`.
  void Trust(const std::filesystem::path& ca_pem) const;
  /// True if there was a database.
  bool RemoveDatabase() const;

  void WriteNote(const BrokerNote& note) const;
  /// Empty if there is none, or none that can be believed.
  std::optional<BrokerNote> ReadNote() const;

  /// Keeps a log of more than 8 MiB as broker.log.1. True: it was moved.
  bool RotateLog() const;
  std::string LastLogLines() const;

  const std::filesystem::path& path() const { return path_; }
  std::string socket_path() const;
  /// Somebody accepts connections at the private socket.
  bool SocketAccepts() const;

 private:
  void WriteIn(const std::filesystem::path& folder, const std::string& name,
               std::string_view content) const;
  void GiveToOwner(int fd) const;

  std::filesystem::path path_;
  std::optional<RunAs> owner_;
  UniqueFd fd_;
};

}  // namespace fieldwork::broker
