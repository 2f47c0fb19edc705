/*
 * page.c: the page of an inspection as Python has it: with its sentences, and
 * the eigenvalues that NumPy has found where the library has none. The page is
 * written of a copy that points to them.
 */
#include "core.h"

#include <string.h>

/* What is shown in place of what the library has. */
typedef struct page {
    core *core;
    elman_inspection shown;
    elman_finding *findings;
    elman_absence *absences;
    elman_spectrum spectrum;
    elman_spectrum_matrix *matrices;
    elman_fixed_points points;
    elman_fixed_point *point;
    PyObject *kept; /* list: objects whose memory is pointed to */
} page;

/* A copy of count structs of size bytes, or NULL and MemoryError. */
static void *copied(const void *from, size_t count, size_t size)
{
    void *made = PyMem_Malloc(count ? count * size : 1);
    if (!made) return PyErr_NoMemory();
    if (count) memcpy(made, from, count * size);
    return made;
}

/* Whether rows is a sequence of so many. */
static bool has_rows(const page *p, PyObject *rows, size_t count,
                     const char *name)
{
    Py_ssize_t found = PySequence_Size(rows);
    if (found >= 0 && (size_t)found == count) return true;
    if (found >= 0)
        errors_bad_value(p->core, "%s has %zd rows, expected %zd", name, found,
                         (Py_ssize_t)count);
    return false;
}

/* A text as UTF-8 that lives as long as the page; None is NULL. */
static bool keep_text(page *p, PyObject *object, const char **text)
{
    *text = NULL;
    if (object == Py_None) return true;
    *text = PyUnicode_AsUTF8AndSize(object, NULL);
    return *text && PyList_Append(p->kept, object) == 0;
}

/* (n) doubles that live as long; an owner of the copy is kept. */
static bool keep_doubles(page *p, PyObject *object, size_t n, const char *name,
                         const double **values)
{
    array a;
    const Py_ssize_t shape = (Py_ssize_t)n;
    if (!array_argument(p->core, object, ARRAY_FLOAT64, name, &a)) return false;
    bool good = array_fits(p->core, &a, name, 1, &shape);
    PyObject *bytes = good ? PyBytes_FromStringAndSize(
                                 a.data, (Py_ssize_t)(a.count * sizeof(double)))
                           : NULL;
    array_release(&a);
    good = bytes && PyList_Append(p->kept, bytes) == 0;
    if (good) *values = (const double *)(const void *)PyBytes_AsString(bytes);
    Py_XDECREF(bytes);
    return good;
}

/* ---- rows ------------------------------------------------------------------
 */

/* Findings are (text, advice). */
static bool take_finding(page *p, size_t i, PyObject *row)
{
    PyObject *text, *advice;
    elman_finding *f = p->findings + i;
    return PyArg_ParseTuple(row, "UO", &text, &advice) &&
           keep_text(p, text, &f->text) && keep_text(p, advice, &f->advice);
}

/* Absences are why. */
static bool take_absence(page *p, size_t i, PyObject *why)
{
    return keep_text(p, why, &p->absences[i].why);
}

/* Matrices are (real, imaginary, radius, norm). */
static bool take_matrix(page *p, size_t i, PyObject *row)
{
    PyObject *real, *imaginary;
    elman_spectrum_matrix *m = p->matrices + i;
    return PyArg_ParseTuple(row, "OOdd", &real, &imaginary, &m->radius,
                            &m->norm) &&
           keep_doubles(p, real, m->n, "real", &m->real) &&
           keep_doubles(p, imaginary, m->n, "imaginary", &m->imaginary);
}

/* Points are (real, imaginary, radius, unstable, stable), or None as it is. */
static bool take_point(page *p, size_t i, PyObject *row)
{
    PyObject *real, *imaginary;
    elman_fixed_point *f = p->point + i;
    int stable;
    if (row == Py_None) return true;
    if (!PyArg_ParseTuple(row, "OOdO&p", &real, &imaginary, &f->radius,
                          size_argument, &f->unstable, &stable))
        return false;
    f->stable = stable;
    return keep_doubles(p, real, p->points.n, "real", &f->real) &&
           keep_doubles(p, imaginary, p->points.n, "imaginary", &f->imaginary);
}

static bool take_rows(page *p, PyObject *rows, size_t count, const char *name,
                      bool (*take)(page *, size_t, PyObject *))
{
    if (!has_rows(p, rows, count, name)) return false;
    for (size_t i = 0; i < count; i++) {
        PyObject *row = PySequence_GetItem(rows, (Py_ssize_t)i);
        bool taken = row && take(p, i, row);
        Py_XDECREF(row);
        if (!taken) return false;
    }
    return true;
}

/* ---- the page --------------------------------------------------------------
 */

static bool take_sentences(page *p, PyObject *findings, PyObject *absences)
{
    elman_inspection *shown = &p->shown;
    size_t count = shown->finding_count, absent = shown->absence_count;
    p->findings = copied(shown->findings, count, sizeof *p->findings);
    p->absences = copied(shown->absences, absent, sizeof *p->absences);
    shown->findings = p->findings;
    shown->absences = p->absences;
    return p->findings && p->absences &&
           take_rows(p, findings, count, "findings", take_finding) &&
           take_rows(p, absences, absent, "absences", take_absence);
}

static bool take_spectrum(page *p, PyObject *matrices)
{
    if (matrices == Py_None || !p->shown.spectrum) return true;
    p->spectrum = *p->shown.spectrum;
    size_t count = p->spectrum.count;
    p->matrices =
        copied(p->spectrum.matrices, count, sizeof *p->spectrum.matrices);
    if (!p->matrices || !take_rows(p, matrices, count, "matrices", take_matrix))
        return false;
    p->spectrum.matrices = p->matrices;
    if (count) p->spectrum.absent = NULL;
    p->shown.spectrum = &p->spectrum;
    return true;
}

static bool take_points(page *p, PyObject *points)
{
    if (points == Py_None || !p->shown.fixed_points) return true;
    p->points = *p->shown.fixed_points;
    size_t count = p->points.count;
    p->point = copied(p->points.points, count, sizeof *p->point);
    if (!p->point || !take_rows(p, points, count, "points", take_point))
        return false;
    p->points.points = p->point;
    p->points.absent = NULL;
    p->shown.fixed_points = &p->points;
    return true;
}

PyObject *page_save(core *core, model_data *m, const elman_inspection *found,
                    PyObject *args)
{
    PyObject *path, *findings, *absences, *matrices, *points;
    if (!PyArg_ParseTuple(args, "OOOOO:save", &path, &findings, &absences,
                          &matrices, &points))
        return NULL;

    // what is shown
    page p = {.core = core, .shown = *found, .kept = PyList_New(0)};
    const char *text = NULL;
    PyObject *bytes = path_read(path, &text);
    bool good = bytes && p.kept && take_sentences(&p, findings, absences) &&
                take_spectrum(&p, matrices) && take_points(&p, points) &&
                model_begin_reading(m);

    PyObject *result = NULL;
    if (good) {
        elman_status status = elman_report_save(&p.shown, text);
        model_end_reading(m);
        result = errors_none(core, status);
    }
    PyMem_Free(p.findings);
    PyMem_Free(p.absences);
    PyMem_Free(p.matrices);
    PyMem_Free(p.point);
    Py_XDECREF(p.kept);
    Py_XDECREF(bytes);
    return result;
}
