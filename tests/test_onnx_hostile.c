/* test_onnx_hostile.c: no ONNX file, however made, does harm: rows of bytes,
 * of depth, of external data; and memory that ends. */
#include "onnx_bytes.h"

#include "allocator.h"

/* What a file may take, and any file. */
enum { MEMORY_TIMES = 34, MEMORY_ROOM = 1 << 21 };

/* ---- Bytes that are nothing --------------------------------------------- */

TEST(a_file_cut_anywhere_is_refused)
{
    size_t size;
    char *whole = everything_read(&size);
    for (size_t cut = 0; cut < size; cut++) {
        onnx_graph *graph = NULL;
        bytes b = {0};
        put(&b, whole, cut);
        allocator_reset();
        CHECK(parse(&b, NULL, &graph) == ELMAN_BAD_FORMAT, "cut at %zu", cut);
        CHECK(allocator_read().peak <= MEMORY_TIMES * cut + MEMORY_ROOM, "%zu",
              cut);
    }
    free(whole);
}

TEST(any_byte_may_be_wrong)
{
    size_t size, read = 0;
    char *whole = everything_read(&size);
    for (size_t at = 0; at < size; at++)
        for (int bit = 0; bit < 8; bit++) {
            onnx_graph *graph = NULL;
            bytes b = {0};
            put(&b, whole, size);
            b.data[at] = (char)(b.data[at] ^ 1 << bit);
            if (parse(&b, folder_path, &graph) == ELMAN_OK) read++;
            else CHECK(*elman_message(), "byte %zu", at);
            onnx_close(graph);
        }
    /* names, numbers and the like; not lengths and types */
    CHECK(read > size && read < 8 * size, "%zu of %zu are read", read,
          8 * size);
    free(whole);
}

static void refuse_all(const char *what, const void *data, size_t size)
{
    bytes b = {0};
    onnx_graph *graph = NULL;
    put(&b, data, size);
    CHECK(parse(&b, NULL, &graph) == ELMAN_BAD_FORMAT, "%s", what);
    CHECK(strstr(elman_message(), "not an ONNX model"), "%s: %s", what,
          elman_message());
}

TEST(what_is_not_protobuf_is_refused)
{
    static const struct {
        const char *what, *data;
        size_t size;
    } rows[] = {
        {"nothing", "", 0},
        {"an endless number",
         "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
         "\xff\xff\xff\xff\xff\xff\xff\xff\xff",
         21},
        {"a length past the end", "\x3a\x7f", 2},
        {"a length of 2^64-1", "\x3a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
         11},
        {"a length of 2^31", "\x3a\x80\x80\x80\x80\x08", 6},
        {"wire type 6", "\x3e\x01", 2},
        {"wire type 7", "\x3f\x01", 2},
        {"wire type 6 of an unknown field", "\x96\x06\x01", 3},
        {"field 0", "\x02\x01\x01", 3},
        {"a number where a message is", "\x38\x01", 2},
        {"a message where a number is", "\x0a\x01\x01", 3},
        {"a group that ends", "\x3b\x3c", 2},
        {"safetensors", "\x02\0\0\0\0\0\0\0{}", 10},
        {"a zip file", "PK\3\4\24\0\0\0\10\0", 10},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        refuse_all(rows[i].what, rows[i].data, rows[i].size);

    enum { GROUPS = 100000 };
    bytes groups = {0};
    for (int i = 0; i < GROUPS; i++)
        put(&groups, i % 2 ? "\x3b" : "\x9b\x06", i % 2 ? 1 : 2);
    refuse_all("groups in groups", groups.data, groups.size);
    free(groups.data);
}

/* depth times, what there is so far becomes a field of a new message, whose
 * own other fields begin with those in front. */
static bytes nest(int depth, unsigned field, const bytes *front)
{
    bytes inner = {0};
    for (int i = 0; i < depth; i++) {
        bytes outer = {0};
        put(&outer, front->data, front->size);
        put_inner(&outer, field, &inner);
        inner = outer;
    }
    return inner;
}

TEST(depth_is_not_followed)
{
    onnx_graph *graph = NULL;
    bytes none = {0}, front = {0}, g = {0}, node = {0}, m;

    /* If in If: attribute 6 is a graph, 1 its node, 5 the node's attribute */
    bytes inner = {0};
    for (int i = 0; i < 3000; i++) {
        bytes attribute = {0}, if_node = {0}, body = {0};
        put_number(&attribute, 20, 5);
        put_inner(&attribute, 6, &inner);
        put_inner(&if_node, 5, &attribute);
        put_inner(&body, 1, &if_node);
        inner = body;
    }
    m = model_of(&inner, 8, 17);
    allocator_reset();
    size_t size = m.size;
    CHECK_OK(parse(&m, NULL, &graph));
    CHECK(allocator_read().peak < MEMORY_TIMES * size + MEMORY_ROOM, " ");
    const onnx_graph *deep = graph;
    for (int i = 0; i < ONNX_DEPTH; i++) {
        CHECK(deep->nodes[0].attributes[0].kind == ONNX_GRAPH, "%d", i);
        deep = deep->nodes[0].attributes[0].g;
    }
    CHECK(deep->nodes[0].attributes[0].kind == ONNX_OTHER, " ");
    onnx_close(graph);

    /* a sequence (4) of (1) a sequence ... */
    inner = nest(10000, 4, &none);
    put_word(&node, 1, "x");
    put_inner(&node, 2, &inner);
    put_inner(&g, 11, &node);
    REFUSED(&g, "it is not a tensor");

    /* a field of no message */
    put_number(&front, 1, 8);
    inner = nest(5000, 7, &front);
    graph = NULL;
    CHECK(parse(&inner, NULL, &graph) == ELMAN_BAD_FORMAT, " ");
    free(front.data);
}

/* Small messages that are large in memory, and some that would be merged with
 * all before them over and over. */
TEST(a_small_file_takes_little_memory_and_time)
{
    enum { MANY = 400000 };
    static const unsigned fields[] = {1, 5, 11, 12, 15, 99};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        bytes g = {0};
        onnx_graph *graph = NULL;
        for (int j = 0; j < MANY; j++)
            put_data(&g, fields[i], "", 0);
        bytes m = model_of(&g, 8, 17);
        size_t size = m.size;
        allocator_reset();
        CHECK(parse(&m, NULL, &graph) != ELMAN_NO_MEMORY, " ");
        CHECK(allocator_read().peak <= MEMORY_TIMES * size + MEMORY_ROOM,
              "field %u: %zu bytes took %zu", fields[i], size,
              allocator_read().peak);
        onnx_close(graph);
    }
    bytes g = {0}, m;
    onnx_graph *graph = NULL;
    for (int j = 0; j < MANY; j++)
        put_data(&g, 1, "", 0);
    m = model_of(&g, 8, 17);
    for (int j = 0; j < MANY; j++)
        put_data(&m, 7, "", 0);
    CHECK_FAILS(parse(&m, NULL, &graph), ELMAN_BAD_FORMAT,
                "more than 32 bytes of memory for each byte of the file");
}

