# assets.cmake: style and script of the report page as arrays of C, made again
# when a file changes. Appends to elman_sources.

set(asset_text "/* made by cmake/assets.cmake */\n#include \"report/asset.h\"\n")
foreach(name page.css figure.css page.js)
  set(path ${elman_root}/src/report/${name})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})

  file(READ ${path} bytes HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
  string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n" bytes
    "${bytes}")
  string(MAKE_C_IDENTIFIER ${name} symbol)
  string(APPEND asset_text "const char asset_${symbol}[] = {\n${bytes}0};\n")
endforeach()
file(SHA256 ${elman_root}/src/report/page.js hash)
string(APPEND asset_text "const char asset_page_js_sha256[] = \"${hash}\";\n")

# written only if it changed, so that nothing is compiled twice
set(asset_source ${CMAKE_CURRENT_BINARY_DIR}/generated/report/asset.c)
file(CONFIGURE OUTPUT ${asset_source} CONTENT "${asset_text}" @ONLY)
list(APPEND elman_sources ${asset_source})
