/* test_text_kind.c: what kind of data a text is. */
#include "check.h"

#include "format/text_kind.h"

TEST(kinds_are_detected_by_content)
{
    static const struct {
        const char *text;
        text_kind kind;
    } cases[] = {
        {"@relation slope\n@attribute a numeric\n@data\n1,2,3,a\n", TEXT_ARFF},
        {"% remarks\n\n@RELATION 'x y'\n@ATTRIBUTE a REAL\n@DATA\n", TEXT_ARFF},
        {"@problemName slope\n@timeStamps false\n@data\n1,2:1\n", TEXT_TS},
        {"%# cut\n%\n@problemName x\n@missing false\n@data\n1:1\n", TEXT_TS},
        {"# cut\n@univariate true\n@classLabel true 1 2\n@data\n", TEXT_TS},
        {"# y\n@relation y\n@attribute series_name string\n@frequency yearly\n"
         "@horizon 4\n@missing false\n@equallength false\n@data\nT1:1,2\n",
         TEXT_TSF},
        {"@relation y\n@attribute s string\n@missing true\n"
         "@equallength false\n@data\nT1:1,2\n",
         TEXT_TSF},
        {"   1.0e+00   2.0e+00\n   2.0e+00   3.0e+00\n", TEXT_NUMBERS},
        {"1,1,2,3\n2,1,0,-1\n", TEXT_NUMBERS},
        {"1\t1\t2\n2\t1\n", TEXT_NUMBERS},
        {"1\tNaN\t2\n2\t?\t5\n", TEXT_NUMBERS},
        {"112\r118\r132\r", TEXT_NUMBERS},
        {"date,x\n2020-01-01,1\n2020-01-02,2\n", TEXT_TABLE},
        {"x\n1\n2\n", TEXT_TABLE},
        {",0\n0,5\n1,6\n", TEXT_TABLE},
        {"A B\n1 2\n3 4\n", TEXT_TABLE},
        {"# made\nx;y\n1,5;2\n3,5;4\n", TEXT_TABLE},
        {"2020-01-01,1\n2020-01-02,2\n2020-01-03,2\n", TEXT_TABLE},
        {"\x93NUMPY", TEXT_NPY},
        {"PK\3\4", TEXT_NPZ},
        {"", TEXT_PROSE},
        {"42\n", TEXT_PROSE},
        {"The rain, left, and\nit was, so, it\nseems, over, now\n", TEXT_PROSE},
        {"text,label\ngood,yes\nbad,no\n", TEXT_PROSE},
        {"@someone said this\nto @another\n", TEXT_PROSE},
        {"# Title\n\nIn 1990 it was\ncold, and in 1991\nnot.\n", TEXT_PROSE},
        {"12+34=46\n1+2=3\n5+5=10\n", TEXT_PROSE},
        {"int main(void)\n{\n    return 0;\n}\n", TEXT_PROSE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        text_kind kind = text_detect(cases[i].text, strlen(cases[i].text));
        CHECK(kind == cases[i].kind, "case %zu is %s", i, text_kind_name(kind));
    }
}

TEST(random_text_is_survived)
{
    static const char alphabet[] = "12ab,;\t \"'\n\r#%.@";
    float draws[80];
    for (uint64_t run = 0; run < 10000; run++) {
        char *text = malloc(80);
        random_fill(run, 80, 0, 1, draws);
        size_t size = (size_t)(draws[0] * 78);
        text = realloc(text, size + 1);
        for (size_t i = 0; i < size; i++)
            text[i] = alphabet[(size_t)(draws[i + 1] * (sizeof alphabet - 1))];
        text[size] = 0;
        CHECK(text_kind_name(text_detect(text, size))[0], "%s", text);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_are_detected_by_content),
        cmocka_unit_test(random_text_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
