# parts.cmake: programs of several parts of elman in every order, which link
# whatever CMake makes of the order.

# link_parts(SOURCE): a program of each two parts and each three, and of a part
# and a library that stands on another. Sets part_programs
function(link_parts source)
  set(part_programs "")
  set(parts core train exchange static)
  foreach(a ${parts})
    # what lies between elman and the program
    add_library(parts_on_${a} STATIC EXCLUDE_FROM_ALL ${source})
    target_compile_definitions(parts_on_${a} PRIVATE main=on_${a})
    target_link_libraries(parts_on_${a} PUBLIC elman::${a})
  endforeach()

  foreach(a ${parts})
    foreach(b ${parts})
      if(a STREQUAL b)
        continue()
      endif()
      link_program(elman::${a} elman::${b})
      link_program(elman::${a} parts_on_${b})
      link_program(parts_on_${a} elman::${b})
      foreach(c ${parts})
        if(NOT c STREQUAL a AND NOT c STREQUAL b)
          link_program(elman::${a} elman::${b} elman::${c})
        endif()
      endforeach()
    endforeach()
  endforeach()
  set(part_programs ${part_programs} PARENT_SCOPE)
endfunction()

# link_program(TARGET...): a program of SOURCE and these
macro(link_program)
  string(REGEX REPLACE "elman::|parts_" "" name "parts;${ARGN}")
  string(REPLACE ";" "_" name "${name}")
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE ${ARGN})
  list(APPEND part_programs ${name})
endmacro()
