/*
 * test_torch.c: files of torch.save as PyTorch wrote them, and files that no
 * PyTorch would write.
 */
#include "check.h"
#include "system.h"

#include "format/file.h"
#include "format/detect.h"
#include "format/torch.h"
#include "golden_torch.h"
#include "torch_text.h"
#include "zip_build.h"

/* A file by its whole name, which want_objects.safetensors has under another.
 */
static void check_file(const golden_torch *want, const char *file,
                       const char *key, const char *name, const char *note)
{
    torch_file *opened = NULL;
    CHECK(torch_open(golden_torch_path(file), key, &opened) == ELMAN_OK, "%s",
          elman_message());
    golden_torch_check(want, name, opened->tensor_count, opened->tensors);
    CHECK(!note == !opened->note_count, "%s", file);
    if (note) CHECK(strstr(opened->notes[0], note), "%s", opened->notes[0]);
    torch_close(opened);
}

static elman_status open_golden(const char *name, const char *key,
                                torch_file **file)
{
    char path[100];
    snprintf(path, sizeof path, "%.80s.pt", name);
    return torch_open(golden_torch_path(path), key, file);
}

TEST(state_dicts_are_what_torch_saved)
{
    static const struct {
        const char *name, *key, *dict;
        size_t extra;
    } cases[] = {
        {"state", NULL, "", 0},
        {"state", "", "", 0},
        {"state3", NULL, "", 0},
        {"state4", NULL, "", 0},
        {"state5", NULL, "", 0},
        {"state_big", NULL, "", 0},
        {"state_stream", NULL, "", 0},
        {"state_stream1", NULL, "", 0},
        {"checkpoint", NULL, "model.state_dict", 30},
        {"checkpoint", "model.state_dict", "model.state_dict", 30},
        {"checkpoint_stream", NULL, "model.state_dict", 30},
        {"checkpoint_deflated", NULL, "model.state_dict", 30},
        {"several", "one", "one", 4},
        {"several", "deep.two.best", "deep.two.best", 4},
        {"views", NULL, "", 0},
        {"views_stream", NULL, "", 0},
        {"types", NULL, "", 0},
        {"types_stream", NULL, "", 0},
        {"mixed", NULL, "", 1},
        {"plain", NULL, "weights", 0},
    };
    golden_torch want = golden_torch_open();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        torch_file *file = NULL;
        char name[100];
        CHECK_OK(open_golden(cases[i].name, cases[i].key, &file));
        assert_string_equal(file->dict, cases[i].dict);
        CHECK(file->extra_count == cases[i].extra, "%s: %zu extra",
              cases[i].name, file->extra_count);
        snprintf(name, sizeof name, "%s%s%s", cases[i].name,
                 strcmp(cases[i].name, "several") ? "" : ":",
                 strcmp(cases[i].name, "several") ? "" : cases[i].key);
        golden_torch_check(&want, name, file->tensor_count, file->tensors);
        torch_close(file);
    }
    golden_torch_close(&want);
}

TEST(objects_that_are_no_tensors_are_skipped_and_said)
{
    static const struct {
        const char *name, *note;
    } cases[] = {
        {"objects", "objects that are no tensors: argparse.Namespace, "},
        {"objects_stream", "objects that are no tensors: argparse.Namespace, "},
        {"objects1", "objects that are no tensors: "},
        {"objects5", "objects that are no tensors: argparse.Namespace, "},
    };
    golden_torch want = golden_torch_open_as("want_objects.safetensors");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        torch_file *file = NULL;
        CHECK_OK(open_golden(cases[i].name, NULL, &file));
        assert_string_equal(file->dict, "state_dict");
        assert_int_equal(file->note_count, 1);
        CHECK(strstr(file->notes[0], cases[i].note), "%s", file->notes[0]);
        golden_torch_check(&want, cases[i].name, file->tensor_count,
                           file->tensors);
        torch_close(file);
    }
    golden_torch_close(&want);
}

