# formats.cmake: formats whose readers stand on another's library. Each has an
# option; where the library is missing, the option turns off, and opening such
# a file says so. Fills format_libraries, what an outside program needs besides
# the archive.

option(ELMAN_ONNX "read and write ONNX (needs protobuf-c)" ON)
option(ELMAN_ZIP "read .pt, .pth and .npz (needs libzip)" ON)

find_package(PkgConfig QUIET)
set(format_libraries "")

if(ELMAN_ONNX)
  if(PkgConfig_FOUND)
    pkg_check_modules(PROTOBUF_C QUIET IMPORTED_TARGET libprotobuf-c>=1.4)
  endif()
  find_program(PROTOC_C protoc-c)
  if(PROTOBUF_C_FOUND AND PROTOC_C)
    list(APPEND format_libraries -lprotobuf-c)
  else()
    message(WARNING "no ONNX: it needs the packages pkg-config, "
      "libprotobuf-c-dev and protobuf-c-compiler (tools/setup build)")
    set(ELMAN_ONNX OFF)
  endif()
endif()

if(ELMAN_ZIP)
  if(PkgConfig_FOUND)
    pkg_check_modules(LIBZIP QUIET IMPORTED_TARGET libzip>=1.5)
  endif()
  if(LIBZIP_FOUND)
    list(APPEND format_libraries -lzip)
  else()
    message(WARNING "no .pt, .pth and .npz: they need the packages pkg-config "
      "and libzip-dev (tools/setup build)")
    set(ELMAN_ZIP OFF)
  endif()
endif()
