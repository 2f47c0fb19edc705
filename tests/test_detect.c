/* test_detect.c: the format of a file is detected by its content. */
#include "check.h"

#include "format/detect.h"
#include "format/file.h"
#include "golden_torch.h"
#include "zip_build.h"

static file_format detect_golden(const char *name)
{
    char *bytes = NULL;
    size_t size = 0;
    CHECK_OK(file_read(golden_torch_path(name), &bytes, &size));
    file_format format = format_detect(bytes, size);
    free(bytes);
    return format;
}

TEST(recorded_files_are_detected)
{
    static const struct {
        const char *name;
        file_format format;
    } cases[] = {
        {"state.pt", FORMAT_TORCH},
        {"state5.pt", FORMAT_TORCH},
        {"state_stream.pt", FORMAT_TORCH},
        {"state_stream1.pt", FORMAT_TORCH},
        {"checkpoint_deflated.pt", FORMAT_TORCH},
        {"program.pt", FORMAT_TORCH},
        {"exported.pt2", FORMAT_TORCH},
        {"inside.zip", FORMAT_TORCH},
        {"inside.tar", FORMAT_TORCH_TAR},
        {"arrays5.pkl", FORMAT_PICKLE},
        {"refused_pickle.pt", FORMAT_PICKLE},
        {"arrays.npz", FORMAT_NPZ},
        {"arrays_deflated.npz", FORMAT_NPZ},
        {"want.safetensors", FORMAT_SAFETENSORS},
        {"../onnx/node_lstm_defaults/model.onnx", FORMAT_ONNX},
        {"../onnx/node_lstm_defaults/input0_X.npy", FORMAT_NPY},
        {"../make_torch.py", FORMAT_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        file_format format = detect_golden(cases[i].name);
        CHECK(format == cases[i].format, "%s is %s", cases[i].name,
              format_name(format));
    }
}

TEST(zip_files_are_detected_by_their_entries)
{
    static const struct {
        zip_part parts[2];
        file_format format;
    } cases[] = {
        {{{.name = "a/data.pkl"}, {.name = "x.npy"}}, FORMAT_TORCH},
        {{{.name = "a.txt"}, {.name = "x.npy"}}, FORMAT_NPZ},
        {{{.name = "config.json"}, {.name = "model.weights.h5"}}, FORMAT_KERAS},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        zip_file zip = zip_build(cases[i].parts, 2);
        CHECK(format_detect(zip.bytes, zip.size) == cases[i].format, "case %zu",
              i);
        free(zip.bytes);
    }
}

TEST(first_bytes_decide_and_rubbish_is_unknown)
{
    static const struct {
        const char *bytes;
        size_t size;
        file_format format;
    } cases[] = {
        {"", 0, FORMAT_UNKNOWN},
        {"\x89HDF\r\n\x1A\n", 8, FORMAT_HDF5},
        {"\x93NUMPY", 6, FORMAT_NPY},
        {"\x93NUMP", 5, FORMAT_UNKNOWN},
        {"\2\0\0\0\0\0\0\0{}", 10, FORMAT_SAFETENSORS},
        {"\3\0\0\0\0\0\0\0{}", 10, FORMAT_SAFETENSORS}, /* cut short */
        {"\3\0\0\0\0\0\0\0{,", 10, FORMAT_UNKNOWN},
        {"\3\0\0\0\0\0\0\1{}", 10, FORMAT_UNKNOWN},
        {"\x80\4N.", 4, FORMAT_PICKLE},
        {"PK\3\4", 4, FORMAT_TORCH}, /* whose reader says what is wrong */
        {"\x08\7\x3A\0", 4, FORMAT_ONNX},
        {"\x08\7", 2, FORMAT_UNKNOWN},           /* no graph */
        {"\x08\7\x3A\1", 4, FORMAT_UNKNOWN},     /* longer than the file */
        {"\x08\7\x3A\0\x0B", 5, FORMAT_UNKNOWN}, /* a group */
        {"\x08\x80", 2, FORMAT_UNKNOWN},         /* no end */
        {"\0\0", 2, FORMAT_UNKNOWN},             /* field 0 */
        {"\x3A\0\x09"
         "12345678"
         "\x0D"
         "1234",
         16, FORMAT_ONNX},
        {"\x3A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\1", 11, FORMAT_UNKNOWN},
        {"\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\1\x3A\0", 14,
         FORMAT_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *bytes = malloc(cases[i].size + !cases[i].size);
        memcpy(bytes, cases[i].bytes, cases[i].size);
        file_format format = format_detect(bytes, cases[i].size);
        CHECK(format == cases[i].format, "case %zu is %s", i,
              format_name(format));
        free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recorded_files_are_detected),
        cmocka_unit_test(zip_files_are_detected_by_their_entries),
        cmocka_unit_test(first_bytes_decide_and_rubbish_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