TEST(quantized_weights_are_what_torch_dequantizes)
{
    golden_torch want = golden_torch_open_as("want_objects.safetensors");
    check_file(&want, "quantized.pt", NULL, "quantized", "dequantized 15 ");
    check_file(&want, "quantized16.pt", NULL, "quantized16", NULL);
    check_file(&want, "quantized_square.pt", NULL, "quantized_square",
               "dequantized 5 tensors to float32; PyTorch rounds");
    check_file(&want, "quantized_tensors.pt", NULL, "quantized_tensors",
               "dequantized 6 ");
    golden_torch_close(&want);
}

TEST(programs_are_read_for_their_weights)
{
    golden_torch want = golden_torch_open_as("want_objects.safetensors");
    check_file(&want, "program.pt", NULL, "program", "a TorchScript program");
    check_file(&want, "program_scripted.pt", NULL, "program_scripted",
               "a TorchScript program");
    check_file(&want, "program_quantized.pt", NULL, "program_quantized",
               "a TorchScript program");
    check_file(&want, "exported.pt2", NULL, "exported",
               "a program of torch.export: its weights are read");
    golden_torch_close(&want);

    torch_file *file = NULL;
    CHECK_OK(open_golden("program_frozen", NULL, &file));
    assert_int_equal(file->tensor_count, 2);
    assert_string_equal(file->tensors[0].name, "CONSTANTS.c0");
    torch_close(file);
    CHECK_FAILS(torch_open(golden_torch_path("exported.pt2"), "a", &file),
                ELMAN_BAD_FORMAT, "holds one state dict");
}

TEST(files_inside_an_archive_are_offered_by_name)
{
    static const struct {
        const char *file, *key, *message;
    } cases[] = {
        {"inside.zip", NULL,
         "files inside: \"policy.optimizer.pth\", \"policy.pth\"; name one by "
         "its key (--key policy.pth)"},
        {"inside.zip", "policy.pt", "no file \"policy.pt\" is in the archive"},
        {"inside.zip", "data", "no file \"data\" is in the archive"},
        {"inside.zip", "policy.optimizer.pth",
         "policy.optimizer.pth: it contains no state dict"},
        {"inside.zip", "policy.pth:value", "nothing at key \"value\""},
        {"inside.tar", "other", "no file \"other\""},
    };
    golden_torch want = golden_torch_open_as("want_objects.safetensors");
    check_file(&want, "inside.zip", "policy.pth", "inside", "read from policy");
    check_file(&want, "inside.zip", "policy.pth:policy", "inside", "read from");
    check_file(&want, "inside.tar", NULL, "inside", "read from weights.ckpt");
    check_file(&want, "inside.tar", "weights.ckpt", "inside", "read from");
    golden_torch_close(&want);

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        torch_file *file = NULL;
        CHECK_FAILS(
            torch_open(golden_torch_path(cases[i].file), cases[i].key, &file),
            ELMAN_BAD_FORMAT, cases[i].message);
    }
}

TEST(arrays_and_tensors_in_any_pickle_are_read)
{
    golden_torch want = golden_torch_open_as("want_objects.safetensors");
    check_file(&want, "arrays2.pkl", NULL, "arrays2", NULL);
    check_file(&want, "arrays4.pkl", NULL, "arrays4", NULL);
    check_file(&want, "arrays5.pkl", NULL, "arrays5", NULL);
    check_file(&want, "arrays.pt", NULL, "arrays", NULL);
    check_file(&want, "tensors2.pkl", NULL, "tensors2", NULL);
    check_file(&want, "tensors4.pkl", NULL, "tensors4", NULL);
    golden_torch_close(&want);
}

TEST(views_lie_on_their_storage)
{
    torch_file *file = NULL;
    CHECK_OK(open_golden("views", NULL, &file));
    const named_tensor *t = file->tensors;
    assert_ptr_equal(t[0].data, t[5].data); /* same */
    CHECK(!t[0].strided && t[1].strided, "row-major, then turned");
    assert_int_equal((const char *)t[2].data - (const char *)t[0].data, 13 * 4);
    torch_close(file);
}

