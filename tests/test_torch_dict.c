/*
 * test_torch_dict.c: which dicts of a file are its state dict, and what is
 * beside them.
 */
#include "check.h"

#include "format/torch.h"
#include "torch_text.h"
#include "zip_build.h"

/* Dicts of one tensor each: "lstm.weight_ih" is weight_ih in lstm, in braces
 * where it is not the file. "epoch" is a number. */
static elman_status parse_parts(const char *const *names, const char *key,
                                torch_file **file)
{
    static const claim whole = {"I6\n", "0", "I0\n", "(I6\nt", "(I1\nt"};
    static const float data[6] = {1, 2, 3, 4, 5, 6};
    char text[4000], *at = text;
    *at++ = '}';
    for (size_t i = 0; names[i]; i++) {
        const char *dot = strchr(names[i], '.');
        if (!dot && !strcmp(names[i], "epoch")) {
            at += sprintf(at, "V%s\nI1\ns", names[i]);
            continue;
        }
        if (!dot) {
            at += print_tensor(at, names[i], &whole);
            continue;
        }
        at += sprintf(at, "V%.*s\n}", (int)(dot - names[i]), names[i]);
        at += print_tensor(at, dot + 1, &whole);
        *at++ = 's';
    }
    *at++ = '.';

    zip_part parts[] = {
        {.name = "a/data.pkl", .data = text, .bytes = (size_t)(at - text)},
        {.name = "a/data/0", .data = data, .bytes = sizeof data}};
    zip_file zip = zip_build(parts, 2);
    return torch_parse(zip.bytes, zip.size, key, file);
}

