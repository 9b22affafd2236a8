# How every target of the tree is built: one place for the language level, the warnings,
# and the rules that differ between the device core and the rest.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

add_compile_options(
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wold-style-cast -Wnon-virtual-dtor -Werror
  -ffunction-sections -fdata-sections)
include_directories(${CMAKE_SOURCE_DIR})

# For folders whose headers make large objects (Boost, JSON): the build with sanitizers takes a
# third of the time. What is left out, AddressSanitizer finds in its own way.
macro(fieldwork_light_sanitizers)
  if(CMAKE_BUILD_TYPE STREQUAL "Debug" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-O0 -fno-sanitize=null,alignment,vptr,object-size)
  endif()
endmacro()

# fieldwork_library(NAME SOURCES... [PUBLIC libs...] [PRIVATE libs...])
function(fieldwork_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
endfunction()

# fieldwork_device_library(...): the same, under the rules of device/: no exceptions, no RTTI.
# The folder's *_test.cc files are remembered and built later, where there is a host.
function(fieldwork_device_library name)
  fieldwork_library(${name} ${ARGN})
  target_compile_options(${name} PRIVATE -fno-exceptions -fno-rtti -fno-threadsafe-statics)
  file(GLOB tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*_test.cc)
  if(tests)
    set_property(GLOBAL APPEND PROPERTY FIELDWORK_DEVICE_TESTED ${name})
    set_property(GLOBAL PROPERTY FIELDWORK_TESTS_OF_${name} "${tests}")
  endif()
endfunction()

# fieldwork_test(NAME SOURCES... LIBS...): one GoogleTest program; each case is a ctest test.
function(fieldwork_test name)
  if(NOT FIELDWORK_TESTS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LIBS} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE FIELDWORK_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  # GoogleTest's own headers, and tests that compare literals, do not meet these two.
  target_compile_options(${name} PRIVATE -Wno-conversion -Wno-shadow)
  gtest_discover_tests(${name}
    TEST_PREFIX "${name}." DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 120)
endfunction()

function(fieldwork_add_device_tests)
  get_property(tested GLOBAL PROPERTY FIELDWORK_DEVICE_TESTED)
  foreach(library ${tested})
    get_property(sources GLOBAL PROPERTY FIELDWORK_TESTS_OF_${library})
    fieldwork_test(${library}_test
      SOURCES ${sources} LIBS ${library} fieldwork_sim fieldwork_check_host)
  endforeach()
endfunction()

# fieldwork_fuzzer(NAME SOURCE CORPUS LIBS...): a libFuzzer program, clang only.
function(fieldwork_fuzzer name source corpus)
  if(NOT FIELDWORK_FUZZ)
    return()
  endif()
  add_executable(fuzz_${name} ${source})
  target_link_libraries(fuzz_${name} PRIVATE ${ARGN} fieldwork_check_host)
  target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  set_property(GLOBAL APPEND PROPERTY FIELDWORK_FUZZERS "fuzz_${name}:${corpus}")
endfunction()