TEST(each_file_of_something_else_is_refused_with_what_to_save)
{
    static const struct {
        const char *name, *key, *message;
        file_format format;
    } cases[] = {
        {"module", NULL,
         "its tensors are inside an object of torch.nn.modules.rnn.LSTM, which "
         "elman does not take apart; save model.state_dict()",
         FORMAT_TORCH},
        {"module_stream", NULL, "rnn.LSTM, which elman does", FORMAT_TORCH},
        {"sparse", NULL, "to_dense()", FORMAT_TORCH},
        {"csr", NULL, "to_dense()", FORMAT_TORCH},
        {"square", NULL,
         "\"b._all_weight_values.\" is packed, and its shapes do not tell "
         "levels from directions; save the state_dict() of the model before",
         FORMAT_TORCH},
        {"complex", NULL, "complex numbers", FORMAT_TORCH},
        {"meta", NULL, "the meta device", FORMAT_TORCH},
        {"negative", NULL, "resolve_neg()", FORMAT_TORCH},
        {"tensor", NULL, "it contains no state dict", FORMAT_TORCH},
        {"empty", NULL, "it contains no state dict", FORMAT_TORCH},
        {"empty", "", "no tensors in the state dict", FORMAT_TORCH},
        {"inside", NULL, "\"fc.weight\" is an object of library.tensors.Packed",
         FORMAT_TORCH},
        {"within", NULL, "inside an object of torch.nn.modules.rnn.LSTM",
         FORMAT_TORCH},
        {"within", "model", "at key \"model\" is an object of torch.nn",
         FORMAT_TORCH},
        {"pickle", NULL, "it contains no state dict", FORMAT_PICKLE},
        {"spread", NULL,
         BY_SIZE("exceed 8 times the file",
                 "a size in its shape is not " BEYOND_32),
         FORMAT_TORCH},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        torch_file *file = NULL;
        char name[100], *bytes = NULL;
        size_t size = 0;
        snprintf(name, sizeof name, "refused_%s", cases[i].name);
        CHECK_FAILS(open_golden(name, cases[i].key, &file), ELMAN_BAD_FORMAT,
                    cases[i].message);
        CHECK(strstr(elman_message(), name), "\"%s\"", elman_message());
        snprintf(name, sizeof name, "refused_%s.pt", cases[i].name);
        CHECK_OK(file_read(golden_torch_path(name), &bytes, &size));
        CHECK(format_detect(bytes, size) == cases[i].format, "%s", name);
        free(bytes);
    }
}

