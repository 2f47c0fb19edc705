# size.cmake: a program that only runs a model, with the kernels of any
# processor and with all that were built, for `make size` and its test.

set(infer ${elman_root}/tests/embed/infer.c)
add_executable(elman_infer_all EXCLUDE_FROM_ALL ${infer})
target_link_libraries(elman_infer_all PRIVATE elman_core)

# what ELMAN_ISAS=base leaves of the objects: one table, and a list of one
set(without ${known_isas})
list(REMOVE_ITEM without base)
list(TRANSFORM without TOUPPER)
list(TRANSFORM without PREPEND ELMAN_WITHOUT_)
set(other_kernels "/kernel/(kernel|train|ref|isa/(avx2|avx512|neon))[.]c")
add_library(elman_kernel_base OBJECT EXCLUDE_FROM_ALL
  src/kernel/kernel.c src/kernel/train.c)
target_link_libraries(elman_kernel_base PRIVATE elman_flags)
target_compile_definitions(elman_kernel_base PRIVATE ELMAN_SHARED ${without}
  ELMAN_WITHOUT_REF)

add_executable(elman_infer_base EXCLUDE_FROM_ALL ${infer}
  $<TARGET_OBJECTS:elman_kernel_base> $<TARGET_OBJECTS:elman_hidden>
  "$<FILTER:$<TARGET_OBJECTS:elman_objects>,EXCLUDE,${other_kernels}>")
target_include_directories(elman_infer_base PRIVATE ${elman_root}/include)
target_compile_definitions(elman_infer_base PRIVATE ELMAN_STATIC)
target_link_libraries(elman_infer_base PRIVATE ${drop_words} ${math_words}
  ${threads_word})