TEST(parts_beside_each_other_are_one_state_dict)
{
    static const struct {
        const char *names[5], *key;
        const char *first, *second; /* tensors */
        const char *message;        /* or why not */
    } cases[] = {
        {{"lstm.weight_ih", "fc.weight"},
         NULL,
         "lstm.weight_ih",
         "fc.weight",
         NULL},
        {{"lstm.weight_ih", "fc.weight", "epoch"},
         "",
         "lstm.weight_ih",
         "fc.weight",
         NULL},
        {{"lstm.weight_ih", "fc.weight", "epoch"}, "fc", "weight", NULL, NULL},
        {{"lstm.weight_ih", "optimizer.exp_avg", "epoch"},
         NULL,
         "weight_ih",
         NULL,
         NULL},
        {{"lstm.weight_ih", "fc.weight", "epoch"},
         NULL,
         NULL,
         NULL,
         "weights in several dicts: \"lstm\", \"fc\"; name one by its key "
         "(--key), "
         "or all of them as one, with their keys in their names, by --key ''"},
        {{"lstm.weight_ih", "scaler.mean"},
         NULL,
         NULL,
         NULL,
         "weights in several dicts"},
        {{"lstm.weight_ih", "h0"},
         NULL,
         NULL,
         NULL,
         "weights in several dicts: the file itself, \"lstm\"; name one by its "
         "key (--key), or all of them as one, with their keys in their names, "
         "by --key ''"},
        {{"lstm.weight_ih", "h0"}, "", "lstm.weight_ih", "h0", NULL},
        {{"lstm.weight_ih", "rng"}, NULL, "weight_ih", NULL, NULL},
        {{"weight_ih", "fc.weight"}, NULL, "weight_ih", "fc.weight", NULL},
        {{"net.weight_ih", "ema.weight_ih"},
         NULL,
         NULL,
         NULL,
         "several state dicts: \"net\", \"ema\"; name one by its key (--key)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        torch_file *file = NULL;
        elman_status status = parse_parts(cases[i].names, cases[i].key, &file);
        if (cases[i].message) {
            CHECK_FAILS(status, ELMAN_BAD_FORMAT, cases[i].message);
            continue;
        }

        CHECK_OK(status);
        CHECK(file->tensor_count == 1 + (cases[i].second != NULL),
              "case %zu: %zu", i, file->tensor_count);
        CHECK(!strcmp(file->tensors[0].name, cases[i].first), "%s",
              file->tensors[0].name);
        if (cases[i].second)
            CHECK(!strcmp(file->tensors[1].name, cases[i].second), "%s",
                  file->tensors[1].name);
        torch_close(file);
    }
}

TEST(a_key_with_a_point_is_told_from_a_path)
{
    /* {"a.b": {weight_ih}, "a": {"b": {weight_ih}}} */
    static const claim whole = {"I6\n", "0", "I0\n", "(I6\nt", "(I1\nt"};
    static const claim part = {"I6\n", "0", "I0\n", "(I2\nt", "(I1\nt"};
    static const float data[6] = {1, 2, 3, 4, 5, 6};
    char text[2000], *at = text;
    at += sprintf(at, "}Va.b\n}");
    at += print_tensor(at, "weight_ih", &whole);
    at += sprintf(at, "sVa\n}Vb\n}");
    at += print_tensor(at, "weight_ih", &part);
    at += sprintf(at, "ss.");

    zip_part parts[] = {
        {.name = "a/data.pkl", .data = text, .bytes = (size_t)(at - text)},
        {.name = "a/data/0", .data = data, .bytes = sizeof data}};
    static const char *const keys[] = {NULL, "a.b", "a/b"};
    static const size_t counts[] = {0, 6, 2};
    for (size_t i = 0; i < 3; i++) {
        torch_file *file = NULL;
        zip_file zip = zip_build(parts, 2);
        elman_status status = torch_parse(zip.bytes, zip.size, keys[i], &file);
        if (!keys[i]) {
            CHECK_FAILS(status, ELMAN_BAD_FORMAT,
                        "several state dicts: \"a.b\", \"a/b\"");
            continue;
        }
        CHECK_OK(status);
        CHECK(file->tensors[0].count == counts[i], "%zu",
              file->tensors[0].count);
        torch_close(file);
    }
}

TEST(what_is_no_state_dict_can_be_looked_at)
{
    /* a list of {"x", "y", "x": an object with {"_parameters": {"z"}}}, where y
     * is beyond its storage, and of itself */
    static const claim whole = {"I6\n", "0", "I0\n", "(I6\nt", "(I1\nt"};
    static const claim part = {"I6\n", "0", "I0\n", "(I2\nt", "(I1\nt"};
    static const claim beyond = {"I6\n", "0", "I9\n", "(I2\nt", "(I1\nt"};
    static const float data[6] = {1, 2, 3, 4, 5, 6};
    char text[4000], *at = text;
    at += sprintf(at, "]p0\n}");
    at += print_tensor(at, "x", &whole);
    at += print_tensor(at, "y", &beyond);
    at += sprintf(at, "Vo\ncmy\nNet\n)\x81}V_parameters\n}");
    at += print_tensor(at, "z", &part);
    at += sprintf(at, "sbsag0\na.");

    zip_part parts[] = {
        {.name = "a/data.pkl", .data = text, .bytes = (size_t)(at - text)},
        {.name = "a/data/0", .data = data, .bytes = sizeof data}};
    zip_file zip = zip_build(parts, 2);
    torch_file *file = NULL;
    CHECK_OK(torch_look(zip.bytes, zip.size, &file));
    CHECK(file->tensor_count == 2, "%zu", file->tensor_count);
    CHECK(!strcmp(file->tensors[0].name, "0.x"), "%s", file->tensors[0].name);
    CHECK(!strcmp(file->tensors[1].name, "0.o.z"), "%s", file->tensors[1].name);
    CHECK(file->tensors[1].count == 2, "%zu", file->tensors[1].count);
    CHECK(!strcmp(file->what, "a list of 2"), "%s", file->what);
    CHECK(strstr(file->refused, "object of my.Net"), "%s", file->refused);
    CHECK(file->note_count == 1 && strstr(file->notes[0], "1 tensor in it"),
          "%zu notes", file->note_count);
    torch_close(file);

    /* what torch_parse takes is the same */
    static const char *const names[] = {"weight_ih", NULL};
    CHECK_OK(parse_parts(names, NULL, &file));
    CHECK(!file->refused && !file->what, "it is not refused");
    torch_close(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_beside_each_other_are_one_state_dict),
        cmocka_unit_test(a_key_with_a_point_is_told_from_a_path),
        cmocka_unit_test(what_is_no_state_dict_can_be_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
