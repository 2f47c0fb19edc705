/*
 * test_spectrum.c: eigenvalues and norms of recurrent matrices: known ones, the
 * residual of random ones, and the stand-in of a build without LAPACK.
 */
#include "check.h"
#include "inspect/eigen.h"
#include "inspect/spectrum.h"
#include "model/model.h"

/* the stand-in, whatever this build has */
#define eigen_absent absent_reason
#define eigen_values absent_values
#define eigen_norm   absent_norm
const char *eigen_absent(void);
elman_status eigen_values(size_t n, const double *a, double *real,
                          double *imaginary, double *radius, double *residual);
elman_status eigen_norm(size_t n, const double *a, double *norm);
#include "inspect/eigen_absent.c"
#undef eigen_absent
#undef eigen_values
#undef eigen_norm

/* cos 0.6 and sin 0.6, times 0.9 */
static const double turn[4] = {0.7428, -0.50818, 0.50818, 0.7428};

static elman_spectrum *measure(elman_config config, elman_model **model)
{
    elman_spectrum *s;
    CHECK_OK(model_create(&config, model));
    CHECK_OK(spectrum_begin(*model, &s));
    while (!s->done)
        CHECK_OK(spectrum_step(s));
    CHECK(s->progress == 1, "%g", s->progress);
    return s;
}

static void fill(uint64_t which, size_t n, double *a)
{
    float *room = malloc(n * n * sizeof *room);
    assert_non_null(room);
    random_fill(which, n * n, -1, 1, room);
    for (size_t i = 0; i < n * n; i++)
        a[i] = (double)room[i];
    free(room);
}

/* ---- One matrix --------------------------------------------------------- */

TEST(eigenvalues_have_small_residuals_and_come_in_order)
{
    if (eigen_absent()) skip();
    static double a[70 * 70], real[70], imaginary[70];
    for (size_t n = 1; n <= 70; n += n < 8 ? 1 : 31) {
        double trace = 0, sum = 0, norm, radius, residual;
        fill(n, n, a);
        CHECK_OK(eigen_values(n, a, real, imaginary, &radius, &residual));
        CHECK_OK(eigen_norm(n, a, &norm));
        CHECK(residual <= 1e-12, "n %zu: %g", n, residual);
        CHECK(norm >= radius * (1 - 1e-12), "%g %g", norm, radius);

        for (size_t i = 0; i < n; i++) {
            trace += a[i * n + i];
            sum += real[i];
            double here = eigen_modulus(real[i], imaginary[i]);
            CHECK(here <= radius, "n %zu: %zu", n, i);
            if (i == 0) continue;
            double before = eigen_modulus(real[i - 1], imaginary[i - 1]);
            CHECK(before >= here * (1 - 1e-9), "n %zu: %zu", n, i);
            if (before == here && real[i] == real[i - 1])
                CHECK(imaginary[i - 1] >= imaginary[i], "n %zu: %zu", n, i);
        }
        CHECK(fabs(trace - sum) < 1e-10, "n %zu: %g %g", n, trace, sum);
    }
}

TEST(rounding_does_not_decide_the_order)
{
    double real[5] = {-1, 0.5, 1 - 1e-13, 0.6, 0.6};
    double imaginary[5] = {0, 0, 0, -0.8, 0.8};
    CHECK_OK(eigen_sort(5, real, imaginary));
    static const double want[5] = {1 - 1e-13, 0.6, 0.6, -1, 0.5};
    for (size_t i = 0; i < 5; i++)
        CHECK(real[i] == want[i], "%zu: %g", i, real[i]);
    CHECK(imaginary[1] == 0.8 && imaginary[2] == -0.8, "%g", imaginary[1]);
}

