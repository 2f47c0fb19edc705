/* init.c: the rules that draw a parameter. */
#include "layer/init.h"

#include "base/real.h"

#include <math.h>
#include <string.h>

/* ---- Checks ------------------------------------------------------------- */

static const struct {
    const char *name;
    bool matrix;   /* needs two dimensions */
    bool negative; /* its value may be below 0 */
} rules[] = {
    [ELMAN_INIT_DEFAULT] = {"default", false, false},
    [ELMAN_INIT_CONSTANT] = {"constant", false, true},
    [ELMAN_INIT_UNIFORM] = {"uniform", false, false},
    [ELMAN_INIT_NORMAL] = {"Gaussian", false, false},
    [ELMAN_INIT_XAVIER_UNIFORM] = {"Xavier uniform", true, false},
    [ELMAN_INIT_XAVIER_NORMAL] = {"Xavier normal", true, false},
    [ELMAN_INIT_HE_UNIFORM] = {"He uniform", true, false},
    [ELMAN_INIT_HE_NORMAL] = {"He normal", true, false},
    [ELMAN_INIT_ORTHOGONAL] = {"orthogonal", true, false},
    [ELMAN_INIT_IDENTITY] = {"identity", true, true},
};

static elman_status check(const parameter *p)
{
    size_t kind = (size_t)p->init.kind;
    double value = p->init.value;

    /* the rule and its value */
    if (kind >= sizeof rules / sizeof *rules)
        return failure(ELMAN_BAD_VALUE, "init kind is %d, expected 0 to %d",
                       (int)p->init.kind, ELMAN_INIT_IDENTITY);
    if (!isfinite(value) || (value < 0 && !rules[kind].negative))
        return failure(ELMAN_BAD_VALUE,
                       "the value of %s init is %g, expected a finite "
                       "number%s",
                       rules[kind].name, value,
                       rules[kind].negative ? "" : " of 0 or more");
    if (kind == ELMAN_INIT_DEFAULT && value != 0)
        return failure(ELMAN_BAD_VALUE,
                       "the value of init is %g, but the default rule "
                       "takes none",
                       value);

    /* what the rule needs of the parameter */
    if (rules[kind].matrix && p->rank != 2)
        return failure(ELMAN_BAD_VALUE, "%s init needs 2 dimensions, found %zu",
                       rules[kind].name, p->rank);

    /* additions to an LSTM's biases */
    if (!isfinite((double)p->forget_bias))
        return failure(ELMAN_BAD_VALUE,
                       "forget_bias is %g, expected a finite number",
                       (double)p->forget_bias);
    if (p->chrono != 0 && !(p->chrono > 2 && isfinite(p->chrono)))
        return failure(ELMAN_BAD_VALUE,
                       "chrono is %g, expected more than 2 steps",
                       (double)p->chrono);
    return ELMAN_OK;
}

/* ---- Element by element ------------------------------------------------- */

enum { CHUNK = 256 }; /* numbers at a time, to stay in the first cache */

static size_t chunk(size_t n, size_t begin)
{
    return n - begin < CHUNK ? n - begin : CHUNK;
}

static void draw_uniform(random_key key, double mean, double bound, size_t n,
                         float *values)
{
    float drawn[CHUNK];
    for (size_t begin = 0; begin < n; begin += CHUNK) {
        size_t count = chunk(n, begin);
        random_fill_uniform(key, begin, count, drawn);
        for (size_t i = 0; i < count; i++)
            values[begin + i] =
                (float)(mean + bound * (2 * (double)drawn[i] - 1));
    }
}

static void draw_gaussian(random_key key, double sigma, size_t n, float *values)
{
    double drawn[CHUNK];
    for (size_t begin = 0; begin < n; begin += CHUNK) {
        size_t count = chunk(n, begin);
        random_fill_gaussian(key, begin, count, drawn);
        for (size_t i = 0; i < count; i++)
            values[begin + i] = (float)(sigma * drawn[i]);
    }
}

static void draw_constant(double value, size_t n, float *values)
{
    for (size_t i = 0; i < n; i++)
        values[i] = (float)value;
}

static void draw_default(const parameter *p, random_key key, float *values)
{
    if (p->bound > 0) draw_uniform(key, p->mean, p->bound, p->count, values);
    else if (p->bound < 0) draw_constant(-p->bound - 1, p->count, values);
    else draw_gaussian(key, 1, p->count, values);
}

/* ---- Block by block ----------------------------------------------------- */

static void draw_identity(double value, size_t rows, size_t columns,
                          float *block)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < columns; c++)
            block[r * columns + c] = r == c ? (float)value : 0;
}

/* Makes the columns of a (length,few) orthonormal, the first one first:
 * modified Gram & Schmidt, which is QR with a positive diagonal, the sign that
 * torch.nn.init.orthogonal_ chooses. A square Gaussian matrix has a condition
 * of about its size, so what double loses stays far below a float's digits.
 * The inner loops run along rows: they are vectors without reordering a sum.
 * dots has room for few numbers. */
static void make_orthonormal(size_t length, size_t few, double *a, double *dots)
{
    for (size_t j = 0; j < few; j++) {
        double square = 0;
        for (size_t e = 0; e < length; e++)
            square += a[e * few + j] * a[e * few + j];

        double scale = 1 / sqrt(square);
        for (size_t e = 0; e < length; e++)
            a[e * few + j] *= scale;

        /* take its direction out of all later columns */
        memset(dots, 0, few * sizeof *dots);
        for (size_t e = 0; e < length; e++)
            for (size_t k = j + 1; k < few; k++)
                dots[k] += a[e * few + j] * a[e * few + k];
        for (size_t e = 0; e < length; e++)
            for (size_t k = j + 1; k < few; k++)
                a[e * few + k] -= a[e * few + j] * dots[k];
    }
}

