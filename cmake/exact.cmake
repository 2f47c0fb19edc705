# exact.cmake: refuses flags that take the same bits away (docs/NUMERICS.md),
# wherever the build or a project around it wrote them. base/exact.h refuses
# those that a compiler tells of.

# elman_refuse_inexact(WORDS...): the first such flag ends the configuration
function(elman_refuse_inexact)
  set(inexact fast-math finite-math-only unsafe-math-optimizations
    associative-math reciprocal-math no-signed-zeros single-precision-constant
    fp-model=fast fp-model=aggressive approx-func
    denormal-fp-math=preserve-sign denormal-fp-math=positive-zero)
  list(JOIN inexact "|" inexact)
  string(REGEX REPLACE "[ \t]+" ";" words "${ARGN}")
  foreach(word ${words})
    # in a generator expression a flag does not stand alone
    if(word MATCHES
        "(^|[^a-z])(-f(${inexact})|-Ofast|-mdaz-ftz|/fp:fast)($|[^a-z-])")
      message(FATAL_ERROR "elman: ${CMAKE_MATCH_2} is among the flags of the "
        "compiler. The library gives the same bits on every machine, and with "
        "this flag it would not: sums are taken in another order, NaN and -0 "
        "count as absent. Take it out for the library; programs that use it "
        "may have it: set it for their targets (target_compile_options) "
        "instead of CMAKE_C_FLAGS or add_compile_options")
    endif()
  endforeach()
endfunction()

# what the library is compiled and linked with before it says a word itself
get_directory_property(options COMPILE_OPTIONS)
get_directory_property(link_options LINK_OPTIONS)
set(given_words "${CMAKE_C_COMPILER_ARG1} ${CMAKE_C_FLAGS}" ${options}
  ${link_options})
set(types ${CMAKE_BUILD_TYPE} ${CMAKE_CONFIGURATION_TYPES})
foreach(flags C_FLAGS SHARED_LINKER_FLAGS EXE_LINKER_FLAGS)
  if(NOT flags STREQUAL C_FLAGS)
    list(APPEND given_words "${CMAKE_${flags}}")
  endif()
  foreach(type ${types})
    string(TOUPPER "CMAKE_${flags}_${type}" variable)
    list(APPEND given_words "${${variable}}")
  endforeach()
endforeach()
elman_refuse_inexact("${given_words}")

# and what a project around this one says of our targets later
function(elman_refuse_later)
  foreach(target elman_objects elman_hidden elman_exported elman_flags
      elman_shared)
    foreach(property COMPILE_OPTIONS COMPILE_FLAGS LINK_OPTIONS LINK_FLAGS
        INTERFACE_COMPILE_OPTIONS)
      get_target_property(words ${target} ${property})
      if(words)
        elman_refuse_inexact("${words}")
      endif()
    endforeach()
  endforeach()
endfunction()
cmake_language(DEFER DIRECTORY ${CMAKE_SOURCE_DIR} CALL elman_refuse_later)
