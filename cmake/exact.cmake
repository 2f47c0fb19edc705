# exact.cmake: refuses flags that take the same bits away (docs/NUMERICS.md),
# wherever the build or a project around it wrote them. base/exact.h refuses
# those that a compiler tells of.

get_directory_property(options COMPILE_OPTIONS)
get_directory_property(link_options LINK_OPTIONS)
set(words "${CMAKE_C_FLAGS};${options};${link_options}")
foreach(variable CMAKE_SHARED_LINKER_FLAGS CMAKE_EXE_LINKER_FLAGS)
  list(APPEND words "${${variable}}")
endforeach()
foreach(type ${CMAKE_BUILD_TYPE} ${CMAKE_CONFIGURATION_TYPES})
  string(TOUPPER "CMAKE_C_FLAGS_${type}" variable)
  list(APPEND words "${${variable}}")
endforeach()
string(REGEX REPLACE "[ \t]+" ";" words "${words}")

# in a generator expression a flag does not stand alone
set(inexact fast-math finite-math-only unsafe-math-optimizations
  associative-math reciprocal-math no-signed-zeros fp-model=fast
  fp-model=aggressive approx-func)
list(JOIN inexact "|" inexact)
foreach(word ${words})
  if(word MATCHES "(^|[^a-z])(-f(${inexact})|-Ofast|/fp:fast)($|[^a-z-])")
    message(FATAL_ERROR "elman: ${CMAKE_MATCH_2} is among the flags of the "
      "compiler. The library gives the same bits on every machine, and with "
      "this flag it would not: sums are taken in another order, NaN and -0 "
      "count as absent. Take it out for the library; programs that use it may "
      "have it: set it for their targets (target_compile_options) instead of "
      "CMAKE_C_FLAGS or add_compile_options")
  endif()
endforeach()
