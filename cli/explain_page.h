/* explain_page.h: the parts of a page that are always the same, line by line;
 * NULL ends each. */
#ifndef EXPLAIN_PAGE_H
#define EXPLAIN_PAGE_H

extern const char *const page_style[];
extern const char *const page_body[];
extern const char *const page_script[];

#endif
