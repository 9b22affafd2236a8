# Cortex-M with newlib-nano. FIELDWORK_MCPU chooses the core: cortex-m4 (default) or cortex-m3.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_CXX_COMPILER arm-none-eabi-g++)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES FIELDWORK_MCPU)
set(FIELDWORK_MCPU cortex-m4 CACHE STRING "The core that -mcpu names")
set(CMAKE_CXX_FLAGS_INIT
  "-mcpu=${FIELDWORK_MCPU} -mthumb -mfloat-abi=soft --specs=nano.specs -Wno-psabi")
# Debian splits the C++ headers off; this path is where its package puts them.
file(GLOB FIELDWORK_ARM_CXX_HEADERS /usr/include/newlib/c++/*)
string(APPEND CMAKE_CXX_FLAGS_INIT " -isystem ${FIELDWORK_ARM_CXX_HEADERS}")
