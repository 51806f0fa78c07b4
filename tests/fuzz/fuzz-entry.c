/* Any bytes as a stored record: read within their bounds, or refused. */
#include <stddef.h>
#include <stdint.h>

#include "base/must.h"
#include "catalog/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (int kind = CATALOG_PRODUCTS; kind <= CATALOG_ARTICLES; kind++) {
        AUTO(arena) struct arena arena = {0};
        struct err err = {0};
        struct entry entry;
        struct str record = {(const char *)data, size};
        int rc = entry_read((enum catalog_kind)kind, record, &arena, &entry, &err);
        must(rc == 0 || rc == ERR_INVALID);
        must(rc != 0 || entry.code_count <= ENTRY_CODES);
    }
    return 0;
}
