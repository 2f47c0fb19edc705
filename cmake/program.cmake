# program.cmake: the program elman, and what it writes about itself: man pages
# and completion.

# the program knows elman.h alone, and the archive shows it nothing else
file(GLOB cli_sources CONFIGURE_DEPENDS cli/*.c)
if(WIN32)
  list(FILTER cli_sources EXCLUDE REGEX "/(system|process|bench_peer)_posix[.]c$")
else()
  list(FILTER cli_sources EXCLUDE REGEX
    "/(system|system_file|process|bench_peer)_windows[.]c$")
endif()
add_executable(elman_cli ${cli_sources})
set_target_properties(elman_cli PROPERTIES OUTPUT_NAME elman)
target_compile_options(elman_cli PRIVATE -ffp-contract=off ${elman_warnings})
target_compile_definitions(elman_cli PRIVATE ${elman_system})
target_link_libraries(elman_cli PRIVATE elman_whole m)
if(ELMAN_INSTALL)
  install(TARGETS elman_cli)
endif()

# the same program for several processes, where a compiler of MPI is found
option(ELMAN_MPI "the program elman-mpi (needs an MPI, as libopenmpi-dev)" ON)
if(ELMAN_MPI AND NOT WIN32 AND NOT CMAKE_CROSSCOMPILING)
  find_package(MPI QUIET COMPONENTS C)
endif()
if(TARGET MPI::MPI_C)
  set(mpi_sources ${cli_sources})
  list(FILTER mpi_sources EXCLUDE REGEX "/main[.]c$")
  add_executable(elman_mpi ${mpi_sources} cli/mpi/main.c
    cli/mpi/begun.c cli/mpi/neighbours.c cli/mpi/transport.c)
  set_target_properties(elman_mpi PROPERTIES OUTPUT_NAME elman-mpi)
  target_compile_options(elman_mpi PRIVATE -ffp-contract=off ${elman_warnings})
  target_compile_definitions(elman_mpi PRIVATE ${elman_system})
  target_link_libraries(elman_mpi PRIVATE elman_whole m MPI::MPI_C)
  if(ELMAN_INSTALL)
    install(TARGETS elman_mpi)
  endif()
elseif(ELMAN_MPI)
  message(NOTICE "elman: no elman-mpi: it needs an MPI, as libopenmpi-dev "
    "brings; -DELMAN_MPI=OFF says that this is meant")
endif()

# the build runs the program, so not when it is made for another machine
if(NOT CMAKE_CROSSCOMPILING)
  set(pages man/elman.1)
  set(write_pages COMMAND elman_cli --dump-man > man/elman.1)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS cli/commands.h)
  file(STRINGS cli/commands.h rows REGEX "_command;$")
  if(TARGET elman_mpi)
    list(APPEND pages man/elman-mpi.1)
    list(APPEND write_pages COMMAND elman_cli --dump-man mpi > man/elman-mpi.1)
  endif()
  foreach(row ${rows})
    string(REGEX MATCH "([a-z]+)_command" found ${row})
    set(page man/elman-${CMAKE_MATCH_1}.1)
    list(APPEND pages ${page})
    list(APPEND write_pages
      COMMAND elman_cli --dump-man ${CMAKE_MATCH_1} > ${page})
  endforeach()
  file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/man
    ${PROJECT_BINARY_DIR}/completion)

  # each shell has a folder and a file name of its own
  set(completions completion/elman completion/_elman completion/elman.fish)
  add_custom_command(OUTPUT ${pages} ${completions}
    ${write_pages}
    COMMAND elman_cli --dump-completion bash > completion/elman
    COMMAND elman_cli --dump-completion zsh > completion/_elman
    COMMAND elman_cli --dump-completion fish > completion/elman.fish
    DEPENDS elman_cli VERBATIM)
  add_custom_target(elman_pages ALL DEPENDS ${pages} ${completions})

  if(ELMAN_INSTALL)
    install(DIRECTORY ${PROJECT_BINARY_DIR}/man/
      DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
    install(FILES ${PROJECT_BINARY_DIR}/completion/elman
      DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
    install(FILES ${PROJECT_BINARY_DIR}/completion/_elman
      DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
    install(FILES ${PROJECT_BINARY_DIR}/completion/elman.fish
      DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)

    # shells that look for a file of the command's name find the same there
    if(TARGET elman_mpi)
      install(FILES ${PROJECT_BINARY_DIR}/completion/elman RENAME elman-mpi
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
      install(FILES ${PROJECT_BINARY_DIR}/completion/elman.fish
        RENAME elman-mpi.fish
        DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
    endif()
  endif()
endif()
