/* message_scan: message.c's fast reader of the blocks that Deskhand writes itself. For message.c
 * and its tests.
 *
 * True: *RET_BLOCKS are what message_parse_content() would have read, but that values are kept
 * letter by letter where the general reader writes them anew. False: not such content, or no
 * memory; nothing is lost but time. Views are borrowed from A. [any] */
#ifndef BASE_MESSAGE_SCAN_H
#define BASE_MESSAGE_SCAN_H

#include "base/message.h"

bool message_scan(struct str json, struct arena *a, struct block **ret_blocks, size_t *ret_count);

#endif
