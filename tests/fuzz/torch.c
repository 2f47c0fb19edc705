/* torch.c: the tensors in a file of torch.save; every element is read. */
#include "fuzz.h"

#include "format/torch.h"

static void read_elements(const named_tensor *t)
{
    enum { CHUNK = 64, MOST = 1 << 16 };
    double reals[CHUNK];
    size_t count = t->count < MOST ? t->count : MOST;
    for (size_t begin = 0; begin < count; begin += CHUNK) {
        size_t left = count - begin;
        tensor_doubles(t, begin, left < CHUNK ? left : CHUNK, reals);
    }
    if (t->count > MOST) tensor_doubles(t, t->count - CHUNK, CHUNK, reals);
}

/* What can be seen of it is all readable, and why it is refused is said. */
static void look(const uint8_t *data, size_t size)
{
    torch_file *file = NULL;
    if (torch_look(fuzz_copy(data, size), size, &file) != ELMAN_OK) {
        MUST(!file);
        fuzz_refused("");
        return;
    }
    MUST(!file->refused == !file->what);
    for (size_t i = 0; i < file->tensor_count; i++) {
        MUST(file->tensors[i].name[0]);
        read_elements(file->tensors + i);
    }
    torch_close(file);
}

static void run(const uint8_t *data, size_t size)
{
    look(data, size);
    static const char *const keys[] = {NULL, "", "model", "p.pth",
                                       "p.pth:model"};
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        torch_file *file = NULL;
        if (torch_parse(fuzz_copy(data, size), size, keys[k], &file) !=
            ELMAN_OK) {
            MUST(!file);
            fuzz_refused("");
            continue;
        }
        for (size_t i = 0; i < file->tensor_count; i++)
            read_elements(file->tensors + i);
        for (size_t i = 0; i < file->note_count; i++)
            MUST(file->notes[i][0]);
        torch_close(file);
    }
}

const fuzz_target target = {.run = run, .times = 240, .room = 4 << 20};
