/* Which conversations a number is made of. */
#include <stdlib.h>

#include "base/alloc.h"
#include "report/groups.h"
#include "report/report.h"
#include "store/store.h"

static int
on_row(void *arg, const struct store_value *row, size_t columns, struct err *err)
{
    (void)columns;
    return names_add(arg, row[0].text) == NAMES_NONE ? err_nomem(err) : 0;
}

static int
compare(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static int
list_set(struct store_tx *tx, const struct report_request *r, const char *sql, struct arena *arena,
         struct str **ret, size_t *ret_count, struct err *err)
{
    AUTO(names) struct names ids = {0};
    struct store_value values[REPORT_VALUES];
    report_values(r, values);
    const struct store_query query = {
        .sql = str_c(sql),
        .values = values,
        .value_count = REPORT_VALUES,
        .row = on_row,
        .arg = &ids,
    };
    int result = store_query(tx, &query, err);
    struct str *list = arena_zero(arena, ids.count + 1, sizeof(*list));
    if (result < 0 || !list) {
        return result < 0 ? result : err_nomem(err);
    }
    for (size_t i = 0; i < ids.count; i++) {
        list[i] = arena_str(arena, ids.items[i]);
        if (!list[i].ptr) {
            return err_nomem(err);
        }
    }
    qsort(list, ids.count, sizeof(*list), compare);
    *ret = list;
    *ret_count = ids.count;
    return 0;
}

int
report_explain(struct store_tx *tx, const struct report_request *r, const struct metric *metric,
               struct arena *arena, struct report_sets *ret, struct err *err)
{
    int result =
        list_set(tx, r, metric->numerator.sql, arena, &ret->numerator, &ret->numerator_count, err);
    return result == 0 ? list_set(tx, r, metric->denominator.sql, arena, &ret->denominator,
                                  &ret->denominator_count, err)
                       : result;
}
