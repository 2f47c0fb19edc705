# components.cmake: what others link, which is the archive with what a part of
# it needs. The linker drops what nobody calls, so parts need no archives of
# their own.
#
#   core      create, load, run: the C library alone, dead code dropped
#   train     core, and eigenvalues for what looks inside a model
#   exchange  core, and models of others: read, written, run
#   static    everything, and nothing said about dead code

# words after which a library counts only where something calls it, in a line
# that nobody orders anew
function(elman_as_needed result)
  set(words ${ARGN})
  if(words AND NOT APPLE AND NOT WIN32)
    list(JOIN words "," words)
    set(words -Wl,--push-state,--as-needed,${words},--pop-state)
  endif()
  set(${result} ${words} PARENT_SCOPE)
endfunction()

# elman_link(TARGET WORD...): the archive and the libraries it calls, which are
# read until nothing is missing. Where a program has several parts, CMake writes
# each word once and orders them anew, and one before the archive is of no use
function(elman_link target)
  set(flags ${ARGN})
  list(FILTER flags INCLUDE REGEX "^-[^l]")
  set(libraries ${ARGN})
  list(FILTER libraries EXCLUDE REGEX "^-[^l]")
  list(REMOVE_DUPLICATES libraries)

  set(items elman_static ${libraries})
  if(libraries AND CMAKE_LINK_GROUP_USING_RESCAN_SUPPORTED)
    # an installed package knows the archive by another name, which CMake does
    # not see to within a group
    list(JOIN libraries "," items)
    string(PREPEND items "$<BUILD_INTERFACE:elman_static>"
      "$<INSTALL_INTERFACE:elman::archive>,")
    set(items "$<LINK_GROUP:RESCAN,${items}>")
  endif()
  target_link_libraries(${target} INTERFACE ${flags} ${items} ${threads_word})
endfunction()

# the roots and powers of two that core asks for are instructions or the C
# library's on most systems, in a build that is optimized; asked of it, ld would
# note -lm as needed. Without optimization a root is a call of libm
include(CheckCSourceCompiles)
set(CMAKE_REQUIRED_QUIET ON)
string(TOUPPER "CMAKE_C_FLAGS_${CMAKE_BUILD_TYPE}" flags)
string(REPLACE ";" " " words "${${flags}};${options}")
set(CMAKE_REQUIRED_FLAGS "${words} -fno-math-errno")
unset(ELMAN_LINKS_WITHOUT_LIBM CACHE) # another compiler may be in use now
check_c_source_compiles("#include <math.h>
int main(void)
{
    volatile double x = 2;
    volatile float y = 2;
    int power;
    return (int)(frexp(x, &power) + ldexp(x, 1) + sqrt(x) +
                 copysign(x, -x) + (double)(sqrtf(y) + ldexpf(y, 1)));
}" ELMAN_LINKS_WITHOUT_LIBM)
unset(CMAKE_REQUIRED_FLAGS)
unset(CMAKE_REQUIRED_QUIET)
elman_as_needed(libm_words -lm)
get_property(several GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
set(math_words ${libm_words})
set(core_libraries -lm)
if(ELMAN_LINKS_WITHOUT_LIBM AND NOT several)
  set(math_words "")
  set(core_libraries "")
endif()
list(APPEND math_words ${iconv_words})
list(APPEND core_libraries ${iconv_words})

elman_as_needed(train_words ${lapacke_words})
elman_as_needed(exchange_words ${protobuf_c_words} ${zlib_words})
# sanitizers and coverage keep what nobody calls, so that a part needs it all
if(ELMAN_SANITIZE OR ELMAN_COVER)
  list(APPEND math_words ${train_words} ${exchange_words} ${libm_words})
  list(APPEND core_libraries ${lapacke_words} ${protobuf_c_words} ${zlib_words}
    -lm)
endif()
set(drop_words "")
if(APPLE)
  set(drop_words -Wl,-dead_strip)
else()
  set(drop_words -Wl,--gc-sections)
endif()
set(foreign_words "")
if(TARGET elman_members)
  set(foreign_words -Wl,-u,elman__foreign)
endif()

foreach(part core train exchange whole)
  add_library(elman_${part} INTERFACE)
endforeach()
elman_link(elman_core ${drop_words} ${core_libraries})
elman_link(elman_train ${drop_words} ${core_libraries} ${lapacke_words} -lm)
elman_link(elman_exchange ${drop_words} ${foreign_words} ${core_libraries}
  ${protobuf_c_words} ${zlib_words} -lm)
elman_link(elman_whole ${foreign_words} ${iconv_words} ${lapacke_words}
  ${protobuf_c_words} ${zlib_words} -lm)
set(static_words ${foreign_words} ${train_words} ${exchange_words}
  ${libm_words} ${iconv_words})

# the names that others use: elman::elman is what BUILD_SHARED_LIBS says, and
# where it says nothing, static in the tree of another project
foreach(name static:whole elman_static:whole shared:shared core:core
    train:train exchange:exchange)
  string(REGEX MATCH "(.*):(.*)" all ${name})
  add_library(elman::${CMAKE_MATCH_1} ALIAS elman_${CMAKE_MATCH_2})
endforeach()
if(BUILD_SHARED_LIBS OR
   (PROJECT_IS_TOP_LEVEL AND NOT DEFINED BUILD_SHARED_LIBS))
  add_library(elman::elman ALIAS elman_shared)
else()
  add_library(elman::elman ALIAS elman_whole)
endif()

# and in the installed package
set(exported elman_shared elman_static elman_core elman_train elman_exchange
  elman_whole)
set_target_properties(elman_shared PROPERTIES EXPORT_NAME elman)
set_target_properties(elman_static PROPERTIES EXPORT_NAME archive)
set_target_properties(elman_whole PROPERTIES EXPORT_NAME elman_static)
foreach(part core train exchange)
  set_target_properties(elman_${part} PROPERTIES EXPORT_NAME ${part})
endforeach()

# which versions serve somebody who asks for one, as the soname: a minor version
# may break programs before 1.0, a major after
include(CMakePackageConfigHelpers)
if(PROJECT_VERSION_MAJOR EQUAL 0)
  set(compatibility SameMinorVersion)
else()
  set(compatibility SameMajorVersion)
endif()
write_basic_package_version_file(${PROJECT_BINARY_DIR}/elmanConfigVersion.cmake
  COMPATIBILITY ${compatibility})

# where FetchContent answers find_package(elman), it asks for components and
# versions here, and for nothing without these files
if(NOT PROJECT_IS_TOP_LEVEL AND CMAKE_FIND_PACKAGE_REDIRECTS_DIR)
  configure_file(cmake/elmanExtra.cmake
    ${CMAKE_FIND_PACKAGE_REDIRECTS_DIR}/elman-extra.cmake COPYONLY)
  configure_file(${PROJECT_BINARY_DIR}/elmanConfigVersion.cmake
    ${CMAKE_FIND_PACKAGE_REDIRECTS_DIR}/elman-config-version.cmake COPYONLY)
endif()

# what meson.build links with the archive, a file for each
list(JOIN static_words "\n" words)
file(WRITE ${PROJECT_BINARY_DIR}/elman.words "${words}")
foreach(part core train exchange)
  set(words ${drop_words} ${math_words})
  if(part STREQUAL train)
    list(APPEND words ${train_words} ${libm_words})
  elseif(part STREQUAL exchange)
    list(APPEND words ${foreign_words} ${exchange_words} ${libm_words})
  endif()
  list(JOIN words "\n" words)
  file(WRITE ${PROJECT_BINARY_DIR}/elman-${part}.words "${words}")
endforeach()
