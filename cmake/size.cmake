# size.cmake: a program that only runs a model, with the kernels of any
# processor, with those and each other set, and with all that were built, for
# `make size` and its test.

set(infer ${elman_root}/tests/embed/infer.c)
add_executable(elman_infer_all EXCLUDE_FROM_ALL ${infer})
target_link_libraries(elman_infer_all PRIVATE elman_core)

# whether a program has the segments of a budget is decided by what it calls
foreach(way back forward)
  string(TOUPPER ${way} word)
  add_executable(elman_budget_${way} EXCLUDE_FROM_ALL
    ${elman_root}/tests/embed/budget.c)
  target_link_libraries(elman_budget_${way} PRIVATE elman_core)
  target_compile_definitions(elman_budget_${way} PRIVATE ${word})
endforeach()

# what ELMAN_ISAS leaves of the objects: a list of tables, and those in it
set(infer_programs "")
set(sized_isas base ${isas})
list(REMOVE_DUPLICATES sized_isas)
foreach(isa ${sized_isas})
  set(without ${known_isas})
  list(REMOVE_ITEM without ${isa})
  if("base" IN_LIST isas)
    list(REMOVE_ITEM without base)
  endif()
  set(other_kernels kernel/kernel kernel/train kernel/ref)
  foreach(other ${without})
    list(APPEND other_kernels kernel/isa/${other})
  endforeach()
  if(NOT isa STREQUAL avx512)
    list(APPEND other_kernels kernel/isa/avx512_half)
  endif()
  list(JOIN other_kernels "|" other_kernels)
  list(TRANSFORM without TOUPPER)
  list(TRANSFORM without PREPEND ELMAN_WITHOUT_)

  add_library(elman_kernel_${isa} OBJECT EXCLUDE_FROM_ALL
    src/kernel/kernel.c src/kernel/train.c)
  target_link_libraries(elman_kernel_${isa} PRIVATE elman_flags)
  target_compile_definitions(elman_kernel_${isa} PRIVATE ELMAN_SHARED
    ${without} ELMAN_WITHOUT_REF)

  set(program elman_infer_${isa})
  list(APPEND infer_programs ${program})
  add_executable(${program} EXCLUDE_FROM_ALL ${infer}
    $<TARGET_OBJECTS:elman_kernel_${isa}> $<TARGET_OBJECTS:elman_hidden>
    "$<FILTER:$<TARGET_OBJECTS:elman_objects>,EXCLUDE,/(${other_kernels})[.]c>")
  target_include_directories(${program} PRIVATE ${elman_root}/include)
  target_compile_definitions(${program} PRIVATE ELMAN_STATIC)
  target_link_libraries(${program} PRIVATE ${drop_words} ${math_words}
    ${threads_word})
endforeach()

# `make size`: all of them, and the library
list(TRANSFORM infer_programs REPLACE "(.+)" "$<TARGET_FILE:\\1>"
  OUTPUT_VARIABLE infer_files)
add_custom_target(elman_sizes
  COMMAND ${elman_root}/tools/size ${infer_files}
    $<TARGET_FILE:elman_infer_all> $<TARGET_FILE:elman_shared>
  DEPENDS ${infer_programs} elman_infer_all elman_shared
  USES_TERMINAL VERBATIM)
