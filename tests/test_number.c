/*
 * test_number.c: decimal numbers of any length become the nearest double: as
 * strtod says, where the C library's is exact, and by hand where it matters.
 */
#include "check.h"
#include "format/half.h"
#include "format/number.h"

#include <float.h>

enum { LONG = 1200, ROUNDS = 20000 };

static void check_number(const char *text)
{
    char *end_there;
    const char *end;
    double got, want = strtod(text, &end_there);
    const number_kind kind = number_read(text, &end, &got);

    CHECK(end == end_there, "%s: ends at '%s'", text, end);
    if (isinf(want)) {
        CHECK(kind == NUMBER_TOO_LARGE && isnan(got), "%s", text);
        return;
    }
    CHECK(kind == NUMBER_VALUE, "%s: kind %d", text, (int)kind);
    CHECK(!memcmp(&got, &want, sizeof got), "%s: %a, not %a", text, got, want);
}

static uint64_t draw(void)
{
    static uint64_t seed = 1;
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return seed >> 32;
}

/* A finite double of any bits; a third of them are denormal. */
static double draw_double(void)
{
    uint64_t bits = draw() << 32 | draw();
    if (draw() % 3 == 0) bits &= ~(0x7ffull << 52);
    double x;
    memcpy(&x, &bits, sizeof x);
    return isfinite(x) ? x : 1;
}

TEST(every_double_is_read_from_enough_digits)
{
    char text[LONG];
    for (int round = 0; round < ROUNDS; round++) {
        const double x = draw_double();
        const int digits = 1 + (int)(draw() % 25);
        snprintf(text, sizeof text, "%.*e", digits, x);
        check_number(text);

        /* with or without an exponent, and with zeros that mean nothing */
        if (fabs(x) > 1e-300 && fabs(x) < 1e300) {
            snprintf(text, sizeof text, "%.*f", digits, x);
            check_number(text);
        }
        snprintf(text, sizeof text, "000%llu.000%llue%d",
                 (unsigned long long)draw(), (unsigned long long)draw(),
                 (int)(draw() % 700) - 350);
        check_number(text);
    }
}

/* Exact in long double, where that has more bits than double. */
TEST(the_middle_between_two_doubles_goes_to_the_even_one)
{
    char text[LONG];
    for (int round = 0; round < ROUNDS; round++) {
        const double x =
            ldexp(1 + (double)draw() * 0x1p-32, (int)(draw() % 200) - 100);
        const double y = nextafter(x, INFINITY);
        const long double middle = (long double)x / 2 + (long double)y / 2;

        /* the last of many digits decides */
        snprintf(text, sizeof text, "%.400Lf", middle);
        check_number(text);
        text[strlen(text) - 1] = '1';
        check_number(text);
    }
}

TEST(hard_numbers_are_right)
{
    static const char *const numbers[] = {
        "9007199254740993",
        "9007199254740992.99999999999999999999999999",
        "9007199254740993.00000000000000000000000001",
        "2.2250738585072011e-308",
        "2.2250738585072012e-308",
        "2.2250738585072014e-308",
        "4.9406564584124654e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "1.7976931348623159e308",
        "1.797693134862315808e308",
        "-1e400",
        "-1e-400",
        "1e-99999999999999999999999",
        "0e99999999999999999999999",
        "1e99999999999999999999999",
        "6.631236846766476e-316",
        "3."
        "237883913302901289588352412501532174863037669423108059901297049552301"
        "970670676565786835742587799557860615776559838283435514391084153169252"
        "689190564396459577394618038928365305143463955100356696665629202017331"
        "344031730044369360205258345803431471660032699580731300954848363975548"
        "690010751530018881758184174569652173110473696022749934638425380623369"
        "774736560008997404060967498028389191878963968575439222206416981462690"
        "113342524002724385941651051293552601421155333430225237291523843322331"
        "326138431477823591142408800030775170625915670728657003151953664260769"
        "822494937951845801530895238439819708403389937873241463484205608000027"
        "270531106827387907791444918534771598750162812548862768493201518991668"
        "028251730299953143924168545708663913273994694463908672332763671875E-31"
        "9",
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        check_number(numbers[i]);
}

/* Zeros and digits without end, before and behind the point. */
TEST(a_number_may_be_as_long_as_it_likes)
{
    enum { MANY = 100000 };
    char *text = malloc(2 * MANY + 64);
    assert_non_null(text);

    memset(text, '0', MANY);
    snprintf(text + MANY, 64, "12345678901234567890");
    check_number(text);

    snprintf(text, 8, "0.");
    memset(text + 2, '0', MANY);
    snprintf(text + 2 + MANY, 64, "12345678901234567890e%d", MANY);
    check_number(text);

    memset(text, '7', MANY);
    snprintf(text + MANY, 64, "e-%d", MANY);
    check_number(text);
    memset(text, '0', MANY);
    text[0] = '1';
    text[MANY / 2] = '.';
    snprintf(text + MANY, 64, "1e-%d", MANY / 2);
    check_number(text);
    free(text);
}

TEST(what_follows_a_number_is_not_read)
{
    const char *end;
    double value;
    assert_int_equal(number_read("12345678901234567.5.25", &end, &value),
                     NUMBER_VALUE);
    assert_string_equal(end, ".25");
    assert_true(value == 12345678901234567.5);
}

TEST(every_half_is_the_nearest_to_itself_and_around)
{
    enum { SIGN = 0x8000, INFINITE = 0x7C00 };
    for (unsigned bits = 0; bits < INFINITE; bits++) {
        uint16_t h = (uint16_t)bits, minus = (uint16_t)(bits | SIGN);
        double value = (double)half_widen(h),
               next = (double)half_widen((uint16_t)(bits + 1));
        assert_int_equal(half_narrow(value), h);
        assert_int_equal(half_narrow(-value), minus);
        if (bits + 1 == INFINITE) continue;

        /* the middle goes to the even one of the two */
        double middle = (value + next) / 2, little = (next - value) / 1024;
        assert_int_equal(half_narrow(middle), h + (h & 1));
        assert_int_equal(half_narrow(middle - little), h);
        assert_int_equal(half_narrow(middle + little), h + 1);
    }
    assert_int_equal(half_narrow(65520), INFINITE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_double_is_read_from_enough_digits),
        cmocka_unit_test(the_middle_between_two_doubles_goes_to_the_even_one),
        cmocka_unit_test(hard_numbers_are_right),
        cmocka_unit_test(a_number_may_be_as_long_as_it_likes),
        cmocka_unit_test(what_follows_a_number_is_not_read),
        cmocka_unit_test(every_half_is_the_nearest_to_itself_and_around),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
