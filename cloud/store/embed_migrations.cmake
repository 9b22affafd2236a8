# Decides how the migrations get into the program: each file of FOLDER becomes a literal in OUTPUT.
# cmake -DFOLDER=... -DOUTPUT=... -P embed_migrations.cmake
file(GLOB files ${FOLDER}/*.sql)
list(SORT files)
set(rows "")
set(number 0)
foreach(file IN LISTS files)
  math(EXPR number "${number} + 1")
  get_filename_component(name ${file} NAME)
  if(NOT name MATCHES "^0*${number}_[a-z0-9_]+\\.sql$")
    message(FATAL_ERROR "${file}: the next migration is number ${number}")
  endif()
  file(READ ${file} sql)
  string(APPEND rows "    {${number}, R\"sql(${sql})sql\"},\n")
endforeach()
file(WRITE ${OUTPUT} "// Made from cloud/store/migrations by embed_migrations.cmake.
#include \"cloud/store/migrations.h\"

namespace fieldwork::store {

std::span<const Migration> Migrations() {
  static constexpr Migration kMigrations[] = {
${rows}  };
  return kMigrations;
}

}  // namespace fieldwork::store
")