TEST(state_dicts_are_found_by_their_keys)
{
    static const struct {
        const char *key, *message;
    } cases[] = {
        {NULL, "several state dicts: \"one\", \"deep.two.best\"; name one"},
        {"two", "nothing at key \"two\""},
        {"deep.two", "nothing at key \"deep.two\""},
        {"one.weight_ih_l0", "no dict at key"},
        {"one.weight_ih_l0.x", "no dict at key"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        torch_file *file = NULL;
        CHECK_FAILS(open_golden("several", cases[i].key, &file),
                    ELMAN_BAD_FORMAT, cases[i].message);
    }
}

/* ---- Hand-made ---------------------------------------------------------- */

static elman_status parse_text(const char *text, size_t size, const void *data,
                               size_t bytes, torch_file **file)
{
    zip_part parts[] = {{.name = "a/data.pkl", .data = text, .bytes = size},
                        {.name = "a/data/0", .data = data, .bytes = bytes}};
    zip_file zip = zip_build(parts, 2);
    return torch_parse(zip.bytes, zip.size, NULL, file);
}

static elman_status parse_claim(const claim *c, torch_file **file)
{
    static const float data[6] = {1, 2, 3, 4, 5, 6};
    char text[1000], *at = text;
    *at++ = '}';
    at += print_tensor(at, "weight_ih", c);
    *at++ = '.';
    return parse_text(text, (size_t)(at - text), data, sizeof data, file);
}

TEST(tensors_beyond_their_storage_are_refused)
{
    static const struct {
        claim claim;
        const char *message; /* NULL: it is fine */
    } cases[] = {
        {{"I6\n", "0", "I0\n", "(I2\nI3\nt", "(I3\nI1\nt"}, NULL},
        {{"I6\n", "0", "I1\n", "(I2\nI3\nt", "(I2\nI1\nt"}, NULL},
        {{"I6\n", "0", "I5\n", "(t", "(t"}, NULL},
        {{"I6\n", "0", "I5\n", "(I1\nt", "(L9223372036854775807L\nt"},
         BY_SIZE(NULL, "a size in its stride is not " BEYOND_32)},
        {{"I6\n", "0", "I5\n", "(I1\nt", "(L4294967295L\nt"}, NULL},
        {{"I6\n", "0", "I99\n", "(I0\nt", "(I1\nt"}, NULL},
        {{"I6\n", "0", "I1\n", "(I2\nI3\nt", "(I3\nI1\nt"}, "reach beyond"},
        {{"I6\n", "0", "I6\n", "(t", "(t"}, "reach beyond the 6 elements"},
        {{"I6\n", "0", "I0\n", "(I7\nt", "(I1\nt"}, "reach beyond"},
        {{"I6\n", "0", "I0\n", "(I2\nI2\nt", "(I5\nI2\nt"}, "reach beyond"},
        {{"I6\n", "0", "I1\n", "(I2\nt", "(L9223372036854775807L\nt"},
         BY_SIZE("reach beyond", BEYOND_32)},
        {{"I6\n", "0", "I0\n", "(I3\nI3\nt",
          "(L9223372036854775807L\nL9223372036854775807L\nt"},
         BY_SIZE("reach beyond", BEYOND_32)},
        {{"I6\n", "0", "I0\n", "(I3\nI3\nt", "(L4294967295L\nL4294967295L\nt"},
         "reach beyond"},
        {{"I6\n", "0", "L9223372036854775807L\n", "(I2\nt",
          "(L9223372036854775807L\nt"},
         BY_SIZE("reach beyond", "its offset is not " BEYOND_32)},
        {{"I6\n", "0", "L4294967295L\n", "(I2\nt", "(L4294967295L\nt"},
         "reach beyond"},
        {{"I6\n", "0", "I0\n", "(I4294967296\nI4294967296\nt", "(I0\nI0\nt"},
         BY_SIZE("exceeds 64 bits", BEYOND_32)},
        {{"I6\n", "0", "I0\n", "(I65536\nI65536\nI65536\nI65536\nt",
          "(I0\nI0\nI0\nI0\nt"},
         "exceeds " BY_SIZE("64", "32") " bits"},
        {{"I6\n", "0", "I0\n", "(I1099511627776\nt", "(I0\nt"},
         BY_SIZE("exceed 8 times the file", BEYOND_32)},
        {{"I6\n", "0", "I-1\n", "(t", "(t"}, "its offset is not"},
        {{"I6\n", "0", "L99999999999999999999L\n", "(t", "(t"},
         "its offset is not a number that a machine of"},
        {{"I6\n", "0", "Vx\n", "(t", "(t"}, "its offset is not"},
        {{"I6\n", "0", "I0\n", "(I-2\nI-3\nt", "(I3\nI1\nt"},
         "a size in its shape is not a whole number from 0"},
        {{"I6\n", "0", "I0\n", "I2\n", "(t"}, "its shape is not"},
        {{"I6\n", "0", "I0\n", "(NNNNNNNNNt", "(t"}, "its shape is not"},
        {{"I6\n", "0", "I0\n", "(I2\nI3\nt", "(I1\nt"},
         "its stride is not one size for each dimension"},
        {{"I6\n", "0", "I0\n", "(I2\nt", "(I-1\nt"},
         "a size in its stride is not a whole number from 0"},
        {{"I7\n", "0", "I0\n", "(t", "(t"},
         "should have 7 elements of 4 bytes, but has 24 bytes"},
        {{"I5\n", "0", "I0\n", "(t", "(t"}, "should have 5 elements"},
        {{"L4611686018427387910L\n", "0", "I0\n", "(t", "(t"},
         BY_SIZE("should have 4611686018427387910",
                 "a storage's size is not " BEYOND_32)},
        {{"I-6\n", "0", "I0\n", "(t", "(t"}, "a storage's size is not"},
        {{"Vx\n", "0", "I0\n", "(t", "(t"}, "a storage's size is not"},
        {{"I6\n", "1", "I0\n", "(t", "(t"}, "\"data/1\" is missing"},
        {{"I6\n", "../data.pkl", "I0\n", "(t", "(t"}, "is missing"},
        {{"I6\n", "", "I0\n", "(t", "(t"}, "key is not a short text"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        torch_file *file = NULL;
        if (cases[i].message) {
            CHECK_FAILS(parse_claim(&cases[i].claim, &file), ELMAN_BAD_FORMAT,
                        cases[i].message);
            continue;
        }
        double value;
        CHECK_OK(parse_claim(&cases[i].claim, &file));
        for (size_t k = 0; k < file->tensors->count; k++)
            tensor_doubles(file->tensors, k, 1, &value);
        torch_close(file);
    }
}

TEST(calls_with_the_wrong_arguments_are_not_tensors)
{
    static const struct {
        const char *call, *message;
    } cases[] = {
        {"ctorch._utils\n_rebuild_tensor_v2\n)R", "it has no storage"},
        {"ctorch._utils\n_rebuild_tensor_v2\n(NI0\n(t(ttR",
         "it has no storage"},
        {"ctorch._utils\n_rebuild_tensor_v2\n(NQI0\n(t(ttR",
         "id is not a tuple of five"},
        {"ctorch._utils\n_rebuild_tensor_v2\n((Vmodule\nNNNNtQI0\n(t(ttR",
         "id is not a tuple of five"},
        {"ctorch._utils\n_rebuild_tensor_v2\n((Vstorage\nctorch\nSize\nV0\n"
         "Vcpu\nI6\ntQI0\n(t(ttR",
         "a storage without a type"},
        {"ctorch._utils\n_rebuild_tensor_v3\n((Vstorage\nctorch\n"
         "UntypedStorage\nV0\nVcpu\nI24\ntQI0\n(t(ttR",
         "its dtype is missing"},
        {"cnumpy.core.multiarray\n_reconstruct\n)R",
         "array \"weight_ih\": it has no shape and no bytes"},
        {"cnumpy.core.multiarray\n_reconstruct\n)R(I1\n(I1\ntNI00\nNtb",
         "its dtype is missing"},
        {"cnumpy.core.multiarray\n_reconstruct\n)R(I1\n(I1\ntcnumpy\ndtype\n"
         "(VO8\ntRI00\nVabcd\ntb",
         "it has no numbers"},
        {"cnumpy.core.multiarray\n_reconstruct\n)R(I1\n(I2\ntcnumpy\ndtype\n"
         "(Vf4\ntRI00\nVabcd\ntb",
         "it has 4 bytes where its shape needs 8"},
        {"cnumpy.core.multiarray\n_reconstruct\n)R(I1\n(I1\ntcnumpy\ndtype\n"
         "(Vf4\ntRI00\nNtb",
         "its bytes are missing"},
        {"ctorch._utils\n_rebuild_tensor_v2\n(ctorch.storage\n"
         "_load_from_bytes\n(Vabcd\ntRI0\n(t(ttR",
         ""},
        {"ctorch._utils\n_rebuild_wrapper_subclass\n)R", "save a plain tensor"},
        {"ctorch._utils\n_rebuild_parameter\n)R", "no state dict"},
        {"ctorch._utils\n_rebuild_parameter\nN\x85R", "no state dict"},
        {"ctorch._tensor\n_rebuild_from_type_v2\n)R", "no state dict"},
        {"ctorch._tensor\n_rebuild_from_type_v2\n(ctorch\nSize\nN(NttR",
         "no state dict"},
        {"ctorch\nSize\n(I1\ntR", "no state dict"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        torch_file *file = NULL;
        char text[1000];
        int size = sprintf(text, "}Vweight_ih\n%ss.", cases[i].call);
        CHECK_FAILS(parse_text(text, (size_t)size, "012345678901234567890123",
                               24, &file),
                    ELMAN_BAD_FORMAT, cases[i].message);
    }
}

TEST(state_dicts_in_lists_and_tuples_are_found)
{
    static const claim fine = {"I6\n", "0", "I0\n", "(I2\nt", "(I1\nt"};
    static const struct {
        const char *before, *name, *after, *dict;
    } cases[] = {
        {"(I3\n}", "weight_ih", "t.", "1"},
        {"]I3\na}", "weight_ih", "a.", "1"},
        {"}Va\n](I3\nI4\n}", "weight_ih", "tas.", "a.0.2"},
        /* what has a weight is more likely than what has none */
        {"(}Vstep\nctorch._utils\n_rebuild_tensor_v2\n((Vstorage\nctorch\n"
         "FloatStorage\nV0\nVcpu\nI6\ntQI0\n(t(tI00\nNtRs}",
         "fc.weight", "t.", "1"},
    };
    static const float data[6];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        torch_file *file = NULL;
        char text[1000], *at = stpcpy(text, cases[i].before);
        at += print_tensor(at, cases[i].name, &fine);
        at = stpcpy(at, cases[i].after);
        CHECK_OK(
            parse_text(text, (size_t)(at - text), data, sizeof data, &file));
        assert_string_equal(file->dict, cases[i].dict);
        assert_int_equal(file->tensor_count, 1);
        torch_close(file);
    }
}

TEST(names_that_are_empty_or_occur_twice_are_refused)
{
    static const claim fine = {"I6\n", "0", "I0\n", "(I2\nt", "(I1\nt"};
    static const struct {
        const char *names[2], *message;
    } cases[] = {
        {{"weight_ih", "weight_ih"}, "\"weight_ih\" occurs twice"},
        {{"weight_ih", ""}, "an empty name"},
        {{"weight_ih", "\xFF"}, "not UTF-8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        torch_file *file = NULL;
        char text[1000], *at = text;
        static const float data[6];
        *at++ = '}';
        for (size_t k = 0; k < 2; k++)
            at += print_tensor(at, cases[i].names[k], &fine);
        *at++ = '.';
        CHECK_FAILS(
            parse_text(text, (size_t)(at - text), data, sizeof data, &file),
            ELMAN_BAD_FORMAT, cases[i].message);
    }
}

/* Dicts in dicts to a great depth, and one that holds itself. */
TEST(the_search_for_a_state_dict_ends)
{
    enum { DEEP = 100000 };
    torch_file *file = NULL;
    char *text = malloc(4 * DEEP + 10), *at = text;
    for (int i = 0; i < DEEP; i++)
        at = stpcpy(at, "}K\1");
    at = stpcpy(at, "}");
    memset(at, 's', DEEP);
    at = stpcpy(at + DEEP, ".");
    CHECK_FAILS(parse_text(text, (size_t)(at - text), "", 0, &file),
                ELMAN_BAD_FORMAT, "no state dict");
    free(text);
    static const char self[] = "}p0\nK\1g0\nsK\2g0\ns.";
    CHECK_FAILS(parse_text(self, sizeof self - 1, "", 0, &file),
                ELMAN_BAD_FORMAT, "no state dict");
}

TEST(archives_that_are_not_of_torch_are_refused)
{
    static const struct {
        zip_part parts[3];
        const char *message;
    } cases[] = {
        {{{.name = "a"}, {.name = "b"}, {.name = "c"}},
         "no file of torch.save is in the archive"},
        {{{.name = "a/data.pkl"}, {.name = "b/data.pkl"}, {.name = "c"}},
         "more than one data.pkl"},
        {{{.name = "a/data.pkl", .data = "N.", .bytes = 2},
          {.name = "a/constants.pkl", .data = ").", .bytes = 2},
          {.name = "c"}},
         "a TorchScript program without weights"},
        {{{.name = "a/data.pkl", .data = "N.", .bytes = 2},
          {.name = "a/code/x.py"},
          {.name = "c"}},
         "a program without constants"},
        {{{.name = "a/data/weights/m_weights_config.json",
           .data = "{}",
           .bytes = 2},
          {.name = "b"},
          {.name = "c"}},
         "the list of its weights is empty"},
        {{{.name = "a/data/weights/m_weights_config.json", .data = "{"},
          {.name = "b"},
          {.name = "c"}},
         "the list of weights: "},
        {{{.name = "a.pt", .data = "N.", .bytes = 2},
          {.name = "b.json"},
          {.name = "c"}},
         "a.pt: "},
        {{{.name = "a/data.pkl"},
          {.name = "a/byteorder", .data = "middle", .bytes = 6},
          {.name = "c"}},
         "byteorder is neither"},
        {{{.name = "data.pkl"}, {.name = "b"}, {.name = "c"}},
         "ends without a stop"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        torch_file *file = NULL;
        zip_file zip = zip_build(cases[i].parts, 3);
        CHECK_FAILS(torch_parse(zip.bytes, zip.size, NULL, &file),
                    ELMAN_BAD_FORMAT, cases[i].message);
    }
    char *tar = calloc(1, 512);
    torch_file *file = NULL;
    memcpy(tar + 257, "ustar", 5);
    CHECK(format_detect(tar, 512) == FORMAT_TORCH_TAR, "a tar file");
    CHECK_FAILS(torch_parse(tar, 512, NULL, &file), ELMAN_BAD_FORMAT,
                "no file of torch.save is in the archive");
    CHECK_FAILS(torch_parse(calloc(1, 1), 0, NULL, &file), ELMAN_BAD_FORMAT,
                "the file is empty");
}

/* ---- Cut and changed ---------------------------------------------------- */

static elman_status parse_copy(const char *bytes, size_t size,
                               torch_file **file)
{
    char *copy = malloc(size + 1);
    if (!copy) abort();
    memcpy(copy, bytes, size);
    return torch_parse(copy, size, NULL, file);
}

/* Whether a file has the tensors of another; reads every element. */
static bool same_tensors(const torch_file *a, const torch_file *b)
{
    bool same = a->tensor_count == b->tensor_count;
    for (size_t i = 0; i < a->tensor_count; i++) {
        const named_tensor *t = &a->tensors[i], *u = &b->tensors[i];
        same = same && t->count == u->count && !strcmp(t->name, u->name);
        for (size_t k = 0; k < t->count; k++) {
            double left, right = 0;
            tensor_doubles(t, k, 1, &left);
            if (same) tensor_doubles(u, k, 1, &right);
            same = same && left == right;
        }
    }
    return same;
}

/* The stream has no CRC: there a change may go unseen. */
TEST(files_cut_or_changed_anywhere_do_no_harm)
{
    static const char *const names[] = {"views_stream.pt", "views.pt",
                                        "checkpoint_deflated.pt"};
    for (size_t n = 0; n < 3; n++) {
        char *bytes = NULL;
        size_t size = 0;
        torch_file *file = NULL, *changed = NULL;
        CHECK_OK(file_read(golden_torch_path(names[n]), &bytes, &size));
        for (size_t cut = 0; cut < size; cut += n == 2 ? 7 : 1)
            CHECK(parse_copy(bytes, cut, &file) == ELMAN_BAD_FORMAT,
                  "%s cut at %zu of %zu", names[n], cut, size);
        CHECK_OK(parse_copy(bytes, size, &file));
        for (size_t i = 0; i < size; i++) {
            bytes[i] = (char)(bytes[i] ^ 1 << i % 8);
            if (parse_copy(bytes, size, &changed) == ELMAN_OK) {
                bool same = same_tensors(changed, file);
                CHECK(n == 0 || same, "%s: byte %zu", names[n], i);
                torch_close(changed);
            }
            bytes[i] = (char)(bytes[i] ^ 1 << i % 8);
        }
        torch_close(file);
        free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(state_dicts_are_what_torch_saved),
        cmocka_unit_test(objects_that_are_no_tensors_are_skipped_and_said),
        cmocka_unit_test(quantized_weights_are_what_torch_dequantizes),
        cmocka_unit_test(programs_are_read_for_their_weights),
        cmocka_unit_test(files_inside_an_archive_are_offered_by_name),
        cmocka_unit_test(arrays_and_tensors_in_any_pickle_are_read),
        cmocka_unit_test(views_lie_on_their_storage),
        cmocka_unit_test(
            each_file_of_something_else_is_refused_with_what_to_save),
        cmocka_unit_test(state_dicts_are_found_by_their_keys),
        cmocka_unit_test(tensors_beyond_their_storage_are_refused),
        cmocka_unit_test(calls_with_the_wrong_arguments_are_not_tensors),
        cmocka_unit_test(state_dicts_in_lists_and_tuples_are_found),
        cmocka_unit_test(names_that_are_empty_or_occur_twice_are_refused),
        cmocka_unit_test(the_search_for_a_state_dict_ends),
        cmocka_unit_test(archives_that_are_not_of_torch_are_refused),
        cmocka_unit_test(files_cut_or_changed_anywhere_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