/* ---- External data ------------------------------------------------------ */

static void put_entry(bytes *tensor, const char *key, const char *value)
{
    bytes entry = {0};
    put_word(&entry, 1, key);
    put_word(&entry, 2, value);
    put_inner(tensor, 13, &entry);
}

/* A model with one float32 (2) "w" that lies elsewhere, count times. */
static bytes elsewhere(const char *location, const char *offset,
                       const char *length, int count)
{
    bytes g = {0};
    for (int i = 0; i < count; i++) {
        bytes t = {0};
        char name[20];
        snprintf(name, sizeof name, "w%d", i);
        put_number(&t, 1, 2);
        put_number(&t, 2, 1);
        put_word(&t, 8, name);
        if (location) put_entry(&t, "location", location);
        if (offset) put_entry(&t, "offset", offset);
        if (length) put_entry(&t, "length", length);
        put_number(&t, 14, 1);
        put_inner(&g, 5, &t);
    }
    return model_of(&g, 8, 17);
}

static void lay_out_files(void)
{
    char data[1024];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (char)i;
    put_bytes("data", data, sizeof data);
    mkdir(in_folder("sub"), 0700);
    put_bytes("sub/data", data, sizeof data);
    if (symlink("data", in_folder("link")) ||
        symlink("sub", in_folder("via")) || symlink("/etc", in_folder("etc")) ||
        mkfifo(in_folder("pipe"), 0600))
        abort();
}

static void remove_files(void)
{
    unlink(in_folder("sub/data"));
    folder_clear();
}

TEST(external_data_is_read_from_its_offset)
{
    static const char *const locations[] = {"data", "sub/data", "./data",
                                            "sub//./data"};
    lay_out_files();
    for (size_t i = 0; i < sizeof locations / sizeof *locations; i++) {
        onnx_graph *graph = NULL;
        bytes m = elsewhere(locations[i], "16", i % 2 ? "8" : NULL, 1);
        put_bytes("model.onnx", m.data, m.size);
        free(m.data);
        CHECK_OK(
            onnx_open(&(byte_source){.name = in_folder("model.onnx")}, &graph));
        assert_memory_equal(graph->initializers[0].data,
                            "\x10\x11\x12\x13\x14\x15\x16\x17", 8);
        onnx_close(graph);
    }
    remove_files();
}

