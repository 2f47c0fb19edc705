/* difference.c: walks down both texts while one member differs. */
#include "learn/difference.h"

#include <stdio.h>
#include <string.h>

/* A value in a text, and its key in an object, without quotes; at is NULL where
 * there is none. */
typedef struct piece {
    const char *key, *at;
    size_t key_size, size;
} piece;

/* The bytes of the value that begins at at, up to the end of the text. */
static size_t value_size(const char *at)
{
    size_t n = 0, depth = 0;
    for (bool quoted = false; at[n]; n++) {
        char c = at[n];
        if (c == '"') quoted = !quoted;
        else if (quoted && c == '\\' && at[n + 1]) n++;
        if (quoted || c == '"') continue;

        /* what ends the value belongs to the one around it */
        if (depth == 0 && strchr(",]}", c)) break;
        if (c == '{' || c == '[') depth++;
        else if (c == ']' || c == '}') depth--;
    }
    return n;
}

static bool has_members(piece p)
{
    return p.at && (*p.at == '{' || *p.at == '[');
}

/* The first member of a list or object, or the one behind another; at NULL
 * behind the last. */
static piece next_member(piece whole, const piece *last)
{
    const char *at = last ? last->at + last->size : whole.at + 1;
    piece p = {0};
    if (last && *at == ',') at++;
    else if (last) return p;
    if (!*at || *at == '}' || *at == ']') return p;

    if (*whole.at == '{') {
        p.key = at + (*at == '"');
        p.key_size = strcspn(p.key, "\"");
        at = p.key + p.key_size;
        at += *at == '"';
        at += *at == ':';
    }
    p.at = at;
    p.size = value_size(at);
    return p;
}

static bool same_text(const char *a, size_t a_size, const char *b,
                      size_t b_size)
{
    return a_size == b_size && !memcmp(a, b, a_size);
}

/* The member of whole that stands for one of another text: that of its key, or
 * the one at its place. */
static piece counterpart(piece whole, piece of, size_t place)
{
    piece p = next_member(whole, NULL);
    for (size_t i = 0; p.at; i++, p = next_member(whole, &p)) {
        if (of.key ? p.key && same_text(p.key, p.key_size, of.key, of.key_size)
                   : i == place)
            break;
    }
    return p;
}

/* The first member of one that the other has otherwise, or not at all; the
 * place of it in a list, from 1. 0: all are the same. */
static size_t differing_member(piece one, piece other, piece *mine,
                               piece *theirs)
{
    size_t place = 0;
    for (*mine = next_member(one, NULL); mine->at;
         *mine = next_member(one, mine)) {
        *theirs = counterpart(other, *mine, place++);
        if (!theirs->at ||
            !same_text(mine->at, mine->size, theirs->at, theirs->size))
            return place;
    }
    return 0;
}

static size_t member_count(piece whole)
{
    size_t count = 0;
    for (piece p = next_member(whole, NULL); p.at; p = next_member(whole, &p))
        count++;
    return count;
}

/* A member in words, of which the other text may have none. */
static void describe(piece p, piece other, piece list,
                     char words[DIFFERENCE_TEXT])
{
    piece named = p.key ? p : other.key ? other : list;
    int most = named.key_size < 40 ? (int)named.key_size : 40;
    size_t used = (size_t)snprintf(
        words, DIFFERENCE_TEXT, "%s%.*s%s", p.at ? "" : "no ", most,
        named.key ? named.key : "", p.at && most ? " " : "");

    for (size_t i = 0; i < p.size && used < DIFFERENCE_TEXT - 1; i++)
        if (p.at[i] != '"') words[used++] = p.at[i] == ':' ? ' ' : p.at[i];
    words[used] = '\0';
}

/* "3 layers": of lists of which one is longer. */
static void describe_count(piece list, char words[DIFFERENCE_TEXT])
{
    snprintf(words, DIFFERENCE_TEXT, "%zu %.*s", member_count(list),
             list.key_size < 40 ? (int)list.key_size : 40,
             list.key ? list.key : "");
}

bool difference_find(const char *old, const char *now,
                     char had[DIFFERENCE_TEXT], char has[DIFFERENCE_TEXT])
{
    if (!strcmp(old, now)) return false;
    piece a = {.at = old, .size = strlen(old)};
    piece b = {.at = now, .size = strlen(now)}, list = {0};
    size_t layer = 0;

    /* down to what has no members in common, or to a value of a layer */
    while (has_members(a) && has_members(b) && *a.at == *b.at &&
           !(layer && a.key)) {
        bool listed = *a.at == '[';
        if (listed && member_count(a) != member_count(b)) {
            describe_count(a, had);
            describe_count(b, has);
            return true;
        }

        piece mine, theirs;
        size_t n = differing_member(b, a, &theirs, &mine);
        if (!n && !differing_member(a, b, &mine, &theirs)) break;
        if (listed) list = a;
        if (listed && theirs.at && *theirs.at == '{') layer = n;
        a = mine;
        b = theirs;
    }

    describe(a, b, list, had);
    describe(b, a, list, has);
    size_t used = strlen(had);
    if (layer)
        snprintf(had + used, DIFFERENCE_TEXT - used, " in layer %zu", layer);
    return true;
}
