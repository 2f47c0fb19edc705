# bench.cmake: what bench/count counts the instructions of. It is built when it
# is asked for, and with the tests, so that it keeps up with the kernels.

add_executable(elman_instructions EXCLUDE_FROM_ALL bench/instructions.c)
target_link_libraries(elman_instructions PRIVATE elman_rooms)
