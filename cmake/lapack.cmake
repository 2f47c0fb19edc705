# lapack.cmake: what gives eigenvalues (src/inspect/eigen.c). Where it is
# missing, the option turns off, and a spectrum says so. Adds to
# format_libraries, what an outside program needs besides the archive.

option(ELMAN_LAPACK "eigenvalues of recurrent matrices (needs LAPACKE)" ON)

if(ELMAN_LAPACK)
  if(PkgConfig_FOUND)
    pkg_check_modules(LAPACKE QUIET IMPORTED_TARGET lapacke)
  endif()
  if(LAPACKE_FOUND)
    list(APPEND format_libraries -llapacke)
  else()
    message(WARNING "no eigenvalues: they need the packages pkg-config and "
      "liblapacke-dev (tools/setup build)")
    set(ELMAN_LAPACK OFF)
  endif()
endif()
