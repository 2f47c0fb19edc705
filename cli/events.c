/*
 * events.c: see events.h. The messages are those of tensorboard/compat/proto
 * (event, summary, tensor) and of plugins/hparams; fields are written by their
 * numbers.
 */
#include "events.h"
#include "output.h"
#include "screen.h"
#include "system.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- Bytes --------------------------------------------------------------- */

/* A message that is being made. */
typedef struct message {
    char *bytes;
    size_t count, room;
    bool failed; /* no memory */
} message;

static void put(message *to, const void *bytes, size_t count)
{
    if (to->failed) return;
    if (to->count + count > to->room) {
        size_t room = 2 * (to->count + count) + 64;
        char *wider = realloc(to->bytes, room);
        to->failed = !wider;
        if (!wider) return;
        to->bytes = wider;
        to->room = room;
    }
    if (count) memcpy(to->bytes + to->count, bytes, count);
    to->count += count;
}

static void put_varint(message *to, uint64_t number)
{
    unsigned char byte;
    do {
        byte = (unsigned char)((number & 0x7F) | (number > 0x7F ? 0x80 : 0));
        put(to, &byte, 1);
        number >>= 7;
    } while (number);
}

/* How a field is written. */
enum { VARINT = 0, EIGHT_BYTES = 1, LENGTH = 2, FOUR_BYTES = 5 };

static void put_key(message *to, unsigned field, unsigned type)
{
    put_varint(to, field << 3 | type);
}

static void put_whole(message *to, unsigned field, uint64_t number)
{
    put_key(to, field, VARINT);
    put_varint(to, number);
}

/* Little-endian, whatever the machine is. */
static void put_bits(message *to, uint64_t bits, size_t count)
{
    unsigned char bytes[8];
    for (size_t n = 0; n < count; n++)
        bytes[n] = (unsigned char)(bits >> 8 * n);
    put(to, bytes, count);
}

static uint64_t bits_of(double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    return bits;
}

static void put_double(message *to, unsigned field, double number)
{
    put_key(to, field, EIGHT_BYTES);
    put_bits(to, bits_of(number), 8);
}

static void put_float(message *to, unsigned field, double number)
{
    float narrow = (float)number;
    uint32_t bits;
    memcpy(&bits, &narrow, sizeof bits);
    put_key(to, field, FOUR_BYTES);
    put_bits(to, bits, 4);
}

static void put_bytes(message *to, unsigned field, const void *bytes,
                      size_t count)
{
    put_key(to, field, LENGTH);
    put_varint(to, count);
    put(to, bytes, count);
}

static void put_text(message *to, unsigned field, const char *text)
{
    put_bytes(to, field, text, strlen(text));
}

/* A message as a field of another; it is freed. */
static void put_message(message *to, unsigned field, message *inner)
{
    to->failed = to->failed || inner->failed;
    if (!inner->failed) put_bytes(to, field, inner->bytes, inner->count);
    free(inner->bytes);
    *inner = (message){0};
}

static void put_doubles(message *to, unsigned field, const double *numbers,
                        size_t count)
{
    put_key(to, field, LENGTH);
    put_varint(to, 8 * count);
    for (size_t n = 0; n < count; n++)
        put_bits(to, bits_of(numbers[n]), 8);
}

/* ---- Records ------------------------------------------------------------- */

uint32_t crc32c(const void *bytes, size_t count)
{
    static uint32_t table[256];
    if (!table[1])
        for (uint32_t n = 0; n < 256; n++) {
            uint32_t sum = n;
            for (int bit = 0; bit < 8; bit++)
                sum = sum >> 1 ^ (sum & 1 ? 0x82F63B78u : 0);
            table[n] = sum;
        }

    uint32_t sum = ~0u;
    const unsigned char *at = bytes;
    for (size_t n = 0; n < count; n++)
        sum = sum >> 8 ^ table[(sum ^ at[n]) & 0xFF];
    return ~sum;
}

/* A sum of bytes that hold sums themselves is masked. */
static uint32_t masked(const void *bytes, size_t count)
{
    uint32_t sum = crc32c(bytes, count);
    return (sum >> 15 | sum << 17) + 0xA282EAD8u;
}

/* The first reason is the one that is told. */
static void events_fail(events *to, int reason)
{
    if (!to->failed) to->reason = reason;
    to->failed = true;
}

static void write_record(events *to, const message *event)
{
    message frame = {0};
    put_bits(&frame, event->count, 8);
    put_bits(&frame, masked(frame.bytes, frame.failed ? 0 : 8), 4);
    put(&frame, event->bytes, event->count);
    put_bits(&frame, masked(event->bytes, event->count), 4);

    if (frame.failed) events_fail(to, ENOMEM);
    else if (fwrite(frame.bytes, 1, frame.count, to->file) != frame.count)
        events_fail(to, errno);
    free(frame.bytes);
}

/* An event of a step with one value, or with the version of the file. */
static void write_event(events *to, uint64_t step, message *value,
                        const char *version)
{
    message event = {0}, summary = {0};
    put_double(&event, 1, seconds_since_1970());
    put_whole(&event, 2, step);
    if (version) put_text(&event, 3, version);
    if (value) {
        put_message(&summary, 1, value);
        put_message(&event, 5, &summary);
    }

    if (event.failed) events_fail(to, ENOMEM);
    else if (!to->failed) write_record(to, &event);
    free(event.bytes);
}

