# elmanExtra.cmake: whether elman has the components that find_package asks for,
# in the installed package, and where FetchContent answers find_package.
foreach(component ${elman_FIND_COMPONENTS})
  if(TARGET elman::${component})
    set(elman_${component}_FOUND TRUE)
  elseif(elman_FIND_REQUIRED_${component})
    set(elman_FOUND FALSE)
    string(CONCAT elman_NOT_FOUND_MESSAGE "elman has no component "
      "${component}, only core, train, exchange, static and shared")
  endif()
endforeach()
