/* migrations: the numbered .sql files of this folder's migrations/, put into the program when it
 * is built (tools/embed-sql). Migration N brings a database from schema N-1 to N; what was
 * released never changes. */
#ifndef STORE_MIGRATIONS_H
#define STORE_MIGRATIONS_H

#include <stddef.h>

struct migration {
    const char *name; /* "0001-record" */
    const char *sql;
};
extern const struct migration store_migrations[];
extern const size_t store_migration_count;

#endif