/* Fills a block (rows,columns) that begins at element first of its parameter.
 * room holds the block and as many numbers as the shorter side has. */
static void draw_orthogonal(random_key key, uint64_t first, double gain,
                            size_t rows, size_t columns, double *room,
                            float *block)
{
    bool tall = rows >= columns;
    size_t few = tall ? columns : rows;

    /* a tall Gaussian block: a wide one is transposed */
    for (size_t r = 0; r < rows && tall; r++)
        random_fill_gaussian(key, first + r * columns, columns, room + r * few);
    for (size_t r = 0; r < rows && !tall; r++)
        for (size_t c = 0, n; c < columns; c += n) {
            double drawn[CHUNK];
            n = chunk(columns, c);
            random_fill_gaussian(key, first + r * columns + c, n, drawn);
            for (size_t i = 0; i < n; i++)
                room[(c + i) * few + r] = drawn[i];
        }

    make_orthonormal(tall ? rows : columns, few, room, room + rows * columns);

    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < columns; c++)
            block[r * columns + c] =
                (float)(gain * room[tall ? r * few + c : c * few + r]);
}

static elman_status draw_blocks(const parameter *p, random_key key, double gain,
                                float *values)
{
    size_t gates = p->gate_count ? p->gate_count : 1, columns = p->shape[1];
    size_t rows = p->shape[0] / gates, size = rows * columns;

    /* an orthogonal block is made in double */
    bool orthogonal = p->init.kind == ELMAN_INIT_ORTHOGONAL;
    double *room = NULL;
    if (orthogonal) {
        size_t bytes, side = rows < columns ? rows : columns;
        if (sizes_multiply(size + side, sizeof *room, 1, &bytes))
            room = block_create(bytes);
        if (!room)
            return failure(ELMAN_NO_MEMORY,
                           "no memory to draw an orthogonal block of %zu "
                           "by %zu",
                           rows, columns);
    }

    /* each gate by itself, as PyTorch's users do */
    for (size_t gate = 0; gate < gates; gate++) {
        float *block = values + gate * size;
        if (orthogonal)
            draw_orthogonal(key, gate * size, gain, rows, columns, room, block);
        else draw_identity(gain, rows, columns, block);
    }
    block_destroy(room);
    return ELMAN_OK;
}

/* ---- Gates that remember ------------------------------------------------ */

/* Tallec & Ollivier 2018: b_f = log U(1, longest - 1), b_i = -b_f. Blocks are
 * i f g o. */
static void draw_chrono(const parameter *p, random_key key, float *values)
{
    size_t H = p->count / 4;
    bool zero = strcmp(p->role, "bias_ih") != 0;

    for (size_t j = 0; j < H; j++) {
        double u = (double)random_uniform(key, j);
        double b = real_log(1 + u * ((double)p->chrono - 2));
        values[j] = zero ? 0 : (float)-b;
        values[H + j] = zero ? 0 : (float)b;
    }
}

/* ---- All rules ---------------------------------------------------------- */

elman_status init_parameter(const parameter *p, uint64_t seed, uint32_t which,
                            float *values)
{
    TRY(check(p));
    random_key key = {seed, RANDOM_WEIGHTS, which};
    double value = p->init.value, gain = value > 0 ? value : 1;

    /* fan in, and fan in plus fan out */
    double he = value > 0 ? value : sqrt(2);
    double in = p->rank == 2 ? (double)p->shape[1] : 1;
    double both = in + (double)p->shape[0];
    size_t n = p->count;

    switch (p->init.kind) {
    case ELMAN_INIT_DEFAULT:
        draw_default(p, key, values);
        break;
    case ELMAN_INIT_CONSTANT:
        draw_constant(value, n, values);
        break;
    case ELMAN_INIT_UNIFORM:
        draw_uniform(key, 0, value, n, values);
        break;
    case ELMAN_INIT_NORMAL:
        draw_gaussian(key, value, n, values);
        break;
    case ELMAN_INIT_XAVIER_UNIFORM:
        draw_uniform(key, 0, gain * sqrt(6 / both), n, values);
        break;
    case ELMAN_INIT_XAVIER_NORMAL:
        draw_gaussian(key, gain * sqrt(2 / both), n, values);
        break;
    case ELMAN_INIT_HE_UNIFORM:
        draw_uniform(key, 0, he * sqrt(3 / in), n, values);
        break;
    case ELMAN_INIT_HE_NORMAL:
        draw_gaussian(key, he / sqrt(in), n, values);
        break;
    case ELMAN_INIT_ORTHOGONAL:
        TRY(draw_blocks(p, key, gain, values));
        break;
    case ELMAN_INIT_IDENTITY:
        TRY(draw_blocks(p, key, value != 0 ? value : 1, values));
        break;
    }

    /* the biases of gates that remember */
    if (p->chrono != 0) draw_chrono(p, key, values);
    for (size_t j = n / 4; p->forget_bias != 0 && j < n / 2; j++)
        values[j] += p->forget_bias;
    return ELMAN_OK;
}