/* Makes a folder and those above it. */
static bool make_folders(const char *folder)
{
    char path[4096];
    size_t length = strlen(folder);
    if (length >= sizeof path) return false;
    memcpy(path, folder, length + 1);
    for (char *at = path + 1; *at; at++) {
        if (*at != '/') continue;
        *at = '\0';
        (void)folder_create(path);
        *at = '/';
    }
    path_facts made;
    (void)folder_create(path);
    return path_look(path, &made) && made.folder;
}

int events_open(const char *folder, events *to)
{
    char path[4200];
    *to = (events){0};
    if (!make_folders(folder))
        return failed("cannot make the folder '%s': %s", printable(folder),
                      strerror(errno));
    snprintf(path, sizeof path, "%s/events.out.tfevents.%.6f.elman.%ld", folder,
             seconds_since_1970(), (long)getpid());
    to->file = file_open(path, "wb");
    if (!to->file) return unwritten(path);
    write_event(to, 0, NULL, "brain.Event:2");
    return 0;
}

bool events_close(events *to)
{
    if (to->file && fclose(to->file) != 0) events_fail(to, errno);
    to->file = NULL;
    return !to->failed;
}

void events_flush(events *to)
{
    if (to->file && fflush(to->file) != 0) events_fail(to, errno);
}

/* ---- Values -------------------------------------------------------------- */

/* Writes a value whose tag and content are there; plugin (NULL: none) is who
 * shows it, with data for it. */
static void write_value(events *to, uint64_t step, const char *tag,
                        message *value, const char *plugin, message *data)
{
    if (plugin) {
        message metadata = {0}, whose = {0};
        put_text(&whose, 1, plugin);
        if (data) put_message(&whose, 2, data);
        put_message(&metadata, 1, &whose);
        put_message(value, 9, &metadata);
    }
    put_text(value, 1, tag);
    write_event(to, step, value, NULL);
}

void events_number(events *to, uint64_t step, const char *tag, double number)
{
    message value = {0};
    if (!to->file || isnan(number)) return;
    put_float(&value, 2, number);
    write_value(to, step, tag, &value, NULL, NULL);
}

void events_histogram(events *to, uint64_t step, const char *tag,
                      const event_histogram *h)
{
    message value = {0}, histogram = {0};
    double total = 0;
    if (!to->file) return;
    for (size_t n = 0; n < h->count; n++)
        total += h->counts[n];

    put_double(&histogram, 1, h->least);
    put_double(&histogram, 2, h->most);
    put_double(&histogram, 3, total);
    put_double(&histogram, 4, h->sum);
    put_double(&histogram, 5, h->sum_squares);
    put_doubles(&histogram, 6, h->limits, h->count);
    put_doubles(&histogram, 7, h->counts, h->count);
    put_message(&value, 5, &histogram);
    write_value(to, step, tag, &value, NULL, NULL);
}

void events_image(events *to, uint64_t step, const char *tag, size_t width,
                  size_t height, const void *png, size_t bytes)
{
    message value = {0}, image = {0};
    if (!to->file) return;
    put_whole(&image, 1, height);
    put_whole(&image, 2, width);
    put_whole(&image, 3, 3); /* RGB */
    put_bytes(&image, 4, png, bytes);
    put_message(&value, 4, &image);
    write_value(to, step, tag, &value, NULL, NULL);
}

void events_text(events *to, uint64_t step, const char *tag, const char *text)
{
    enum { STRING = 7 }; /* of tensorflow's types */
    message value = {0}, tensor = {0}, shape = {0}, size = {0};
    if (!to->file) return;
    put_whole(&size, 1, 1);
    put_message(&shape, 2, &size);
    put_whole(&tensor, 1, STRING);
    put_message(&tensor, 2, &shape);
    put_text(&tensor, 8, text);
    put_message(&value, 8, &tensor);
    write_value(to, step, tag, &value, "text", NULL);
}

/* ---- Hyper-parameters ---------------------------------------------------- */

/* A google.protobuf.Value: a number or a text. */
static void put_parameter(message *to, const event_parameter *parameter)
{
    message entry = {0}, value = {0};
    char *end;
    double number = strtod(parameter->value, &end);
    if (end != parameter->value && !*end) put_double(&value, 2, number);
    else put_text(&value, 3, parameter->value);
    put_text(&entry, 1, parameter->name);
    put_message(&entry, 2, &value);
    put_message(to, 1, &entry);
}

void events_begin_run(events *to, const char *name,
                      const event_parameter *parameters, size_t count)
{
    message value = {0}, data = {0}, start = {0};
    if (!to->file) return;
    for (size_t n = 0; n < count; n++)
        put_parameter(&start, &parameters[n]);
    put_text(&start, 4, name);
    put_double(&start, 5, seconds_since_1970());
    put_message(&data, 3, &start);
    write_value(to, 0, "_hparams_/session_start_info", &value, "hparams",
                &data);
}

void events_end_run(events *to)
{
    enum { SUCCESS = 1 };
    message value = {0}, data = {0}, end = {0};
    if (!to->file) return;
    put_whole(&end, 1, SUCCESS);
    put_double(&end, 2, seconds_since_1970());
    put_message(&data, 4, &end);
    write_value(to, 0, "_hparams_/session_end_info", &value, "hparams", &data);
}
