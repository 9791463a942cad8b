// Frames as pcapng (draft-ietf-opsawg-pcapng), in nanoseconds, little endian. Private to
// dataplane/evidence/.
#pragma once

#include "dataplane/evidence/evidence_file.h"
#include "dataplane/evidence/frame_ring.h"

// The section, with a comment, and one Ethernet interface a port, from port 0 on.
void pcapng_write_head(struct evidence_file *file, const char *comment, size_t ports);
// One frame, with a comment.
void pcapng_write_frame(
    struct evidence_file *file, const struct frame_record *record, const char *comment);
