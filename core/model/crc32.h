/* crc32: the checksum of AWS's event streams: CRC-32 as in zlib, PNG and Ethernet.
 *
 * It finds damage, not malice. Pure: [any]. */
#ifndef MODEL_CRC32_H
#define MODEL_CRC32_H

#include <stdint.h>

#include "base/str.h"

/* CRC is 0, or the checksum of what came before BYTES. */
uint32_t crc32_add(uint32_t crc, struct str bytes);

#endif
