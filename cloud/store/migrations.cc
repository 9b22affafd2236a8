#include "cloud/store/migrations.h"

#include <cstdlib>
#include <string>

namespace fieldwork::store {

void Migrate(Database& database) {
  const int version = std::atoi(database.Ask("PRAGMA user_version").c_str());
  if (version == NewestSchema()) {
    return;
  }
  database.Begin();
  try {
    for (const Migration& migration : Migrations().subspan(static_cast<std::size_t>(version))) {
      database.Execute(migration.sql);
    }
    database.Execute("PRAGMA application_id = " + std::to_string(kApplicationId));
    database.Execute("PRAGMA user_version = " + std::to_string(NewestSchema()));
    database.Commit();
  } catch (...) {
    database.Rollback();
    throw;
  }
}

}  // namespace fieldwork::store
