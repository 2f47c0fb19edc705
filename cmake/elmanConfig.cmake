# elmanConfig.cmake: find_package(elman VERSION [COMPONENTS core train exchange])
# gives elman::elman (shared), elman::static, and elman::core, elman::train and
# elman::exchange, which are the archive with what each part needs.
include(${CMAKE_CURRENT_LIST_DIR}/elmanTargets.cmake)
if(NOT TARGET elman::static)
  add_library(elman::static ALIAS elman::elman_static)
  add_library(elman::shared ALIAS elman::elman)
endif()

foreach(component ${elman_FIND_COMPONENTS})
  if(TARGET elman::${component})
    set(elman_${component}_FOUND TRUE)
  elseif(elman_FIND_REQUIRED_${component})
    set(elman_FOUND FALSE)
    set(elman_NOT_FOUND_MESSAGE
      "elman has no component ${component}, only core, train, exchange, static "
      "and shared")
    list(JOIN elman_NOT_FOUND_MESSAGE "" elman_NOT_FOUND_MESSAGE)
  endif()
endforeach()
