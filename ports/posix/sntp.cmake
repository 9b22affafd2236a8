# The host's clocks, UDP, and the SNTP client on them. Included by CMakeLists.txt.

# Apart from fieldwork_posix_sntp, for whoever needs the time without a network.
fieldwork_library(fieldwork_posix_clock SOURCES clock.cc PUBLIC fieldwork_base)

fieldwork_library(fieldwork_posix_sntp
  SOURCES sntp_driver.cc udp.cc
  PUBLIC fieldwork_posix fieldwork_posix_clock fieldwork_sntp)

if(NOT FIELDWORK_TESTS)
  return()
endif()

# The tests ask a real chronyd, which they start on a free port of the loopback device.
find_program(FIELDWORK_CHRONYD chronyd PATHS /usr/sbin /usr/local/sbin REQUIRED)
fieldwork_test(fieldwork_posix_sntp_test
  SOURCES clock_test.cc sntp_driver_test.cc udp_test.cc
  LIBS fieldwork_posix_sntp fieldwork_check_host)
target_compile_definitions(fieldwork_posix_sntp_test
  PRIVATE FIELDWORK_CHRONYD="${FIELDWORK_CHRONYD}")
