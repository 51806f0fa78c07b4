#include "catalog/writer_parts.h"

enum { IDS_FIRST = 1024 };

/* Open addressing over 64-bit hashes. Two ids of one hash would be reported as a duplicate wrongly;
 * in ten million that is one chance in 300,000. */
static struct writer_seen *
find_slot(const struct writer_ids *ids, uint64_t hash)
{
    size_t i = (size_t)hash & (ids->capacity - 1);
    while (ids->seen[i].id_hash != 0 && ids->seen[i].id_hash != hash) {
        i = (i + 1) & (ids->capacity - 1);
    }
    return &ids->seen[i];
}

static int
grow(struct writer_ids *ids, struct err *err)
{
    if (ids->count * 2 < ids->capacity) {
        return 0;
    }
    struct writer_ids old = *ids;
    size_t capacity = old.capacity == 0 ? IDS_FIRST : old.capacity * 2;
    struct writer_seen *grown = mem_zero(capacity, sizeof(*grown));
    if (!grown) {
        return err_nomem(err);
    }
    ids->seen = grown;
    ids->capacity = capacity;
    for (size_t i = 0; i < old.capacity; i++) {
        if (old.seen[i].id_hash != 0) {
            *find_slot(ids, old.seen[i].id_hash) = old.seen[i];
        }
    }
    mem_free(old.seen);
    return 0;
}

int
writer_ids_meet(struct writer_ids *ids, struct str id, struct writer_seen **ret, bool *ret_again,
                struct err *err)
{
    uint64_t hash = str_hash(id) | 1;
    int rc = grow(ids, err);
    if (rc != 0) {
        return rc;
    }
    if (ids->count >= WRITER_CARRIED) {
        return err_set(err, ERR_LIMIT, "import: more than %u ids", WRITER_CARRIED);
    }
    *ret = find_slot(ids, hash);
    *ret_again = (*ret)->id_hash != 0;
    if (!*ret_again) {
        **ret = (struct writer_seen){.id_hash = hash, .ordinal = (uint32_t)ids->count++};
    }
    return 0;
}

void
writer_ids_done(struct writer_ids *ids)
{
    mem_free(ids->seen);
    *ids = (struct writer_ids){0};
}
