# Runs PROGRAM, and fails unless it ends well and prints exactly what the file EXPECTED holds.
execute_process(
  COMMAND ${PROGRAM} OUTPUT_VARIABLE output RESULT_VARIABLE result TIMEOUT 30)
file(READ ${EXPECTED} expected)
if(NOT result STREQUAL "0" OR NOT output STREQUAL expected)
  message(FATAL_ERROR "result ${result}, output:\n${output}\nexpected:\n${expected}")
endif()
