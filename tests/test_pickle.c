/*
 * test_pickle.c: what opcodes mean, and pickles that mean harm.
 */
#include "check.h"
#include "system.h"

#include "format/pickle.h"

static const pickle_row rows[] = {
    {.module = "collections", .name = "OrderedDict", .dict = true},
    {.module = "known", .name = "Class"},
    {.module = "known", .name = "Other"}};
static const pickle_table table = {
    .row_count = 3, .rows = rows, .advice = "save less"};

static elman_status parse(const char *bytes, size_t size, pickle **tree)
{
    return pickle_parse(bytes, size, &table, NULL, tree);
}

/* Literals with zero bytes in them. */
#define PARSE(literal, tree) parse(literal, sizeof literal - 1, tree)
#define CASE(literal)        literal, sizeof literal - 1

TEST(every_scalar_is_read)
{
    static const struct {
        const char *bytes;
        size_t size;
        pickle_kind kind;
        double number; /* or count */
    } cases[] = {
        {CASE("N."), PICKLE_NONE, 0},
        {CASE("\x88."), PICKLE_BOOL, 1},
        {CASE("\x89."), PICKLE_BOOL, 0},
        {CASE("I01\n."), PICKLE_BOOL, 1},
        {CASE("I00\n."), PICKLE_BOOL, 0},
        {CASE("I-12\n."), PICKLE_WHOLE, -12},
        {CASE("I0\n."), PICKLE_WHOLE, 0},
        {CASE("L-9223372036854775808L\n."), PICKLE_WHOLE, -0x1p63},
        {CASE("L9223372036854775808L\n."), PICKLE_HUGE, 19},
        {CASE("K\xFF."), PICKLE_WHOLE, 255},
        {CASE("M\xFF\xFF."), PICKLE_WHOLE, 65535},
        {CASE("J\xFE\xFF\xFF\xFF."), PICKLE_WHOLE, -2},
        {CASE("\x8A\0."), PICKLE_WHOLE, 0},
        {CASE("\x8A\1\xFF."), PICKLE_WHOLE, -1},
        {CASE("\x8A\2\xFF\0."), PICKLE_WHOLE, 255},
        {CASE("\x8A\x08\0\0\0\0\0\0\0\x80."), PICKLE_WHOLE, -0x1p63},
        {CASE("\x8A\x09\0\0\0\0\0\0\0\x80\0."), PICKLE_HUGE, 9},
        {CASE("\x8B\1\0\0\0\5."), PICKLE_WHOLE, 5},
        {CASE("F-1.5e3\n."), PICKLE_FLOAT, -1500},
        {CASE("Finf\n."), PICKLE_FLOAT, HUGE_VAL},
        {CASE("F-inf\n."), PICKLE_FLOAT, -HUGE_VAL},
        {CASE("G\x3F\xF8\0\0\0\0\0\0."), PICKLE_FLOAT, 1.5},
        {CASE("S'abc'\n."), PICKLE_TEXT, 3},
        {CASE("S\"\"\n."), PICKLE_TEXT, 0},
        {CASE("Vabc\n."), PICKLE_TEXT, 3},
        {CASE("U\3abc."), PICKLE_TEXT, 3},
        {CASE("T\3\0\0\0abc."), PICKLE_TEXT, 3},
        {CASE("X\3\0\0\0abc."), PICKLE_TEXT, 3},
        {CASE("\x8C\3abc."), PICKLE_TEXT, 3},
        {CASE("\x8D\3\0\0\0\0\0\0\0abc."), PICKLE_TEXT, 3},
        {CASE("C\3a\0c."), PICKLE_BYTES, 3},
        {CASE("B\3\0\0\0abc."), PICKLE_BYTES, 3},
        {CASE("\x8E\3\0\0\0\0\0\0\0abc."), PICKLE_BYTES, 3},
        {CASE("\x96\3\0\0\0\0\0\0\0abc."), PICKLE_BYTES, 3},
        {CASE("\x80\5\x95\2\0\0\0\0\0\0\0N."), PICKLE_NONE, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pickle *tree = NULL;
        CHECK_OK(parse(cases[i].bytes, cases[i].size, &tree));
        const pickle_value *root = pickle_root(tree);
        double got = root->kind == PICKLE_BOOL    ? root->is.truth
                     : root->kind == PICKLE_WHOLE ? (double)root->is.whole
                     : root->kind == PICKLE_FLOAT ? root->is.number
                                                  : root->count;
        CHECK(root->kind == cases[i].kind, "case %zu: kind %d", i, root->kind);
        CHECK(got == cases[i].number, "case %zu: %g", i, got);
        if (root->kind == PICKLE_TEXT && root->count)
            CHECK(pickle_is(root, "abc") && !pickle_is(root, "ab"), "case %zu",
                  i);
        pickle_close(tree);
    }
}

TEST(every_container_holds_what_was_put_in)
{
    enum { ORDERED = 15 }; /* the first cases hold 0, 1, 2 ... */
    static const struct {
        const char *bytes;
        size_t size;
        pickle_kind kind;
        size_t count;
    } cases[] = {
        {CASE(")."), PICKLE_TUPLE, 0},
        {CASE("K\0\x85."), PICKLE_TUPLE, 1},
        {CASE("K\0K\1\x86."), PICKLE_TUPLE, 2},
        {CASE("K\0K\1K\2\x87."), PICKLE_TUPLE, 3},
        {CASE("(K\0K\1K\2K\3t."), PICKLE_TUPLE, 4},
        {CASE("]."), PICKLE_LIST, 0},
        {CASE("]K\0a."), PICKLE_LIST, 1},
        {CASE("(K\0l(K\1K\2e."), PICKLE_LIST, 3},
        {CASE("](e."), PICKLE_LIST, 0},
        {CASE("\x8F(K\0K\1\x90."), PICKLE_LIST, 2},
        {CASE("(K\0\x91."), PICKLE_LIST, 1},
        {CASE("}K\0K\1s."), PICKLE_DICT, 2},
        {CASE("(K\0K\1d(K\2K\3u."), PICKLE_DICT, 4},
        {CASE("ccollections\nOrderedDict\n)R(K\0K\1u}b."), PICKLE_DICT, 2},
        {CASE("ccollections\nOrderedDict\n]K\0K\1\x86"
              "a\x85R."),
         PICKLE_DICT, 2},
        {CASE("]K\0q\1ah\1a0]r\2\0\0\0j\2\0\0\0a0h\1\x94g1\n\x86."),
         PICKLE_TUPLE, 2},
        {CASE("K\0(K\1K\2"
              "1\x85."),
         PICKLE_TUPLE, 1},
        {CASE("K\0"
              "2\x86."),
         PICKLE_TUPLE, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pickle *tree = NULL;
        CHECK_OK(parse(cases[i].bytes, cases[i].size, &tree));
        const pickle_value *root = pickle_root(tree);
        CHECK(root->kind == cases[i].kind && root->count == cases[i].count,
              "case %zu: kind %d, %u items", i, root->kind, root->count);
        for (size_t k = 0; k < root->count && i < ORDERED; k++)
            assert_int_equal(root->is.items[k]->is.whole, k);
        pickle_close(tree);
    }
}

static bool is_class(const pickle *tree, const pickle_value *value,
                     const char *name)
{
    char text[PICKLE_NAME_ROOM];
    size_t count;
    const pickle_class *classes = pickle_classes(tree, &count);
    if (value->kind != PICKLE_OPAQUE || value->row >= count) return false;
    pickle_class_print(classes + value->row, text);
    return !strcmp(text, name);
}

TEST(objects_of_unknown_classes_are_marks_with_what_belongs_to_them)
{
    static const struct {
        const char *bytes;
        size_t size;
        size_t items, objects;
        const char *name;
    } cases[] = {
        {CASE("cargparse\nNamespace\n."), 0, 0, "argparse.Namespace"},
        {CASE("\x8C\1m\x8C\7Out.In.\x93."), 0, 0, "m.Out.In."},
        {CASE("cargparse\nNamespace\n)R."), 1, 1, "argparse.Namespace"},
        {CASE("cargparse\nNamespace\n)\x81}b."), 2, 1, "argparse.Namespace"},
        {CASE("ca\nB\n)}\x92."), 2, 1, "a.B"},
        {CASE("ca\nB\n)}K\1K\2s\x92Nb."), 3, 1, "a.B"},
        {CASE("(K\1ia\nB\n."), 1, 1, "a.B"},
        {CASE("(ca\nB\nK\1o."), 1, 1, "a.B"},
        {CASE("ca\nB\n)R(K\1K\2e."), 3, 1, "a.B"},
        {CASE("ca\nB\n)RK\1a."), 2, 1, "a.B"},
        {CASE("ca\nB\n)R(K\1K\2u."), 3, 1, "a.B"},
        {CASE("ca\nB\n)RK\1K\2s."), 3, 1, "a.B"},
        {CASE("ca\nB\n)R(K\1\x90."), 2, 1, "a.B"},
        {CASE("ca\nB\n)R)R."), 1, 2, "a.B"},
        {CASE("c__builtin__\nset\n]\x85R."), 1, 1, "__builtin__.set"},
        {CASE("ccopy_reg\n_reconstructor\n(ca\nB\nc__builtin__\nobject\n"
              "NtR}b."),
         2, 1, "a.B"},
        {CASE("(Vmodule\nca\nB\nVfile\nVtext\ntQ)\x81."), 1, 1, "a.B"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pickle *tree = NULL;
        CHECK_OK(parse(cases[i].bytes, cases[i].size, &tree));
        const pickle_value *root = pickle_root(tree);
        size_t count;
        CHECK(is_class(tree, root, cases[i].name), "case %zu", i);
        CHECK(root->count == cases[i].items, "case %zu: %u items", i,
              root->count);
        const pickle_class *classes = pickle_classes(tree, &count);
        CHECK(classes[root->row].objects == cases[i].objects,
              "case %zu: %zu objects", i, classes[root->row].objects);
        CHECK(!pickle_item(root, root->count), "case %zu", i);
        pickle_close(tree);
    }
}

TEST(classes_are_listed_once_and_bounded)
{
    enum { MANY = 1024 };
    pickle *tree = NULL;
    char *bytes = malloc(20 * MANY + 100), *at = stpcpy(bytes, "]");
    size_t count;
    if (!bytes) abort();
    for (int n = 0; n < 2 * MANY; n++)
        at += sprintf(at, "cm%d\nA\na", n % MANY);
    strcpy(at, ".");
    CHECK_OK(parse(bytes, strlen(bytes), &tree));
    (void)pickle_classes(tree, &count);
    assert_int_equal(count, MANY);
    for (size_t n = 0; n < MANY; n++)
        assert_int_equal(pickle_root(tree)->is.items[n]->row,
                         pickle_root(tree)->is.items[n + MANY]->row);
    pickle_close(tree);
    strcpy(at, "cn\nA\na.");
    CHECK_FAILS(parse(bytes, strlen(bytes), &tree), ELMAN_BAD_FORMAT,
                "more than 1024 classes that elman does not know");
    free(bytes);
}

TEST(calls_are_recorded_and_not_made)
{
    static const struct {
        const char *bytes;
        size_t size;
    } cases[] = {
        {CASE("cknown\nClass\n(K\5K\6tR.")},
        {CASE("\x8C\5known\x8C\5Class\x93(K\5K\6t\x81.")},
        {CASE("cknown\nClass\n(K\5K\6t}\x92}b.")},
        {CASE("(K\5K\6iknown\nClass\n.")},
        {CASE("(cknown\nClass\nK\5K\6o.")},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pickle *tree = NULL;
        CHECK_OK(parse(cases[i].bytes, cases[i].size, &tree));
        const pickle_value *root = pickle_root(tree);
        CHECK(root->kind == PICKLE_CALL && root->row == 1, "case %zu", i);
        const pickle_value *given = pickle_item(root, 0);
        assert_int_equal(given->count, 2);
        assert_int_equal(given->is.items[1]->is.whole, 6);
        size_t values = 0;
        pickle_walk walk = {0};
        while (pickle_next(tree, &walk))
            values++;
        CHECK(values >= 4, "%zu values", values);
        pickle_close(tree);
    }
}

TEST(each_hostile_pickle_gives_its_own_sentence)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *message;
    } cases[] = {
        /* names */
        {CASE("cos\nsystem\n(S'id'\ntR."),
         "it names os.system, which could run code in Python and is "
         "refused: save less"},
        {CASE("cos\nsystem\n(S'id'\ntR.garbage"), "it names os.system"},
        {CASE("cbuiltins\neval\n(S'1'\ntR."), "it names builtins.eval"},
        {CASE("\x80\4\x8C\5posix\x8C\6system\x93."), "posix.system"},
        {CASE("(S'id'\nios\nsystem\n."), "it names os.system"},
        {CASE("(cos\nsystem\nS'id'\no."), "it names os.system"},
        {CASE("c__builtin__\nexec\n."), "it names __builtin__.exec"},
        {CASE("cbuiltins\ngetattr\n."), "it names builtins.getattr"},
        {CASE("c__builtin__\nwhatever\n."), "__builtin__.whatever"},
        {CASE("cbuiltins\nstr.format\n."), "it names builtins.str.format"},
        {CASE("csubprocess\nPopen\n."), "it names subprocess.Popen"},
        {CASE("cos.path\njoin\n."), "it names os.path.join"},
        {CASE("cknown\nos.system\n."), "it names known.os.system"},
        {CASE("cknown\nClass.__builtins__.dict\n."), "is refused"},
        {CASE("cknown\nClass.eval\n."), "it names known.Class.eval"},
        {CASE("cnumpy.testing._private.utils\nrunstring\n."), "runstring"},
        {CASE("ctorch.serialization\nload\n."), "torch.serialization.load"},
        {CASE("cos\n\x1b[31m\n."), "it names os.?[31m"},
        {CASE("cos\n\n."), "it names os., which"},
        {CASE("K\1K\2\x93."), "a global without a name"},
        {CASE("K\1)R."), "a call of something that is not a global"},
        {CASE("cknown\nClass\nK\1R."),
         "a call of something that is not a global"},
        {CASE("cknown\nClass\n)}K\1K\2s\x92."), "named arguments"},
        {CASE("\x82\1."), "opcode 0x82 is not supported"},
        {CASE("\x83\1\1."), "opcode 0x83 is not supported"},
        {CASE("\x84\1\1\1\1."), "opcode 0x84 is not supported"},
        {CASE("P\\\n."), "a text with escapes"},
        {CASE("\x97."), "opcode 0x97 is not supported"},
        {CASE("K\1}b."), "attributes for something"},
        {CASE("ccollections\nOrderedDict\nK\1\x85R."), "made from something"},
        {CASE("ca\nB\nb."), "no value on the stack"},
        {CASE("ca\nB\nK\1R."), "a call of something that is not a global"},
        {CASE("VB\n)R."), "a call of something that is not a global"},
        {CASE("ccollections\nOrderedDict\n]K\1a\x85R."),
         "a dict made from something other than pairs"},
        /* the stack */
        {CASE("."), "byte 0 of the pickle: no value on the stack"},
        {CASE("0."), "no value on the stack"},
        {CASE("2."), "no value on the stack"},
        {CASE("(."), "no value on the stack"},
        {CASE("(2."), "no value on the stack"},
        {CASE("R."), "no value on the stack"},
        {CASE("b."), "no value on the stack"},
        {CASE("Q."), "no value on the stack"},
        {CASE("a."), "no value on the stack"},
        {CASE("K\1a."), "no value on the stack"},
        {CASE("(K\1a."), "no value on the stack"},
        {CASE("K\1K\1a."), "items for something that is not a list"},
        {CASE("K\1\x86."), "no value on the stack"},
        {CASE("K\1(\x86."), "no value on the stack"},
        {CASE("(o."), "no value on the stack"},
        {CASE("q\1."), "no value on the stack"},
        {CASE("\x94."), "no value on the stack"},
        {CASE("t."), "no mark"},
        {CASE("e."), "no mark"},
        {CASE("1."), "no mark"},
        {CASE("o."), "no mark"},
        {CASE("iknown\nClass\n."), "no mark"},
        {CASE("(e."), "no value on the stack"},
        {CASE("((e."), "items for something that is not a list"},
        {CASE("](K\1K\2u."), "items for something that is not a dict"},
        {CASE("}(K\1u."), "items for something that is not a dict"},
        {CASE("(K\1d."), "a key without a value"},
        {CASE("K\1K\2."), "1 values are left"},
        {CASE("K\1.K\2."), "3 bytes after the pickle's end"},
        {CASE(""), "ends without a stop"},
        {CASE("K\1"), "ends without a stop"},
        /* the memo */
        {CASE("h\0."), "memo slot 0 is empty"},
        {CASE("g5\n."), "memo slot 5 is empty"},
        {CASE("g-1\n."), "a memo slot that is not a number"},
        {CASE("Nq\1h\0."), "memo slot 0 is empty"},
        {CASE("Nr\xFF\xFF\xFF\xFF."), "memo slot 4294967295 is out of reach"},
        {CASE("Np9999999\n."), "memo slot 9999999 is out of reach"},
        {CASE("Np99999999999999999999\n."), "a memo slot that is not a number"},
        /* lengths */
        {CASE("X\xFF\xFF\xFF\xFF."), "4294967295 bytes where 1 are left"},
        {CASE("\x8D\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F."),
         "9223372036854775807 bytes where 1 are left"},
        {CASE("\x8E\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF."), "where 1 are left"},
        {CASE("T\xFF\xFF\xFF\xFF."), "where 1 are left"},
        {CASE("\x8B\xFF\xFF\xFF\xFF."), "of negative length"},
        {CASE("\x8B\xFF\xFF\xFF\x7F."), "where 1 are left"},
        {CASE("\x95\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFFN."),
         "a frame of 18446744073709551615 bytes where 2 are left"},
        {CASE("J\1"), "4 bytes where 1 are left"},
        {CASE("G\1"), "8 bytes where 1 are left"},
        {CASE("cknown"), "a line without an end"},
        {CASE("I1x\n."), "\"1x\" is not a whole number"},
        {CASE("I\n."), "\"\" is not a whole number"},
        {CASE("I99999999999999999999\n."), "is not a whole number"},
        {CASE("L1x\n."), "with letters"},
        {CASE("Fabc\n."), "\"abc\" is not a number"},
        {CASE("Sabc\n."), "a text without quotes"},
        {CASE("S'a\\n'\n."), "a text with escapes"},
        {CASE("\x80\6."), "protocol 6"},
        {CASE("\xFF."), "opcode 0xFF is not supported"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pickle *tree = NULL;
        CHECK_FAILS(parse(cases[i].bytes, cases[i].size, &tree),
                    ELMAN_BAD_FORMAT, cases[i].message);
    }
}

/* ---- Large and twisted -------------------------------------------------- */

/* A text of count repeats of middle. */
static char *repeat(const char *first, const char *middle, size_t count,
                    const char *last, size_t *size)
{
    size_t bytes = strlen(middle);
    char *text = malloc(strlen(first) + count * bytes + strlen(last) + 1), *at;
    if (!text) abort();
    at = stpcpy(text, first);
    for (size_t i = 0; i < count; i++, at += bytes)
        memcpy(at, middle, bytes);
    *size = (size_t)(stpcpy(at, last) - text);
    return text;
}

TEST(nesting_however_deep_is_read_and_freed)
{
    enum { DEEP = 200000 };
    static const struct {
        const char *first, *middle;
    } cases[] = {{"]", "]a"}, {")", "\x85"}};
    for (size_t i = 0; i < 2; i++) {
        pickle *tree = NULL;
        size_t size;
        char *bytes = repeat(cases[i].first, cases[i].middle, DEEP, ".", &size);
        if (i == 0) { /* all lists, then each into the one below */
            memset(bytes, ']', DEEP + 1);
            memset(bytes + DEEP + 1, 'a', DEEP);
        }
        CHECK_OK(parse(bytes, size, &tree));
        const pickle_value *value = pickle_root(tree);
        size_t deep = 0;
        for (; value->count; value = value->is.items[0])
            deep++;
        assert_int_equal(deep, DEEP);
        pickle_close(tree);
        free(bytes);
    }
}

TEST(values_that_hold_themselves_are_shared)
{
    pickle *tree = NULL;
    CHECK_OK(PARSE("]q\1h\1a.", &tree));
    assert_ptr_equal(pickle_root(tree)->is.items[0], pickle_root(tree));
    pickle_close(tree);
    CHECK_OK(PARSE("}q\1K\0h\1s.", &tree));
    assert_ptr_equal(pickle_root(tree)->is.items[1], pickle_root(tree));
    pickle_close(tree);

    /* 10^30 items: thirty lists, each ten times the one before */
    char bytes[4000], *at = stpcpy(bytes, "Np0\n0");
    for (int level = 0; level < 30; level++) {
        at += sprintf(at, "(");
        for (int i = 0; i < 10; i++)
            at += sprintf(at, "g%d\n", level);
        at += sprintf(at, "lp%d\n%s", level + 1, level < 29 ? "0" : ".");
    }
    CHECK_OK(parse(bytes, (size_t)(at - bytes), &tree));
    size_t values = 0, levels = 0;
    pickle_walk walk = {0};
    while (pickle_next(tree, &walk))
        values++;
    assert_int_equal(values, 30);
    for (const pickle_value *v = pickle_root(tree); v->kind == PICKLE_LIST;
         v = v->is.items[9])
        levels++;
    assert_int_equal(levels, 30);
    pickle_close(tree);
}

TEST(a_list_cannot_be_copied_into_dicts_again_and_again)
{
    pickle *tree = NULL;
    size_t pairs_size, size;
    char *pairs = repeat("](", "NN\x86", 1000, "ep0\n0]", &pairs_size);
    char *bytes = repeat(pairs, "ccollections\nOrderedDict\ng0\n\x85Ra", 1000,
                         ".", &size);
    CHECK_FAILS(parse(bytes, size, &tree), ELMAN_BAD_FORMAT,
                "too many dicts made from one list");
    free(bytes);
    free(pairs);
}

TEST(more_values_than_any_state_dict_has_are_refused)
{
    static const struct {
        const char *middle, *message;
    } cases[] = {{"]0", "more than 4194304 values"},
                 {"N", "more than 4194304 values on the stack"}};
    for (size_t i = 0; i < 2; i++) {
        pickle *tree = NULL;
        size_t size;
        char *bytes = repeat("", cases[i].middle, (1 << 22) + 1, "N.", &size);
        CHECK_FAILS(parse(bytes, size, &tree), ELMAN_BAD_FORMAT,
                    cases[i].message);
        free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_scalar_is_read),
        cmocka_unit_test(every_container_holds_what_was_put_in),
        cmocka_unit_test(
            objects_of_unknown_classes_are_marks_with_what_belongs_to_them),
        cmocka_unit_test(classes_are_listed_once_and_bounded),
        cmocka_unit_test(calls_are_recorded_and_not_made),
        cmocka_unit_test(each_hostile_pickle_gives_its_own_sentence),
        cmocka_unit_test(nesting_however_deep_is_read_and_freed),
        cmocka_unit_test(values_that_hold_themselves_are_shared),
        cmocka_unit_test(a_list_cannot_be_copied_into_dicts_again_and_again),
        cmocka_unit_test(more_values_than_any_state_dict_has_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
