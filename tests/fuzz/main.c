// Runs a fuzz target over the files of its corpus, so that the corpus is a regression test in every
// build.
#include <dirent.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path)
{
    FILE *in = fopen(path, "rb");
    if (in == NULL) {
        perror(path);
        return 1;
    }
    fseek(in, 0, SEEK_END);
    long size = ftell(in);
    rewind(in);
    uint8_t *data = malloc(size > 0 ? (size_t)size : 1); // exact: a sanitizer sees one byte too far
    size_t got = data == NULL ? 0 : fread(data, 1, (size_t)size, in);
    fclose(in);
    LLVMFuzzerTestOneInput(data, got);
    free(data);
    return 0;
}

int main(int argc, char **argv)
{
    DIR *folder = argc > 1 ? opendir(argv[1]) : NULL;
    if (folder == NULL) {
        fprintf(stderr, "no corpus folder: '%s'\n", argc > 1 ? argv[1] : "");
        return 1;
    }
    int failed = 0, files = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char path[PATH_MAX];
        if (entry->d_name[0] == '.') {
            continue;
        }
        snprintf(path, sizeof(path), "%s/%s", argv[1], entry->d_name);
        failed += run_file(path);
        files++;
    }
    closedir(folder);
    printf("%d inputs\n", files);
    return failed != 0 || files == 0;
}
