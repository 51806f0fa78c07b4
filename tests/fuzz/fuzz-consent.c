/* Whatever a customer may write: it is read without harm, and a yes stays one when only white space
 * is put around it, and is none when a question mark is. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "nlu/consent.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX = 512 };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[MAX + 4];
    enum consent read = consent_read((struct str){(const char *)data, size});
    if (read < CONSENT_NONE || read > CONSENT_NO) {
        abort();
    }
    if (size > MAX || read == CONSENT_NONE) {
        return 0;
    }
    text[0] = ' ';
    memcpy(text + 1, data, size);
    text[size + 1] = '\n';
    enum consent around = consent_read((struct str){text, size + 2});
    text[size + 1] = '?';
    if ((around != read && around != CONSENT_NONE) ||
        consent_read((struct str){text, size + 2}) != CONSENT_NONE) {
        abort();
    }
    return 0;
}