TEST(external_data_stays_in_the_folder)
{
    static const struct {
        const char *location, *offset, *length, *part;
    } rows[] = {
        {"../../etc/passwd", NULL, NULL, "leads out of the model's folder"},
        {"..", NULL, NULL, "leads out of the model's folder"},
        {"sub/../data", NULL, NULL, "leads out of the model's folder"},
        {"/etc/passwd", NULL, NULL, "is not relative to the model's folder"},
        {"/dev/zero", NULL, NULL, "is not relative to the model's folder"},
        {"link", NULL, NULL, "goes through a symbolic link"},
        {"via/data", NULL, NULL, "goes through a symbolic link"},
        {"etc/passwd", NULL, NULL, "goes through a symbolic link"},
        {"data/data", NULL, NULL, "goes through a symbolic link, or something"},
        {"pipe", NULL, NULL, "is not a regular file"},
        {"sub", NULL, NULL, "is not a regular file"},
        {"sub/", NULL, NULL, "is not a regular file"},
        {".", NULL, NULL, "is not a regular file"},
        {"", NULL, NULL, "has no location"},
        {NULL, NULL, NULL, "has no location"},
        {"nothing", NULL, NULL, "No such file"},
        {"data", "-8", NULL, "offset is \"-8\", expected a number of bytes"},
        {"data", "0x10", NULL, "offset is \"0x10\""},
        {"data", "", NULL, "offset is \"\""},
        {"data", "1020", NULL,
         "8 bytes from byte 1020 are not within external data 'data'"},
        {"data", "18446744073709551612", NULL,
         BY_SIZE("are not within external data 'data'", BEYOND_32)},
        {"data", "18446744073709551616", NULL,
         BY_SIZE("expected a number that a machine of 64 bits", BEYOND_32)},
        {"data", NULL, "1099511627776",
         BY_SIZE("external data of 1099511627776 bytes", BEYOND_32)},
        {"data", NULL, "4", "external data of 4 bytes"},
        {"data", NULL, "-1", "length is \"-1\""},
    };
    lay_out_files();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        onnx_graph *graph = NULL;
        bytes m =
            elsewhere(rows[i].location, rows[i].offset, rows[i].length, 1);
        elman_status status = parse(&m, folder_path, &graph);
        CHECK(status == ELMAN_BAD_FORMAT || status == ELMAN_BAD_FILE,
              "row %zu: %d", i, (int)status);
        CHECK(strstr(elman_message(), rows[i].part), "row %zu: %s", i,
              elman_message());
        CHECK(strstr(elman_message(), "tensor \"w0\""), "row %zu: %s", i,
              elman_message());
    }
    onnx_graph *graph = NULL;
    bytes m = elsewhere("data", NULL, NULL, 1);
    CHECK_FAILS(parse(&m, NULL, &graph), ELMAN_BAD_FORMAT,
                "the model does not come from a file");
    remove_files();
}

/* A thousand tensors on the same bytes, by two names of one file. */
TEST(external_data_is_not_read_over_and_over)
{
    onnx_graph *graph = NULL;
    lay_out_files();
    bytes m = elsewhere("data", NULL, NULL, 500);
    CHECK_OK(parse(&m, folder_path, &graph)); /* 4,000 bytes of 1,024 */
    onnx_close(graph);
    m = elsewhere("./data", NULL, NULL, 520);
    CHECK_FAILS(parse(&m, folder_path, &graph), ELMAN_BAD_FORMAT,
                "is read too many times over");
    remove_files();
}

/* ---- Memory ------------------------------------------------------------- */

static elman_status session(void)
{
    onnx_graph *graph = NULL;
    TRY(onnx_save(&everything, in_folder("everything.onnx")));
    TRY(onnx_open(&(byte_source){.name = in_folder("everything.onnx")},
                  &graph));
    onnx_close(graph);
    return ELMAN_OK;
}

TEST(every_allocation_may_fail)
{
    for (int ever_after = 0; ever_after < 2; ever_after++)
        for (size_t k = 0;; k++) {
            allocator_fail(k, ever_after);
            elman_status status = session();
            allocations got = allocator_read();
            CHECK(got.outstanding == 0, "allocation %zu", k);
            if (status == ELMAN_OK && !got.failed) break;
            CHECK(status == ELMAN_OK || status == ELMAN_NO_MEMORY,
                  "allocation %zu: %s", k, elman_message());
        }
    allocator_reset();
    bytes m = elsewhere("data", NULL, NULL, 1);
    lay_out_files();
    put_bytes("model.onnx", m.data, m.size);
    free(m.data);
    for (size_t k = 0;; k++) {
        onnx_graph *graph = NULL;
        allocator_fail(k, false);
        elman_status status =
            onnx_open(&(byte_source){.name = in_folder("model.onnx")}, &graph);
        onnx_close(graph);
        CHECK(allocator_read().outstanding == 0, "allocation %zu", k);
        if (status == ELMAN_OK) break;
        CHECK(status == ELMAN_NO_MEMORY, "%s", elman_message());
    }
    allocator_reset();
    remove_files();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_cut_anywhere_is_refused),
        cmocka_unit_test(any_byte_may_be_wrong),
        cmocka_unit_test(what_is_not_protobuf_is_refused),
        cmocka_unit_test(depth_is_not_followed),
        cmocka_unit_test(a_small_file_takes_little_memory_and_time),
        cmocka_unit_test(external_data_is_read_from_its_offset),
        cmocka_unit_test(external_data_stays_in_the_folder),
        cmocka_unit_test(external_data_is_not_read_over_and_over),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
