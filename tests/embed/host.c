/* host.c: loads plug-ins, given as NAME and the version that each holds, all
 * visible to each other, and asks each which version it sees. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    void *plugs[8] = {0};
    int bad = 0;

    for (int i = 1; i + 1 < argc && i < 16; i += 2) {
        plugs[i / 2] = dlopen(argv[i], RTLD_NOW | RTLD_GLOBAL);
        if (!plugs[i / 2]) return printf("%s\n", dlerror()), 1;
    }

    for (int i = 1; i + 1 < argc && i < 16; i += 2) {
        const char *(*version)(void);
        *(void **)&version = dlsym(plugs[i / 2], "plug_version");
        if (!version) return printf("%s\n", dlerror()), 1;
        printf("%s holds %s and sees %s\n", argv[i], argv[i + 1], version());
        bad |= strcmp(version(), argv[i + 1]) != 0;
    }
    return bad;
}
