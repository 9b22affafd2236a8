// Decides which files are opened: ours, of a schema that this program knows, or none yet. Another
// one is refused before a byte of it has changed.
#pragma once

#include <memory>
#include <string>

#include "cloud/store/database.h"

namespace fieldwork::store {

/// The database at `path`, made if need be, mode 0600, in WAL mode, its schema up to date. Throws
/// StoreError: the folder is not there, no permission, not a database, not ours, a newer schema.
std::unique_ptr<Database> OpenDatabase(const std::string& path);

}  // namespace fieldwork::store
