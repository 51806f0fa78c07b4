#include "catalog/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/must.h"
#include "catalog/sql.h"
#include "catalog/words.h"

static const char schema_sql[] =
    "CREATE TABLE meta(name TEXT PRIMARY KEY, value) WITHOUT ROWID;"
    "CREATE TABLE product("
    "  doc INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, hash INTEGER NOT NULL,"
    "  name TEXT NOT NULL, brand TEXT, category TEXT, brand_key TEXT, category_key TEXT,"
    "  price INTEGER, unit INTEGER, currency TEXT, in_stock INTEGER, record TEXT NOT NULL);"
    "CREATE TABLE code(code TEXT, doc INTEGER, PRIMARY KEY(code, doc)) WITHOUT ROWID;"
    "CREATE TABLE article("
    "  doc INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, hash INTEGER NOT NULL,"
    "  name TEXT NOT NULL, record TEXT NOT NULL);"
    "CREATE TABLE article_product(product TEXT, doc INTEGER, PRIMARY KEY(product, doc))"
    "  WITHOUT ROWID;";

/* The tokenizer's argument is the language; what is put in is letters only. */
static const char index_sql[] =
    "CREATE VIRTUAL TABLE product_fts USING fts5("
    "  name, code, brand, category, features, specs, issues, description,"
    "  content='', tokenize='" WORDS_TOKENIZER " %s');"
    "CREATE VIRTUAL TABLE article_fts USING fts5("
    "  title, symptoms, section, products, steps, text,"
    "  content='', tokenize='" WORDS_TOKENIZER " %s');"
    "INSERT INTO meta VALUES ('language', '%s')";

int
schema_create(sqlite3 *db, struct str language, struct err *err)
{
    char text[1024];
    char code[WORDS_LANGUAGE_BYTES] = {0};
    must(words_language_valid(language));
    memcpy(code, language.ptr, language.len);
    int len = snprintf(text, sizeof(text), index_sql, code, code, code);
    must(len > 0 && (size_t)len < sizeof(text));
    int rc = sql_run(db, schema_sql, err);
    return rc != 0 ? rc : sql_run(db, text, err);
}

/* From the sets that tests/bench/quality.c prints: hundreds of plans drawn at random, and of each
 * value the one that did best on average over all others. Around these values the figures are
 * flat; specifications are the exception: what a product is compatible with is in them, and above
 * .5 accessories rank before the thing. Neighbours in a product say most in its name: elsewhere
 * they are chance. */
const struct rank_plan schema_product_plan = {
    .fields =
        {
            {.weight = 4.5, .length = 0.5, .pairs = true}, /* name */
            {.weight = 3.0, .length = 0.0},                /* code */
            {.weight = 4.0, .length = 0.0},                /* brand */
            {.weight = 4.0, .length = 0.3},                /* category */
            {.weight = 1.2, .length = 0.6},                /* features */
            {.weight = 0.4, .length = 0.95},               /* specs */
            {.weight = 0.5, .length = 0.6},                /* issues */
            {.weight = 1.8, .length = 0.8},                /* description */
        },
    .count = 8,
    .saturation = 3.0,
    .pair = 0.5,
    .cover = 0.8,
};

/* Articles are long: in one of the two sets the question rephrases the title and the text is
 * noise, in the other the answer is a sentence of the text. The passage serves the second, the
 * share of the title the first; without them each set wants what the other cannot bear. */
const struct rank_plan schema_article_plan = {
    .fields =
        {
            {.weight = 5.0, .length = 0.3, .pairs = true},                   /* title */
            {.weight = 5.0, .length = 0.3, .pairs = true},                   /* symptoms */
            {.weight = 1.0, .length = 0.3, .pairs = true},                   /* section */
            {.weight = 1.0, .length = 0.3, .pairs = true},                   /* products */
            {.weight = 0.5, .length = 0.7, .pairs = true, .passages = true}, /* steps */
            {.weight = 0.5, .length = 0.7, .pairs = true, .passages = true}, /* text */
        },
    .count = 6,
    .saturation = 2.0,
    .pair = 0.7,
    .cover = 0.4,
    .passage = 1.0,
    .passage_words = 16,
    .title_share = 1.0,
};

int
schema_lock_open(const char *path, bool create)
{
    char name[4096];
    int len = snprintf(name, sizeof(name), "%s.lock", path);
    if (len < 0 || (size_t)len >= sizeof(name)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int flags = create ? O_RDWR | O_CREAT : O_RDONLY;
    return open(name, flags | O_CLOEXEC | O_NOFOLLOW, 0644);
}

static bool
set_lock(int fd, enum schema_lock byte, short type, bool wait)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
    int rc;
    do {
        rc = fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &lock);
    } while (rc != 0 && errno == EINTR);
    return rc == 0;
}

bool
schema_lock(int fd, enum schema_lock byte, bool exclusive, bool wait)
{
    return set_lock(fd, byte, exclusive ? F_WRLCK : F_RDLCK, wait);
}

void
schema_unlock(int fd, enum schema_lock byte)
{
    (void)set_lock(fd, byte, F_UNLCK, false);
}