TEST(without_lapack_radius_and_norm_are_still_there)
{
    double radius, exact, residual;
    double norm, exact_norm, real[50], imaginary[50];
    static double a[50 * 50];
    CHECK(strstr(absent_reason(), "liblapacke-dev"), "%s", absent_reason());

    /* a pair; a shear, whose norm is larger; nothing that lasts; nothing */
    CHECK_OK(absent_values(2, turn, real, imaginary, &radius, &residual));
    CHECK(fabs(radius - 0.9) < 1e-3, "%g", radius);
    CHECK(isnan(residual), "%g", residual);
    const double shear[4] = {1, 100, 0, 0.5};
    CHECK_OK(absent_values(2, shear, real, imaginary, &radius, &residual));
    CHECK_OK(absent_norm(2, shear, &norm));
    CHECK(fabs(radius - 1) < 1e-3, "%g", radius);
    CHECK(fabs(norm - 100.00624) < 1e-3, "%g", norm);
    const double nilpotent[4] = {0, 2, 0, 0};
    CHECK_OK(absent_values(2, nilpotent, real, imaginary, &radius, &residual));
    CHECK_OK(absent_norm(2, nilpotent, &norm));
    CHECK(radius == 0 && fabs(norm - 2) < 1e-12, "%g %g", radius, norm);
    const double zero[4] = {0};
    CHECK_OK(absent_values(2, zero, real, imaginary, &radius, &residual));
    CHECK_OK(absent_norm(2, zero, &norm));
    CHECK(radius == 0 && norm == 0, "%g %g", radius, norm);
    const double wrong[4] = {1, NAN, 0, 1};
    CHECK_OK(absent_values(2, wrong, real, imaginary, &radius, &residual));
    CHECK_OK(absent_norm(2, wrong, &norm));
    CHECK(isnan(radius) && isnan(norm), "%g %g", radius, norm);

    if (eigen_absent()) return;
    for (size_t n = 3; n <= 50; n += 47) {
        fill(100 + n, n, a);
        CHECK_OK(absent_values(n, a, real, imaginary, &radius, &residual));
        CHECK_OK(eigen_values(n, a, real, imaginary, &exact, NULL));
        CHECK_OK(absent_norm(n, a, &norm));
        CHECK_OK(eigen_norm(n, a, &exact_norm));
        CHECK(fabs(radius / exact - 1) < 1e-3, "%g, not %g", radius, exact);
        CHECK(fabs(norm / exact_norm - 1) < 1e-3, "%g, not %g", norm,
              exact_norm);
    }
}

/* ---- Models ------------------------------------------------------------- */

TEST(each_gate_of_each_direction_is_a_matrix)
{
    elman_model *m;
    elman_spectrum *s = measure(
        (elman_config){.input_size = 2,
                       .layers = {{.kind = ELMAN_LSTM,
                                   .hidden_size = 5,
                                   .bidirectional = true},
                                  {.kind = ELMAN_RNN, .hidden_size = 2},
                                  {.kind = ELMAN_MINGRU, .hidden_size = 3}}},
        &m);
    CHECK(s->count == 9, "%zu", s->count);
    static const char *const names[] = {
        "rnn.weight_hh_l0 i", "rnn.weight_hh_l0 f", "rnn.weight_hh_l0 g",
        "rnn.weight_hh_l0 o", "rnn.weight_hh_l0_reverse i"};
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(s->matrices[i].name, names[i]);
    CHECK(s->matrices[8].n == 2, "%zu", s->matrices[8].n);
    CHECK(!strstr(s->matrices[8].name, " "), "%s", s->matrices[8].name);
    CHECK((s->absent != NULL) == (s->matrices[0].real == NULL), "%p",
          (const void *)s->absent);
    for (size_t i = 0; i < s->count && !s->absent; i++)
        CHECK(s->matrices[i].residual <= 1e-12, "%zu: %g", i,
              s->matrices[i].residual);
    spectrum_end(s);
    model_destroy(m);
}

