/*
 * replay.c: fuzz_NAME FILE|FOLDER...: the target on each file named and on
 * every file of each folder, without libFuzzer. Prints the name before it runs,
 * so that the last one is the one that failed. --seed PATH writes a valid input
 * instead.
 */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECONDS = 20 }; /* for one input; then it hangs */

static size_t files;

static void run_file(const char *path)
{
    struct stat about;
    FILE *file = fopen(path, "rb");
    if (!file || fstat(fileno(file), &about)) {
        perror(path);
        exit(2);
    }
    /* a block of just this size, so that a sanitizer sees each byte past it */
    size_t size = (size_t)about.st_size;
    uint8_t *data = malloc(size ? size : 1);
    if (!data || fread(data, 1, size, file) != size) abort();
    fclose(file);

    puts(path);
    fflush(stdout);
    alarm(SECONDS);
    fuzz_run(data, size);
    alarm(0);
    free(data);
    files++;
}

static void run_folder(const char *path)
{
    struct dirent **names;
    int count = scandir(path, &names, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char inside[4096];
        snprintf(inside, sizeof inside, "%s/%s", path, names[i]->d_name);
        if (names[i]->d_name[0] != '.') run_file(inside);
        free(names[i]);
    }
    if (count >= 0) free(names);
}

int main(int argc, char **argv)
{
    fuzz_prepare();
    if (argc == 3 && !strcmp(argv[1], "--seed")) {
        if (target.seed) target.seed(argv[2]);
        return target.seed ? 0 : 2;
    }
    for (int i = 1; i < argc; i++) {
        struct stat about;
        if (stat(argv[i], &about)) {
            perror(argv[i]);
            return 2;
        }
        if (S_ISDIR(about.st_mode)) run_folder(argv[i]);
        else run_file(argv[i]);
    }
    printf("%zu files\n", files);
    return files ? 0 : 2; /* a corpus that was not found proves nothing */
}
