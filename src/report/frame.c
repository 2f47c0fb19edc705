/*
 * frame.c: what every page begins and ends with.
 *
 * The policy (https://www.w3.org/TR/CSP3/) loads nothing and runs one script,
 * known by its hash: even if something foreign got into a page, it would be
 * text.
 */
#include "report/frame.h"

#include "report/asset.h"

#include <stdio.h>

static unsigned digit(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static void write_hash(page *p, const char *hexadecimal)
{
    unsigned char bytes[32];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(digit(hexadecimal[2 * i]) << 4 |
                                   digit(hexadecimal[2 * i + 1]));
    page_base64(p, bytes, sizeof bytes);
}

void frame_open(page *p, const char *title)
{
    page_write(p, "<!doctype html>\n<html lang=en>\n<head>\n<meta "
                  "charset=utf-8>\n<meta http-equiv=Content-Security-Policy "
                  "content=\"default-src 'none'; style-src 'unsafe-inline'; "
                  "script-src 'sha256-");
    write_hash(p, asset_page_js_sha256);
    page_write(p,
               "'; base-uri 'none'; form-action 'none'\">\n<meta "
               "name=viewport content=\"width=device-width, "
               "initial-scale=1\">\n<meta name=color-scheme "
               "content=\"light dark\">\n"
               "<title>@t</title>\n<style>\n@r@r</style>\n</head>\n<body>\n"
               "<div class=frame>\n",
               title, asset_figure_css, asset_page_css);
}

void frame_close(page *p)
{
    char version[NUMBER_ROOM];
    snprintf(version, sizeof version, "%d.%d.%d", ELMAN_VERSION_MAJOR,
             ELMAN_VERSION_MINOR, ELMAN_VERSION_PATCH);
    page_write(p,
               "<noscript><p>Heat maps and read-outs need the script of "
               "this page; the numbers are in the tables.</p></noscript>"
               "<footer>Made by elman @r. Steps, units and classes count "
               "from 0. Nothing in this page is loaded from elsewhere."
               "</footer></main>\n</div>\n<script>@r</script>\n</body>\n"
               "</html>\n",
               version, asset_page_js);
}
