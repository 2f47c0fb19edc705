/*
 * pace.h: builds under a sanitizer or without optimization run the kernels
 * twenty times slower; there, long tests take one in PACE of their cases.
 */
#ifndef TESTS_PACE_H
#define TESTS_PACE_H

#if !defined __OPTIMIZE__ || defined __SANITIZE_ADDRESS__ ||                   \
    defined __SANITIZE_THREAD__
#define SLOW_BUILD 1
#elif defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SLOW_BUILD 1
#endif
#endif

#ifdef SLOW_BUILD
enum { PACE = 10 };
#else
enum { PACE = 1 };
#endif

#endif
