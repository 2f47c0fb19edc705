# install.cmake: what `make install` puts in place.

install(FILES include/elman.h include/elman_train.h include/elman_inspect.h
  include/elman_exchange.h
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS ${exported} EXPORT elmanTargets)

# manual pages of the calls, made from the headers
find_package(Python3 COMPONENTS Interpreter)
if(Python3_Interpreter_FOUND)
  set(pages3 ${PROJECT_BINARY_DIR}/man3)
  set(headers include/elman.h include/elman_train.h include/elman_inspect.h
    include/elman_exchange.h)
  add_custom_command(OUTPUT ${pages3}/elman_version.3
    COMMAND ${Python3_EXECUTABLE} ${elman_root}/tools/api_pages man ${pages3}
    DEPENDS ${headers} tools/api_pages VERBATIM)
  add_custom_target(elman_pages3 ALL DEPENDS ${pages3}/elman_version.3)
  install(DIRECTORY ${pages3}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man3)
endif()

# for pkg-config: paths start from where the file is, so that the tree can
# be moved
set(pkgconfig ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
set(here ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH to_prefix ${here} ${CMAKE_INSTALL_PREFIX})
file(RELATIVE_PATH to_include ${here} ${CMAKE_INSTALL_FULL_INCLUDEDIR})
string(REGEX REPLACE "/$" "" to_prefix ${to_prefix})

# liblapacke.a stands on others, which a program without any shared library
# names as well; and libgfortran.a calls of the threads only what is there
# anyway, but takes all of it to be there as soon as some is
set(threads_of_fortran "")
foreach(name cond_broadcast cond_destroy cond_init cond_wait create getspecific
    join key_create key_delete mutex_destroy mutex_init mutex_lock mutex_trylock
    mutex_unlock self setspecific)
  list(APPEND threads_of_fortran -u pthread_${name})
endforeach()
set(lapack_words "")
if(ELMAN_LAPACK)
  include(CheckCSourceCompiles)
  foreach(others "" "-llapack;-lblas;-lm" "-llapack;-lblas;-lgfortran;-lm"
      "-llapack;-lblas;-lgfortran;-lquadmath;-lm")
    set(CMAKE_REQUIRED_QUIET ON)
    set(CMAKE_REQUIRED_LIBRARIES -static ${lapacke_words} ${others})
    unset(ELMAN_LINKS_LAPACKE_STATIC CACHE)
    check_c_source_compiles("#include <lapacke.h>
      void (*use)(void) = (void (*)(void))LAPACKE_dgeev;
      int main(void) { return 0; }" ELMAN_LINKS_LAPACKE_STATIC)
    if(ELMAN_LINKS_LAPACKE_STATIC)
      elman_as_needed(lapack_words ${others})
      if("-lgfortran" IN_LIST others)
        list(JOIN threads_of_fortran "," others)
        list(PREPEND lapack_words -Wl,${others})
      endif()
      break()
    endif()
  endforeach()
  unset(CMAKE_REQUIRED_LIBRARIES)
  unset(CMAKE_REQUIRED_QUIET)
endif()
list(JOIN lapack_words " " lapack_line)

# the archive and not the shared library beside it; pkg-config keeps a blank in
# the path of -L as a part of it, and not in a path that stands alone
set(archive_line "-L\${libdir} -l:libelman.a")
if(APPLE)
  set(archive_line "\${libdir}/libelman.a")
endif()
list(JOIN static_words " " static_line)
list(JOIN drop_words " " drop_line)
list(JOIN math_words " " math_line)
foreach(name elman elman-static elman-core)
  configure_file(cmake/${name}.pc.in ${name}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${name}.pc DESTINATION ${pkgconfig})
endforeach()

# for find_package(elman)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/elman)
install(EXPORT elmanTargets NAMESPACE elman:: DESTINATION ${package})
install(FILES cmake/elmanConfig.cmake cmake/elmanExtra.cmake
  DESTINATION ${package})
install(FILES ${PROJECT_BINARY_DIR}/elmanConfigVersion.cmake
  DESTINATION ${package})
