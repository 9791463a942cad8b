// A file of evidence: written under another name until it is whole, hashed as it is written, and,
// where whole frames are kept, encrypted for a recipient whose secret key this machine does not
// have. Private to dataplane/evidence/; `tapgrade evidence open` reads it.
//
// Encrypted: the line "tapgrade evidence 1\n"; a key sealed for the recipient (crypto_box_seal);
// the header of crypto_secretstream_xchacha20poly1305; then pieces, each with its length in four
// bytes, little endian, the last with the stream's final tag: what was cut or changed does not
// open.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EVIDENCE_MAGIC       "tapgrade evidence 1\n"
#define EVIDENCE_MAGIC_BYTES (sizeof(EVIDENCE_MAGIC) - 1)
#define EVIDENCE_PIECE_BYTES 65536
#define EVIDENCE_KEY_BYTES   32
#define EVIDENCE_HASH_BYTES  32

struct evidence_file;
// `recipient`: a public key, or NULL: in clear. Mode 0600. NULL with one sentence.
struct evidence_file *evidence_file_new(
    const char *path, const uint8_t *recipient, char *error, size_t error_size);
// What cannot be written is told at the end.
void evidence_file_add(struct evidence_file *file, const void *bytes, size_t size);
// Written, synchronized, given its name; `hash` is of the file as it lies on the disk. False with
// one sentence, and then there is no file.
bool evidence_file_done(struct evidence_file *file, uint8_t hash[static EVIDENCE_HASH_BYTES],
    uint64_t *ret_bytes, char *error, size_t error_size);

// A key of 64 hex digits in a file. False with one sentence.
bool evidence_key_read(
    const char *path, uint8_t key[static EVIDENCE_KEY_BYTES], char *error, size_t error_size);
