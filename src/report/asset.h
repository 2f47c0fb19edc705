/*
 * asset.h: page.css, figure.css and page.js as text; cmake/assets.cmake makes
 * arrays of them.
 */
#ifndef REPORT_ASSET_H
#define REPORT_ASSET_H

extern const char asset_page_css[], asset_figure_css[], asset_page_js[];

/* SHA-256 of page.js in hexadecimal digits, by which a page allows it alone to
 * run. */
extern const char asset_page_js_sha256[];

#endif
