# sources.cmake: what the library is made of and how each file is compiled.
# Sets elman_sources and makes the target elman_flags; the folder of the project
# is elman_root.

if(CMAKE_C_BYTE_ORDER STREQUAL BIG_ENDIAN)
  message(FATAL_ERROR "elman: ${CMAKE_SYSTEM_PROCESSOR} is big-endian, and bytes "
    "of files are taken for numbers as they are: build for a little-endian one")
endif()

file(GLOB elman_sources CONFIGURE_DEPENDS
  ${elman_root}/src/*.c ${elman_root}/src/*/*.c)

# what differs from system to system: one file each of them
if(WIN32)
  list(FILTER elman_sources EXCLUDE REGEX "_posix[.]c$")
else()
  list(FILTER elman_sources EXCLUDE REGEX "_windows[.]c$")
endif()

include(${elman_root}/cmake/assets.cmake)

# what needs another's library, or what stands in for it (need.cmake)
if(ELMAN_ONNX)
  list(FILTER elman_sources EXCLUDE REGEX "/format/onnx_absent[.]c$")
else()
  list(FILTER elman_sources EXCLUDE REGEX "/format/onnx_[a-z]+[.]c$")
  list(APPEND elman_sources ${elman_root}/src/format/onnx_absent.c)
endif()
if(ELMAN_ZIP)
  list(FILTER elman_sources EXCLUDE REGEX "/format/archive_absent[.]c$")
else()
  list(FILTER elman_sources EXCLUDE REGEX "/format/(archive|inflate|zip)[.]c$")
endif()
if(ELMAN_LAPACK)
  list(FILTER elman_sources EXCLUDE REGEX "/inspect/eigen_absent[.]c$")
else()
  list(FILTER elman_sources EXCLUDE REGEX "/inspect/eigen[.]c$")
endif()

# one file per instruction set, with that set's flags and nobody else's. -O3
# because clang leaves some vectors scalar below it. Fuzzing is for readers: the
# kernels go unwatched there, or they alone would take clang two minutes
set(kernel_options -O3)
if(ELMAN_FUZZ)
  list(APPEND kernel_options -fno-sanitize=all)
endif()
set(small $<$<CONFIG:Release>:$<IF:$<C_COMPILER_ID:GNU>,-Os,-Oz>>)
set(known_isas base)
set(x86_options "")
foreach(isa base avx2 avx512 neon)
  set(${isa}_options "")
