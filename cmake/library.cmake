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
  target_link_libraries(elman_flags INTERFACE PkgConfig::PROTOBUF_C)
endif()

# what reads zip files
if(ELMAN_ZIP)
  target_link_libraries(elman_flags INTERFACE PkgConfig::LIBZIP)
endif()

# what gives eigenvalues
if(ELMAN_LAPACK)
  target_link_libraries(elman_flags INTERFACE PkgConfig::LAPACKE)
endif()

# what tools/check_abi reads: the types of the public functions; in DWARF 4, as
# abidw does not see in which file clang's DWARF 5 declares a type
if(ELMAN_STRICT)
  file(GLOB public_sources CONFIGURE_DEPENDS src/api/*.c)
  set_source_files_properties(${public_sources} src/base/status.c PROPERTIES
    COMPILE_OPTIONS -gdwarf-4)
endif()

add_library(elman_objects OBJECT ${elman_sources})
target_link_libraries(elman_objects PUBLIC elman_flags)

add_library(elman_rooms STATIC $<TARGET_OBJECTS:elman_objects>)
target_link_libraries(elman_rooms PUBLIC elman_flags)

# what an outside program needs besides the archive: these words also go into
# elman.pc
set(static_libraries ${format_libraries} -pthread -lm)

add_library(elman_shared SHARED $<TARGET_OBJECTS:elman_objects>)
target_link_libraries(elman_shared PRIVATE elman_flags)

# what may break a program has another name: before 1.0 each minor version
set(soversion ${PROJECT_VERSION_MAJOR})
if(soversion EQUAL 0)
  string(APPEND soversion ".${PROJECT_VERSION_MINOR}")
endif()
set_target_properties(elman_shared PROPERTIES OUTPUT_NAME elman
  VERSION ${PROJECT_VERSION} SOVERSION ${soversion})
if(NOT ELMAN_SANITIZE)
  target_link_options(elman_shared PRIVATE -Wl,-z,defs)
endif()

# the archive holds one object, whose hidden symbols are made local: a program
# that links it meets no name but elman.h's. Sanitizers and coverage keep names
# of their own in each object, so there it is a plain archive
if(ELMAN_SANITIZE OR ELMAN_COVER)
  add_library(elman_static STATIC $<TARGET_OBJECTS:elman_objects>)
else()
  # 32-bit x86 shares hidden functions in groups, which must not stay groups
  set(ungroup $<$<EQUAL:${CMAKE_SIZEOF_VOID_P},4>:-Wl,--force-group-allocation>)
  add_custom_command(OUTPUT elman.o
    COMMAND ${CMAKE_C_COMPILER} -r -nostdlib ${ungroup} -o elman.o
      $<TARGET_OBJECTS:elman_objects>
    COMMAND ${CMAKE_OBJCOPY} --localize-hidden elman.o
    DEPENDS elman_objects $<TARGET_OBJECTS:elman_objects>
    COMMAND_EXPAND_LISTS VERBATIM)
  add_library(elman_static STATIC elman.o)
  set_target_properties(elman_static PROPERTIES LINKER_LANGUAGE C)
endif()
set_target_properties(elman_static PROPERTIES OUTPUT_NAME elman)
target_link_libraries(elman_static INTERFACE ${static_libraries})

foreach(target elman_static elman_shared)
  target_include_directories(${target} INTERFACE
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
endforeach()
set_target_properties(elman_static PROPERTIES EXPORT_NAME elman_static)
set_target_properties(elman_shared PROPERTIES EXPORT_NAME elman)
