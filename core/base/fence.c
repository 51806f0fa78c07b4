#include "base/fence.h"

#include <stdint.h>
#include <stdio.h>
#include <sys/random.h>

enum { FENCE_BYTES = (FENCE_TEXT - 1) / 2 };

bool
fence_make(struct str text, char out[FENCE_TEXT])
{
    do {
        uint8_t bytes[FENCE_BYTES];
        if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes)) {
            return false;
        }
        for (size_t i = 0; i < sizeof(bytes); i++) {
            (void)snprintf(out + 2 * i, 3, "%02x", bytes[i]);
        }
    } while (str_find(text, str_c(out), 0) != SIZE_MAX);
    return true;
}