endforeach()
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64|i.86" AND
   CMAKE_SIZEOF_VOID_P EQUAL 4)
  # without SSE sums are rounded later, and to other bits
  set(x86_options -msse2 -mfpmath=sse)
  set(base_options -O2 ${small})
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  list(APPEND known_isas avx2 avx512)
  # it has no fused multiply-add: small, for it is slow anyway
  set(base_options -O2 ${small})
  set(avx2_options -mavx2 -mfma)
  set(avx512_options -mavx512f -mavx512vl -mavx512dq -mavx512bw -mfma
    -mprefer-vector-width=512)
  set(avx512_more ${elman_root}/src/kernel/isa/avx512_half.c)
  if(MINGW AND CMAKE_C_COMPILER_ID STREQUAL GNU)
    # it trusts the stack to lie at multiples of 32, where Windows promises 16
    list(APPEND avx2_options -Wa,-muse-unaligned-vector-move)
    list(APPEND avx512_options -Wa,-muse-unaligned-vector-move)
  endif()
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
  list(APPEND known_isas neon)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^arm")
  # the bits need it; where it is not an instruction it is worked out
  include(CheckCSourceCompiles)
  set(CMAKE_REQUIRED_QUIET ON)
  string(REPLACE ";" " " CMAKE_REQUIRED_FLAGS "${options}")
  unset(ELMAN_HAS_FMA CACHE)
  check_c_source_compiles("#ifndef __ARM_FEATURE_FMA
    #error none
    #endif
    int main(void) { return 0; }" ELMAN_HAS_FMA)
  unset(CMAKE_REQUIRED_FLAGS)
  unset(CMAKE_REQUIRED_QUIET)
  if(NOT ELMAN_HAS_FMA)
    message(NOTICE "elman: no instruction for a fused multiply-add: each takes "
      "several operations, to the same bits; a processor with VFPv4 (Cortex-A5, "
      "A7, A15 and later) has one, and -DCMAKE_C_FLAGS=-mfpu=vfpv4 uses it")
  endif()
endif()

set(ELMAN_ISAS "" CACHE STRING
  "instruction sets of the kernels, of base, avx2, avx512, neon; empty: all")
set(isas ${ELMAN_ISAS})
if(NOT isas)
  set(isas ${known_isas})
endif()
foreach(isa ${isas})
  if(NOT isa IN_LIST known_isas)
    list(JOIN known_isas ", " all)
    message(FATAL_ERROR "elman: ELMAN_ISAS names ${isa}; "
      "for ${CMAKE_SYSTEM_PROCESSOR} there are ${all}")
  endif()
endforeach()
if(NOT isas MATCHES "base|neon")
  list(PREPEND isas base) # what every processor runs
endif()

# the list of tables leaves out what is not built; where somebody chose, also
# the reference, which ELMAN_ISA=ref asks for
set(without "")
if(ELMAN_ISAS)
  set(without ELMAN_WITHOUT_REF)
endif()
foreach(isa ${known_isas})
  set(source ${elman_root}/src/kernel/isa/${isa}.c)
  set_source_files_properties(${source} ${${isa}_more} PROPERTIES
    COMPILE_OPTIONS "${kernel_options};${${isa}_options}")
  if(isa IN_LIST isas)
    list(APPEND elman_sources ${source} ${${isa}_more})
  else()
    string(TOUPPER ELMAN_WITHOUT_${isa} word)
    list(APPEND without ${word})
  endif()
endforeach()
file(GLOB kernel_sources CONFIGURE_DEPENDS ${elman_root}/src/kernel/*.c)
set_source_files_properties(${kernel_sources} PROPERTIES
  COMPILE_OPTIONS "${kernel_options}")
set_source_files_properties(${elman_root}/src/kernel/kernel.c
  ${elman_root}/src/kernel/train.c PROPERTIES
  COMPILE_DEFINITIONS "${without}")

# what runs once for a model, a state or a file of weights is made small: it is
# two thirds of a program that only runs a model, and none of its time
set(once "")
foreach(name base/deal base/kind base/memory base/status base/system* base/thread format/file
    format/json format/own format/safetensors format/tensor layer/choice
    layer/init layer/layer layer/recurrent layer/recurrent_cost
    layer/recurrent_plan model/batch model/chunks model/config* model/copy
    model/hash model/model model/save model/segments* model/state*
    model/view model/weight_source)
  list(APPEND once ${elman_root}/src/${name}.c)
endforeach()
file(GLOB once ${once})
set_property(SOURCE ${once} APPEND PROPERTY COMPILE_OPTIONS
  ${small})

# clang unrolls loops where gcc does not: the instruction sets gain by it alone
if(CMAKE_C_COMPILER_ID MATCHES "Clang" AND NOT MSVC)
  set(plain_sources ${elman_sources})
  list(FILTER plain_sources EXCLUDE REGEX "/kernel/isa/")
  set_property(SOURCE ${plain_sources} APPEND PROPERTY COMPILE_OPTIONS
    -fno-unroll-loops)
endif()

# gcc 12 for 64-bit ARM dies of some sums in double ("internal compiler error: in
# vect_transform_reduction"): library, program, tests and examples do without its
# vectorizer, and the kernels' vectors are written out anyway
if(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64" AND
   CMAKE_C_COMPILER_ID STREQUAL GNU AND CMAKE_C_COMPILER_VERSION VERSION_LESS 13)
  add_compile_options(-fno-tree-vectorize)
endif()

# 32-bit Linux: files over 2 GB, inodes of 64 bits and times after 2038
set(elman_system _GNU_SOURCE)
if(CMAKE_SIZEOF_VOID_P EQUAL 4)
  list(APPEND elman_system _FILE_OFFSET_BITS=64 _TIME_BITS=64)
endif()

# what every object is compiled with. Fusing is only by the word vf_fma, or two
# compilers would give different bits
set(elman_warnings -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wvla
  $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes>
  $<$<COMPILE_LANGUAGE:C>:-Wmissing-prototypes>
  $<$<BOOL:${ELMAN_STRICT}>:-Werror>)
if(MINGW AND CMAKE_C_COMPILER_ID STREQUAL GNU)
  # it takes our own printf-like functions for those of Windows, and its isnan
  # converts a double to float in a branch that is not taken
  list(APPEND elman_warnings -Wno-format -Wno-float-conversion)
endif()
if(WIN32)
  # Windows 10, and a printf that knows %zu
  list(APPEND elman_system _WIN32_WINNT=0x0A00 WIN32_LEAN_AND_MEAN
    NOMINMAX __USE_MINGW_ANSI_STDIO=1)
endif()
add_library(elman_flags INTERFACE)
target_compile_options(elman_flags INTERFACE
  -ffp-contract=off -fno-math-errno -fno-lto -ffunction-sections
  -fdata-sections ${x86_options} ${elman_warnings})
target_include_directories(elman_flags INTERFACE
  ${elman_root}/include ${elman_root}/src)
target_include_directories(elman_flags SYSTEM INTERFACE ${needed_folders})
target_compile_definitions(elman_flags INTERFACE ${elman_system})
if(NOT WIN32)
  target_link_libraries(elman_flags INTERFACE Threads::Threads)
endif()
target_link_libraries(elman_flags INTERFACE m)
