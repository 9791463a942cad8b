// tapgrade evidence: keys for whole frames as evidence, and reading what was encrypted for them.
// The secret key belongs to whoever investigates, on a machine of theirs; the sensor has the public
// one alone and cannot read what it wrote.
#include "config/log.h"

#include "dataplane/evidence/evidence_file.h"

#include "tools/commands.h"

#include <sodium.h>

#include <argp.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct arguments {
    const char *what, *in, *key, *out;
};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case 'k': arguments->key = value; return 0;
    case 'o': arguments->out = value; return 0;
    case ARGP_KEY_ARG:
        if (arguments->what == NULL) {
            arguments->what = value;
        } else if (arguments->in == NULL && strcmp(arguments->what, "open") == 0) {
            arguments->in = value;
        } else {
            argp_error(state, "too much: '%.80s'", value);
        }
        return 0;
    case ARGP_KEY_END:
        if (arguments->what == NULL ||
            (strcmp(arguments->what, "key") != 0 && strcmp(arguments->what, "open") != 0)) {
            argp_error(state, "say `key` or `open`");
        }
        if (strcmp(arguments->what, "open") == 0 &&
            (arguments->in == NULL || arguments->key == NULL)) {
            argp_error(state, "`open` needs a FILE and --key");
        }
        if (arguments->out == NULL) {
            argp_error(state, "-o FILE is missing");
        }
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"key", 'k', "FILE", 0, "the secret key, to open with", 0},
    {"output", 'o', "FILE", 0, "where to write; never over a file that is there", 0},
    {0},
};

static const struct argp argp = {options, parse_option, "key -o FILE\nopen FILE --key FILE -o FILE",
    "Frames that a run has kept as evidence (art. 13) lie in the ledger's folder as pcapng; with "
    "`evidence.payload: true` they are whole, hold card data, and are encrypted.\v"
    "`key` makes a pair: FILE, secret, for the investigator, and FILE.pub for the sensor's "
    "settings "
    "(`evidence.recipient`). `open` decrypts what was written for that key.\n\n"
    "Examples:\n"
    "  tapgrade evidence key -o investigator.key\n"
    "  tapgrade evidence open 4f2c-1.pcapng.encrypted --key investigator.key -o 4f2c-1.pcapng",
    NULL, NULL, NULL};

static FILE *create(const char *path, mode_t mode)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    FILE *out = descriptor < 0 ? NULL : fdopen(descriptor, "wb");
    if (out == NULL) {
        log_error("'%s' cannot be made: %s", path, strerror(errno));
    }
    return out;
}

// ---- key

static bool key_write(const char *path, mode_t mode, const uint8_t *key)
{
    char text[2 * EVIDENCE_KEY_BYTES + 1];
    FILE *out = create(path, mode);
    if (out == NULL) {
        return false;
    }
    sodium_bin2hex(text, sizeof(text), key, EVIDENCE_KEY_BYTES);
    fprintf(out, "%s\n", text);
    sodium_memzero(text, sizeof(text));
    bool written = fclose(out) == 0;
    if (!written) {
        log_error("'%s' cannot be written: %s", path, strerror(errno));
    }
    return written;
}

static int make_key(const char *path)
{
    char public_path[4096];
    uint8_t public[crypto_box_PUBLICKEYBYTES], secret[crypto_box_SECRETKEYBYTES];
    if ((size_t)snprintf(public_path, sizeof(public_path), "%s.pub", path) >= sizeof(public_path)) {
        log_error("the path of the key is too long");
        return EXIT_INPUT;
    }
    crypto_box_keypair(public, secret);
    bool written = key_write(path, 0600, secret) && key_write(public_path, 0644, public);
    sodium_memzero(secret, sizeof(secret));
    return written ? EXIT_DONE : EXIT_INPUT;
}

// ---- open

struct reading {
    const char *path;
    FILE *in, *out;
    crypto_secretstream_xchacha20poly1305_state stream;
};

static bool refuse(const struct reading *reading, const char *why)
{
    log_error("'%s' %s", reading->path, why);
    return false;
}

