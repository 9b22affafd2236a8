// Decides how a database comes to its schema: the numbered files of cloud/store/migrations, built
// into the program, each applied once and in order. The number is SQLite's user_version.
#pragma once

#include <span>

#include "cloud/store/database.h"

namespace fieldwork::store {

/// SQLite's application_id of our files: "FWK1".
inline constexpr int kApplicationId = 0x46574b31;

struct Migration {
  int number;
  const char* sql;
};

/// From 1, without a gap.
std::span<const Migration> Migrations();
inline int NewestSchema() { return static_cast<int>(Migrations().size()); }

/// Brings the schema up to date, in one transaction. Throws StoreError: then it is as it was.
void Migrate(Database& database);

}  // namespace fieldwork::store
