# elmanConfig.cmake: find_package(elman VERSION [COMPONENTS core train exchange])
# gives elman::elman (shared), elman::static, and elman::core, elman::train and
# elman::exchange, which are the archive with what each part needs.
include(${CMAKE_CURRENT_LIST_DIR}/elmanTargets.cmake)
if(NOT TARGET elman::static)
  add_library(elman::static ALIAS elman::elman_static)
  add_library(elman::shared ALIAS elman::elman)
endif()

include(${CMAKE_CURRENT_LIST_DIR}/elmanExtra.cmake)