TEST(a_gate_has_its_own_rows_and_a_projection_is_part_of_it)
{
    /* i, f, g, o of W_h (4 x 2, 1) and W_hr (1, 2): numbers */
    static const float hh[8] = {1, 2, 3, 4, -5, 6, 7, 8}, hr[2] = {0.5f, 0.25f};
    static const double want[4] = {1, 2.5, -1, 5.5};
    elman_config config = {
        .input_size = 1,
        .layers = {{.kind = ELMAN_LSTM, .hidden_size = 2, .proj_size = 1}}};
    elman_model *m;
    elman_spectrum *s;
    CHECK_OK(model_create(&config, &m));
    CHECK_OK(model_write(m, "rnn.weight_hh_l0", 8, hh));
    CHECK_OK(model_write(m, "rnn.weight_hr_l0", 2, hr));
    CHECK_OK(spectrum_begin(m, &s));
    while (!s->done)
        CHECK_OK(spectrum_step(s));
    for (size_t i = 0; i < 4; i++) {
        CHECK(s->matrices[i].n == 1, "%zu", s->matrices[i].n);
        CHECK(fabs(s->matrices[i].radius - fabs(want[i])) < 1e-3, "%g",
              s->matrices[i].radius);
        if (!s->absent)
            CHECK(s->matrices[i].real[0] == want[i], "%g",
                  s->matrices[i].real[0]);
    }
    spectrum_end(s);
    model_destroy(m);
}

TEST(a_vector_needs_no_lapack_and_no_weight_is_said)
{
    elman_model *m;
    elman_spectrum *s;
    static const float w[3] = {0.5f, -2, 1};
    elman_config config = {
        .input_size = 1, .layers = {{.kind = ELMAN_INDRNN, .hidden_size = 3}}};
    CHECK_OK(model_create(&config, &m));
    CHECK_OK(model_write(m, "rnn.weight_hh_l0", 3, w));
    CHECK_OK(spectrum_begin(m, &s));
    while (!s->done)
        CHECK_OK(spectrum_step(s));
    CHECK(!s->absent, "%s", s->absent);
    const elman_spectrum_matrix *a = s->matrices;
    CHECK(a->real[0] == -2 && a->real[1] == 1 && a->real[2] == 0.5, "%g",
          a->real[0]);
    CHECK(a->radius == 2 && a->norm == 2 && a->residual == 0, "%g", a->radius);
    spectrum_end(s);
    model_destroy(m);

    s = measure(
        (elman_config){.input_size = 1,
                       .layers = {{.kind = ELMAN_MINLSTM, .hidden_size = 3}}},
        &m);
    CHECK(s->count == 0 && strstr(s->absent, "no weight on h"), "%s",
          s->absent);
    CHECK_OK(spectrum_step(s));
    spectrum_end(s);
    model_destroy(m);

    CHECK_OK(model_create(
        &(elman_config){.input_size = 1,
                        .layers = {{.kind = ELMAN_LINEAR, .output_size = 2}}},
        &m));
    CHECK_FAILS(spectrum_begin(m, &s), ELMAN_BAD_VALUE, "no recurrent level");
    model_destroy(m);
}

TEST(weights_that_are_no_numbers_have_no_eigenvalues)
{
    static const float w[4] = {1, NAN, 0, 1};
    elman_config config = {.input_size = 1,
                           .layers = {{.kind = ELMAN_RNN, .hidden_size = 2}}};
    elman_model *m;
    elman_spectrum *s;
    CHECK_OK(model_create(&config, &m));
    CHECK_OK(model_write(m, "rnn.weight_hh_l0", 4, w));
    CHECK_OK(spectrum_begin(m, &s));
    while (!s->done)
        CHECK_OK(spectrum_step(s));
    CHECK(isnan(s->matrices[0].radius), "%g", s->matrices[0].radius);
    CHECK(isnan(s->matrices[0].norm), "%g", s->matrices[0].norm);
    spectrum_end(s);
    model_destroy(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eigenvalues_have_small_residuals_and_come_in_order),
        cmocka_unit_test(rounding_does_not_decide_the_order),
        cmocka_unit_test(without_lapack_radius_and_norm_are_still_there),
        cmocka_unit_test(each_gate_of_each_direction_is_a_matrix),
        cmocka_unit_test(
            a_gate_has_its_own_rows_and_a_projection_is_part_of_it),
        cmocka_unit_test(a_vector_needs_no_lapack_and_no_weight_is_said),
        cmocka_unit_test(weights_that_are_no_numbers_have_no_eigenvalues),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
