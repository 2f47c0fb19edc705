# library.cmake: libelman.so, libelman.a, and an archive in which every
# function can be called, for the tests of single rooms.

# what the ONNX reader unpacks bytes with, made from its list of fields
if(ELMAN_ONNX)
  set(generated ${PROJECT_BINARY_DIR}/generated)
  file(MAKE_DIRECTORY ${generated})
  add_custom_command(
    OUTPUT ${generated}/format/onnx.pb-c.c ${generated}/format/onnx.pb-c.h
    COMMAND ${PROTOC_C} --c_out=${generated} -I${elman_root}/src
      ${elman_root}/src/format/onnx.proto
    DEPENDS src/format/onnx.proto VERBATIM)
  list(APPEND elman_sources ${generated}/format/onnx.pb-c.c
    ${generated}/format/onnx.pb-c.h)
  set_source_files_properties(${generated}/format/onnx.pb-c.c PROPERTIES
    COMPILE_OPTIONS -w)
  target_include_directories(elman_flags SYSTEM INTERFACE ${generated})
endif()
target_link_libraries(elman_flags INTERFACE ${needed_words})

# what tools/check_abi reads: the types of the public functions; in DWARF 4, as
# abidw does not see in which file clang's DWARF 5 declares a type
file(GLOB public_sources CONFIGURE_DEPENDS ${elman_root}/src/api/*.c)
list(APPEND public_sources ${elman_root}/src/base/status.c)
if(ELMAN_STRICT)
  set_property(SOURCE ${public_sources} APPEND PROPERTY
    COMPILE_OPTIONS -gdwarf-4)
endif()

# every object once, but those that hold the public functions: the shared
# library exports these, a program that the archive becomes part of does not
list(REMOVE_ITEM elman_sources ${public_sources})
add_library(elman_objects OBJECT ${elman_sources})
add_library(elman_hidden OBJECT ${public_sources})
add_library(elman_exported OBJECT ${public_sources})
foreach(target elman_objects elman_hidden elman_exported)
  target_link_libraries(${target} PUBLIC elman_flags)
endforeach()
target_compile_definitions(elman_objects PRIVATE ELMAN_SHARED)
target_compile_definitions(elman_hidden PRIVATE ELMAN_STATIC)
target_compile_definitions(elman_exported PRIVATE ELMAN_SHARED)

# what is built whether or not somebody asks for it
set(unasked EXCLUDE_FROM_ALL)
if(PROJECT_IS_TOP_LEVEL OR ELMAN_INSTALL)
  set(unasked "")
endif()
add_library(elman_rooms STATIC EXCLUDE_FROM_ALL
  $<TARGET_OBJECTS:elman_objects> $<TARGET_OBJECTS:elman_hidden>)
target_link_libraries(elman_rooms PUBLIC elman_flags)
target_compile_definitions(elman_rooms INTERFACE ELMAN_STATIC)

# members that the archive has beside everything: what lets elman_model_load read
# the models of others (api/foreign.h), and what goes back (api/backward.h)
set(member_objects "")
if(NOT APPLE AND NOT WIN32)
  add_library(elman_members OBJECT src/api/static/foreign.c
    src/api/static/backward.c)
  target_link_libraries(elman_members PRIVATE elman_flags)
  target_compile_definitions(elman_members PRIVATE ELMAN_STATIC)
  set(member_objects $<TARGET_OBJECTS:elman_members>)
  target_sources(elman_rooms INTERFACE ${member_objects})
endif()

add_library(elman_shared SHARED ${unasked}
  $<TARGET_OBJECTS:elman_objects> $<TARGET_OBJECTS:elman_exported>)
target_link_libraries(elman_shared PRIVATE elman_flags)

# what may break a program has another name: before 1.0 each minor version
set(soversion ${PROJECT_VERSION_MAJOR})
if(soversion EQUAL 0)
  string(APPEND soversion ".${PROJECT_VERSION_MINOR}")
endif()
set_target_properties(elman_shared PROPERTIES OUTPUT_NAME elman
  VERSION ${PROJECT_VERSION} SOVERSION ${soversion})
if(MINGW) # needs no DLL of the compiler's
  target_link_options(elman_shared PRIVATE -static-libgcc)
endif()
if(NOT ELMAN_SANITIZE AND NOT APPLE AND NOT WIN32)
  target_link_options(elman_shared PRIVATE -Wl,-z,defs)
endif()

# the archive holds one object, in which all names but elman.h's are local: a
# program that links it meets no other. Each function is a section of it, so
# that a linker drops what nobody calls. Sanitizers and coverage keep names of
# their own in each object, and not every system has the tools: there it is a
# plain archive
if(ELMAN_SANITIZE OR ELMAN_COVER OR MSVC OR APPLE OR NOT CMAKE_OBJCOPY)
  add_library(elman_static STATIC ${unasked}
    $<TARGET_OBJECTS:elman_objects> $<TARGET_OBJECTS:elman_hidden>
    ${member_objects})
else()
  # sections of one name stay apart; 32-bit x86 shares hidden functions in
  # groups, which must not stay groups
  include(CheckLinkerFlag)
  set(joining -nostdlib)
  foreach(flag unique force-group-allocation)
    string(MAKE_C_IDENTIFIER ELMAN_LINKS_${flag} links)
    check_linker_flag(C "-r;-nostdlib;-Wl,--${flag}" ${links})
    if(${links})
      list(APPEND joining -Wl,--${flag})
    endif()
  endforeach()

  # for the same machine as everything else
  separate_arguments(compiler NATIVE_COMMAND "${CMAKE_C_COMPILER_ARG1}")
  list(PREPEND compiler ${CMAKE_C_COMPILER})
  string(REPLACE ";" " " machine "${given_words}")
  separate_arguments(machine NATIVE_COMMAND "${machine}")
  list(FILTER machine INCLUDE REGEX "^(-m|-B|-fuse-ld=|--target=|--sysroot=)")
  if(CMAKE_C_COMPILER_TARGET)
    list(APPEND machine --target=${CMAKE_C_COMPILER_TARGET})
  endif()

  # a build of several kinds has one of each
  set(joined ${CMAKE_CURRENT_BINARY_DIR}/elman.o)
  get_property(several GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
  if(several)
    set(joined ${CMAKE_CURRENT_BINARY_DIR}/$<CONFIG>/elman.o)
  endif()
  add_custom_command(OUTPUT ${joined}
    COMMAND ${compiler} ${machine} -r ${joining} -o ${joined}
      -Wl,--whole-archive $<TARGET_FILE:elman_rooms>
    COMMAND ${CMAKE_OBJCOPY} --wildcard --keep-global-symbol=elman_*
      --keep-global-symbol=_elman_* ${joined}
    DEPENDS elman_rooms VERBATIM)
  add_library(elman_static STATIC ${unasked} ${joined} ${member_objects})
  set_target_properties(elman_static PROPERTIES LINKER_LANGUAGE C)
endif()
set_target_properties(elman_static PROPERTIES OUTPUT_NAME elman)

target_compile_definitions(elman_static INTERFACE ELMAN_STATIC)
target_link_libraries(elman_static INTERFACE ${threads_word})

foreach(target elman_static elman_shared)
  target_include_directories(${target} INTERFACE
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
endforeach()

include(cmake/components.cmake)