static bool begin(struct reading *reading, const uint8_t secret[static EVIDENCE_KEY_BYTES])
{
    char magic[EVIDENCE_MAGIC_BYTES];
    uint8_t public[crypto_box_PUBLICKEYBYTES], key[crypto_secretstream_xchacha20poly1305_KEYBYTES];
    uint8_t sealed[sizeof(key) + crypto_box_SEALBYTES];
    uint8_t header[crypto_secretstream_xchacha20poly1305_HEADERBYTES];
    if (fread(magic, 1, sizeof(magic), reading->in) != sizeof(magic) ||
        memcmp(magic, EVIDENCE_MAGIC, sizeof(magic)) != 0 ||
        fread(sealed, 1, sizeof(sealed), reading->in) != sizeof(sealed) ||
        fread(header, 1, sizeof(header), reading->in) != sizeof(header)) {
        return refuse(reading, "is no encrypted evidence");
    }
    crypto_scalarmult_base(public, secret);
    if (crypto_box_seal_open(key, sealed, sizeof(sealed), public, secret) != 0) {
        return refuse(reading, "was encrypted for another key");
    }
    bool good = crypto_secretstream_xchacha20poly1305_init_pull(&reading->stream, header, key) == 0;
    sodium_memzero(key, sizeof(key));
    return good || refuse(reading, "was changed");
}

// One piece. False when it is the last one, or after a sentence: *ret_good says which.
static bool piece(struct reading *reading, bool *ret_good)
{
    static uint8_t sealed[EVIDENCE_PIECE_BYTES + crypto_secretstream_xchacha20poly1305_ABYTES];
    static uint8_t plain[EVIDENCE_PIECE_BYTES];
    uint32_t length;
    unsigned long long size;
    uint8_t tag;
    *ret_good = false;
    if (fread(&length, sizeof(length), 1, reading->in) != 1) {
        return refuse(reading, "was cut: its end is missing");
    }
    length = le32toh(length);
    if (length > sizeof(sealed) || fread(sealed, 1, length, reading->in) != length ||
        crypto_secretstream_xchacha20poly1305_pull(
            &reading->stream, plain, &size, &tag, sealed, length, NULL, 0) != 0) {
        return refuse(reading, "was cut or changed");
    }
    if (fwrite(plain, 1, (size_t)size, reading->out) != size) {
        return refuse(reading, "cannot be written out");
    }
    *ret_good = true;
    return tag != crypto_secretstream_xchacha20poly1305_TAG_FINAL;
}

static int open_evidence(const struct arguments *arguments)
{
    char error[512];
    uint8_t secret[EVIDENCE_KEY_BYTES];
    struct reading reading = {.path = arguments->in, .in = fopen(arguments->in, "rbe")};
    bool good = evidence_key_read(arguments->key, secret, error, sizeof(error));
    if (!good) {
        log_error("%s", error);
    } else if (reading.in == NULL) {
        log_error("'%s' cannot be read: %s", arguments->in, strerror(errno));
        good = false;
    }
    good = good && begin(&reading, secret);
    sodium_memzero(secret, sizeof(secret));
    reading.out = good ? create(arguments->out, 0600) : NULL;
    good = reading.out != NULL;
    while (good && piece(&reading, &good)) {
    }
    if (reading.out != NULL && fclose(reading.out) != 0) {
        good = refuse(&reading, "cannot be written out");
    }
    if (!good && reading.out != NULL) {
        unlink(arguments->out); // half of it would be taken for all
    }
    if (reading.in != NULL) {
        fclose(reading.in);
    }
    return good ? EXIT_DONE : EXIT_INPUT;
}

int evidence_main(int argc, char **argv)
{
    struct arguments arguments = {0};
    argv[0] = (char[]){"tapgrade evidence"};
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    if (sodium_init() < 0) {
        log_error("libsodium does not start");
        return EXIT_INTERNAL;
    }
    return strcmp(arguments.what, "key") == 0 ? make_key(arguments.out) : open_evidence(&arguments);
}
