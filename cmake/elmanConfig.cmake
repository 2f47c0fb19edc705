# elmanConfig.cmake: find_package(elman VERSION [COMPONENTS core train exchange])
# gives elman::elman (shared), elman::static, and elman::core, elman::train and
# elman::exchange, which are the archive with what each part needs.
if(CMAKE_VERSION VERSION_LESS 3.24)
  set(elman_FOUND FALSE)
  string(CONCAT elman_NOT_FOUND_MESSAGE "elman needs CMake 3.24 or later, "
    "not ${CMAKE_VERSION}; pkg-config finds it as well (elman.pc)")
  return()
endif()
include(${CMAKE_CURRENT_LIST_DIR}/elmanTargets.cmake)
if(NOT TARGET elman::static)
  add_library(elman::static ALIAS elman::elman_static)
  add_library(elman::shared ALIAS elman::elman)
endif()

include(${CMAKE_CURRENT_LIST_DIR}/elmanExtra.cmake)
