# install.cmake: what `make install` puts in place.
include(CMakePackageConfigHelpers)

install(FILES include/elman.h include/elman_train.h include/elman_exchange.h
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS elman_shared elman_static EXPORT elmanTargets)

# for pkg-config: paths are told from where the file lies, so that the tree can
# be moved
set(pkgconfig ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH up ${CMAKE_INSTALL_PREFIX}/${pkgconfig}
  ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" up ${up})
string(REPLACE ";" " " private "${static_libraries}")
configure_file(cmake/elman.pc.in elman.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/elman.pc DESTINATION ${pkgconfig})

# for find_package(elman)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/elman)
install(EXPORT elmanTargets NAMESPACE elman:: FILE elmanConfig.cmake
  DESTINATION ${package})
# as the soname: a minor version may break programs before 1.0, a major after
if(PROJECT_VERSION_MAJOR EQUAL 0)
  set(compatibility SameMinorVersion)
else()
  set(compatibility SameMajorVersion)
endif()
write_basic_package_version_file(elmanConfigVersion.cmake
  COMPATIBILITY ${compatibility})
install(FILES ${PROJECT_BINARY_DIR}/elmanConfigVersion.cmake
  DESTINATION ${package})
