# need.cmake: what the library needs of others. Each is asked for by building
# and linking a small program for the system that the library is for: a header
# alone, or a library of the machine that builds, is not enough. Where one that
# an option stands for is missing, the option turns off with a word.

# pkg-config answers for the machine it runs on: where that is another one, only
# if somebody pointed it elsewhere
find_package(PkgConfig QUIET)
set(elman_ask_pkg_config ${PkgConfig_FOUND})
if(CMAKE_CROSSCOMPILING AND NOT DEFINED ENV{PKG_CONFIG_LIBDIR} AND
   NOT DEFINED ENV{PKG_CONFIG_SYSROOT_DIR} AND
   PKG_CONFIG_EXECUTABLE MATCHES "(^|/)(pkg-config|pkgconf)$")
  set(elman_ask_pkg_config OFF)
endif()

# Whether SOURCE builds and links with these words, which are then in
# NAME_words, and its folders in NAME_folders.
macro(elman_try name folders words source)
  set(CMAKE_REQUIRED_QUIET ON)
  set(CMAKE_REQUIRED_INCLUDES ${folders})
  set(CMAKE_REQUIRED_LIBRARIES ${words})
  unset(ELMAN_HAS_${name} CACHE) # it may have been installed since
  check_c_source_compiles("${source}\nint main(void) { return 0; }"
    ELMAN_HAS_${name})
  set(${name}_found "${ELMAN_HAS_${name}}" PARENT_SCOPE)
  set(${name}_folders "${folders}" PARENT_SCOPE)
  set(${name}_words "${words}" PARENT_SCOPE)
  if(ELMAN_HAS_${name})
    return()
  endif()
endmacro()

# elman_need(NAME HEADER LIBRARY PACKAGE FUNCTION [SOURCE]): sets NAME_found,
# NAME_folders and NAME_words. LIBRARY, PACKAGE (of pkg-config) and FUNCTION may
# be "".
function(elman_need name header library package function)
  include(CheckCSourceCompiles)
  set(words "")
  if(library)
    set(words -l${library})
  endif()
  set(source "#include <${header}>\n${ARGN}\n")
  if(function)
    string(APPEND source "void (*use)(void) = (void (*)(void))${function};")
  endif()

  # what the compiler finds by itself, what pkg-config tells, and what lies in
  # a folder that was named to CMake
  elman_try(${name} "" "${words}" "${source}")
  if(package AND elman_ask_pkg_config)
    pkg_check_modules(ELMAN_${name} QUIET ${package})
    if(ELMAN_${name}_FOUND)
      elman_try(${name} "${ELMAN_${name}_INCLUDE_DIRS}"
        "${ELMAN_${name}_LDFLAGS}" "${source}")
    endif()
  endif()
  set(named NO_CACHE NO_SYSTEM_ENVIRONMENT_PATH NO_CMAKE_SYSTEM_PATH)
  unset(folder)
  find_path(folder ${header} ${named})
  if(library)
    unset(file)
    find_library(file ${library} ${named})
    set(words ${file})
  endif()
  if(folder)
    elman_try(${name} "${folder}" "${words}" "${source}")
  endif()
endfunction()

# random numbers, which nothing can do without
set(ELMAN_RANDOM123 "" CACHE PATH
  "the folder that holds Random123/philox.h, where the compiler lacks it")
list(PREPEND CMAKE_INCLUDE_PATH ${ELMAN_RANDOM123})
elman_need(random123 Random123/philox.h "" "" "")

# headers alone, the same for every system: a compiler for another one is shown
# those of this machine, without what else lies beside them
if(NOT random123_found AND IS_DIRECTORY /usr/include/Random123 AND
   NOT "/usr/include" IN_LIST CMAKE_C_IMPLICIT_INCLUDE_DIRECTORIES)
  set(shown ${PROJECT_BINARY_DIR}/random123)
  file(MAKE_DIRECTORY ${shown})
  file(CREATE_LINK /usr/include/Random123 ${shown}/Random123 SYMBOLIC)
  list(APPEND CMAKE_INCLUDE_PATH ${shown})
  elman_need(random123 Random123/philox.h "" "" "")
endif()
if(NOT random123_found)
  message(FATAL_ERROR "elman: the compiler finds no Random123/philox.h, which "
    "draws its random numbers: install the package librandom123-dev, or unpack "
    "Random123 and add -DELMAN_RANDOM123=<its folder include>, which holds "
    "Random123 alone: beside headers of another system, as in /usr/include, "
    "the compiler cannot use it")
endif()

# What a format or a measurement stands on: what follows an absence, and what
# helps against it.
macro(elman_option option title name)
  set(${name}_words "") # and not what a project around this one calls so
  set(${name}_folders "")
  if(${option})
    elman_need(${name} ${ARGN})
    if(NOT ${name}_found)
      message(NOTICE "elman: ${title}; "
        "-D${option}=OFF says that this is meant")
      set(${option} OFF)
      set(${name}_words "")
    endif()
  endif()
endmacro()

option(ELMAN_ONNX "read and write ONNX (needs protobuf-c)" ON)
option(ELMAN_ZIP "read .pt, .pth and .npz (needs zlib)" ON)
option(ELMAN_LAPACK "eigenvalues of recurrent matrices (needs LAPACKE)" ON)

elman_option(ELMAN_ONNX "no ONNX: it needs libprotobuf-c-dev 1.4 or later"
  protobuf_c protobuf-c/protobuf-c.h protobuf-c libprotobuf-c
  protobuf_c_message_unpack
  "#if PROTOBUF_C_VERSION_NUMBER < 1004000\n#error too old\n#endif")
elman_option(ELMAN_ZIP "no .pt, .pth and .npz: they need zlib1g-dev" zlib
  zlib.h z zlib inflateInit2_)
elman_option(ELMAN_LAPACK "no eigenvalues: they need liblapacke-dev" lapacke
  lapacke.h lapacke lapacke LAPACKE_dgeev)

# this one runs here, whatever the library is for
if(ELMAN_ONNX)
  find_program(PROTOC_C protoc-c)
  if(NOT PROTOC_C)
    message(NOTICE "elman: no ONNX: it needs the program protoc-c (package "
      "protobuf-c-compiler); -DELMAN_ONNX=OFF says that this is meant")
    set(ELMAN_ONNX OFF)
    set(protobuf_c_words "")
  endif()
endif()

# the C library of macOS leaves iconv to another
set(iconv_words "")
if(APPLE)
  set(iconv_words -liconv)
endif()

# what the library is compiled and linked with
set(needed_words ${iconv_words} ${protobuf_c_words} ${zlib_words} ${lapacke_words})
set(needed_folders ${random123_folders} ${protobuf_c_folders} ${zlib_folders}
  ${lapacke_folders})
