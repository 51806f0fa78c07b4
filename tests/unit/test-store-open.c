/* The store on a disk: what opening says of every kind of file, what a full disk leaves, and the
 * processes of a desk. */
#include "store_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "store/process_lock.h"
#include "store/store_impl.h"

static int
set_up(void **state)
{
    static struct scratch scratch;
    scratch_make(&scratch);
    *state = &scratch;
    return 0;
}

static int
tear_down(void **state)
{
    scratch_remove(*state);
    return 0;
}

static int
open_in(const char *path, bool create, bool read_only, struct store **ret, struct err *err)
{
    const struct store_options options = {
        .path = str_c(path), .create = create, .read_only = read_only, .busy_ms = 100};
    return store_open_sqlite(&options, NULL, ret, err);
}

static void
make_desk(const char *path)
{
    struct err err;
    struct store *s = NULL;
    if (open_in(path, true, false, &s, &err) != 0) {
        fail_msg("%s", err.message);
    }
    store_free(s);
}

static void
run_sql(const char *folder, const char *sql)
{
    char path[128];
    sqlite3 *db;
    char *words = NULL;
    (void)snprintf(path, sizeof(path), "%s/desk.db", folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &words) != SQLITE_OK) {
        fail_msg("%s", words);
    }
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void
write_file(const char *folder, const char *name, const void *bytes, size_t size)
{
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

/* Open and expect CODE with WORDS in its message. */
static void
refuses(const char *path, bool create, bool read_only, int code, const char *words)
{
    struct err err = {0};
    struct store *s = NULL;
    int result = open_in(path, create, read_only, &s, &err);
    store_free(s);
    if (result != code || !strstr(err.message, words)) {
        fail_msg("%d, '%s'; wanted %d and '%s'", result, err.message, code, words);
    }
}

static void
test_missing(void **state)
{
    const struct scratch *f = *state;
    char deeper[128];
    (void)snprintf(deeper, sizeof(deeper), "%s/none", f->path);
    refuses(f->path, false, false, ERR_NOTFOUND, "deskhand init");
    refuses(f->path, false, true, ERR_NOTFOUND, "there is no desk in");
    refuses(deeper, false, false, ERR_NOTFOUND, "there is no desk in");
    refuses(deeper, true, false, ERR_IO, "No such file");
    refuses("", true, false, ERR_INVALID, "no usable name");
}

static void
test_empty_is_not_a_desk_but_may_become_one(void **state)
{
    const struct scratch *f = *state;
    write_file(f->path, "desk.db", "", 0);
    refuses(f->path, false, false, ERR_NOTFOUND, "is empty");
    make_desk(f->path);
    struct err err;
    struct store *s = NULL;
    assert_int_equal(open_in(f->path, false, false, &s, &err), 0);
    store_free(s);
}

static void
test_the_file_is_its_owners(void **state)
{
    const struct scratch *f = *state;
    char path[128];
    struct stat info;
    make_desk(f->path);
    (void)snprintf(path, sizeof(path), "%s/desk.db", f->path);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    (void)snprintf(path, sizeof(path), "%s/desk.db-wal", f->path);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_size, 0); /* emptied by the last to close */
}

static void
test_not_a_database(void **state)
{
    const struct scratch *f = *state;
    static const char words[] = "Dear diary, this is no database but it is long enough to be one. "
                                "Dear diary, this is no database but it is long enough to be one. ";
    write_file(f->path, "desk.db", words, sizeof(words));
    refuses(f->path, false, false, ERR_INVALID, "no database");
    refuses(f->path, true, false, ERR_INVALID, "no database");
}

static void
test_somebody_elses_database(void **state)
{
    const struct scratch *f = *state;
    run_sql(f->path, "CREATE TABLE recipe (name)");
    refuses(f->path, true, false, ERR_INVALID, "not a desk");
}

static void
test_newer_is_refused(void **state)
{
    const struct scratch *f = *state;
    make_desk(f->path);
    run_sql(f->path, "PRAGMA user_version = 77");
    refuses(f->path, false, false, ERR_LIMIT, "schema is 77");
    refuses(f->path, true, true, ERR_LIMIT, "knows up to ");
}

static int
read_old(struct store_tx *tx, void *arg, struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    struct conversation_row row;
    int result = store_conversation_get(tx, STR("c-old"), &arena, &row, err);
    *(bool *)arg = result == 0 && row.topic.len == 0 && str_eq(row.channel, STR("cli"));
    return result;
}

/* A desk from before topics: its conversations have none. */
static void
test_older_is_brought_up_to_date(void **state)
{
    const struct scratch *f = *state;
    struct err err = {0};
    struct store *s = NULL;
    bool kept = false;
    make_desk(f->path);
    run_sql(f->path, "DROP TABLE approval; DROP TABLE tool_use; DROP TABLE plugin_value;"
                     "DROP TABLE plugin_space; DROP TABLE plugin_metric; DROP TABLE plugin_state;"
                     "ALTER TABLE tool_call DROP COLUMN untrusted;"
                     "ALTER TABLE conversation DROP COLUMN topic; PRAGMA user_version = 4;"
                     "INSERT INTO conversation VALUES ('c-old', '', 'cli', '', '', '', 'bot', 1,"
                     " 5, 5)");
    assert_int_equal(open_in(f->path, true, false, &s, &err), 0);
    assert_int_equal(store_read_wait(s, read_old, &kept, &err), 0);
    assert_true(kept);
    store_free(s);
}

static void
test_damaged(void **state)
{
    const struct scratch *f = *state;
    char path[128];
    make_desk(f->path);
    (void)snprintf(path, sizeof(path), "%s/desk.db", f->path);
    int fd = open(path, O_WRONLY);
    char junk[4096];
    memset(junk, 0xa5, sizeof(junk));
    for (off_t at = 4096; at < 3 * 4096; at += 4096) {
        assert_int_equal(pwrite(fd, junk, sizeof(junk), at), sizeof(junk));
    }
    (void)close(fd);
    struct err err = {0};
    struct store *s = NULL;
    int result = open_in(f->path, false, false, &s, &err);
    if (result == 0) {
        result = store_check(s, &err);
    }
    store_free(s);
    assert_int_equal(result, ERR_INVALID);
    assert_non_null(strstr(err.message, "damaged"));
}

static void
test_check_finds_a_row_without_its_parent(void **state)
{
    const struct scratch *f = *state;
    struct err err = {0};
    struct store *s = NULL;
    make_desk(f->path);
    run_sql(f->path, "INSERT INTO feedback VALUES ('f-1', 'c-gone', 3, '', 1)");
    assert_int_equal(open_in(f->path, false, false, &s, &err), 0);
    assert_int_equal(store_check(s, &err), ERR_INVALID);
    assert_non_null(strstr(err.message, "feedback"));
    store_free(s);
}

static int
add_one(struct store_tx *tx, void *arg, struct err *err)
{
    struct conversation_row row = a_conversation(arg, 1);
    return store_conversation_add(tx, &row, err);
}

static int
has_one(struct store_tx *tx, void *arg, struct err *err)
{
    AUTO(arena) struct arena a = {0};
    struct conversation_row row;
    return store_conversation_get(tx, str_c(arg), &a, &row, err);
}

static void
test_locked_by_another(void **state)
{
    const struct scratch *f = *state;
    char path[128];
    sqlite3 *other;
    struct err err = {0};
    struct store *s = NULL;
    make_desk(f->path);
    (void)snprintf(path, sizeof(path), "%s/desk.db", f->path);
    assert_int_equal(open_in(f->path, false, false, &s, &err), 0);
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(store_write_wait(s, add_one, "c-1", &err), ERR_BUSY);
    assert_true(err.retryable);
    assert_non_null(strstr(err.message, "100 ms"));
    assert_int_equal(store_read_wait(s, has_one, "c-1", &err), STORE_NONE);
    assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(store_write_wait(s, add_one, "c-1", &err), 0);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    store_free(s);
}

static void
test_read_only_reads(void **state)
{
    const struct scratch *f = *state;
    struct err err = {0};
    struct store *s = NULL;
    struct str process;
    assert_int_equal(open_in(f->path, true, false, &s, &err), 0);
    assert_int_equal(store_write_wait(s, add_one, "c-1", &err), 0);
    store_free(s);
    s = NULL;
    assert_int_equal(open_in(f->path, false, true, &s, &err), 0);
    assert_int_equal(store_read_wait(s, has_one, "c-1", &err), 0);
    assert_int_equal(store_write_wait(s, add_one, "c-2", &err), ERR_AUTH);
    assert_int_equal(store_process(s, &process, &err), ERR_AUTH);
    store_free(s);
}

/* A child that a failed test forgets ends with it. */
static pid_t
fork_bound(void)
{
    pid_t child = fork();
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    }
    return child;
}

/* Run FN in a child that is nobody. */
static void
as_nobody(void (*fn)(const char *path), const char *path)
{
    enum { NOBODY = 65534 };
    if (geteuid() != 0) {
        skip();
    }
    pid_t child = fork();
    if (child == 0) {
        if (setresgid(NOBODY, NOBODY, NOBODY) != 0 || setresuid(NOBODY, NOBODY, NOBODY) != 0) {
            _exit(3);
        }
        fn(path);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* A child has no cmocka to fail with. */
static void
child_refuses(const char *path, bool create, bool read_only, int code, const char *words)
{
    struct err err = {0};
    struct store *s = NULL;
    int result = open_in(path, create, read_only, &s, &err);
    store_free(s);
    if (result != code || (code != 0 && !strstr(err.message, words))) {
        (void)fprintf(stderr, "%d, '%s'; wanted %d and '%s'\n", result, err.message, code, words);
        _exit(1);
    }
}

static void
nobody_cannot_write(const char *path)
{
    child_refuses(path, false, false, ERR_AUTH, "no permission to write it");
    child_refuses(path, false, true, 0, "");
}

static void
nobody_cannot_write_folder(const char *path)
{
    child_refuses(path, false, false, ERR_AUTH, "write in this folder");
}

static void
nobody_cannot_make(const char *path)
{
    child_refuses(path, true, false, ERR_AUTH, "write in this folder");
}

static void
nobody_cannot_look(const char *path)
{
    child_refuses(path, false, false, ERR_AUTH, "no permission to");
    child_refuses(path, false, true, ERR_AUTH, "no permission to");
}

static void
change_modes(const struct scratch *f, const char *folder, const char *files)
{
    char command[160];
    (void)snprintf(command, sizeof(command), "chmod %s %s/desk.db* && chmod %s %s", files, f->path,
                   folder, f->path);
    assert_int_equal(system(command), 0);
}

static void
test_permissions(void **state)
{
    const struct scratch *f = *state;
    (void)chmod(f->path, 0755);
    as_nobody(nobody_cannot_make, f->path);
    make_desk(f->path);
    as_nobody(nobody_cannot_look, f->path);
    change_modes(f, "755", "644");
    as_nobody(nobody_cannot_write, f->path);
    change_modes(f, "755", "666");
    as_nobody(nobody_cannot_write_folder, f->path);
    change_modes(f, "700", "666");
    as_nobody(nobody_cannot_look, f->path);
}

static void
test_read_only_file_system(void **state)
{
    const struct scratch *f = *state;
    struct err err = {0};
    struct store *s = NULL;
    if (mount("none", f->path, "tmpfs", 0, "size=4m") != 0) {
        skip();
    }
    make_desk(f->path);
    int remounted = mount("none", f->path, "tmpfs", MS_REMOUNT | MS_RDONLY, NULL);
    int result = open_in(f->path, false, true, &s, &err);
    int read = result == 0 ? store_read_wait(s, has_one, "c-1", &err) : -1;
    store_free(s);
    s = NULL;
    int writing = open_in(f->path, false, false, &s, &(struct err){0});
    store_free(s);
    assert_int_equal(umount(f->path), 0);
    assert_int_equal(remounted, 0);
    assert_int_equal(result, 0);
    assert_int_equal(read, STORE_NONE);
    assert_int_equal(writing, ERR_AUTH);
}

static int
add_big(struct store_tx *tx, void *arg, struct err *err)
{
    static char text[1 << 20];
    memset(text, 'x', sizeof(text));
    int result = add_one(tx, arg, err);
    for (int i = 0; result == 0 && i < 8; i++) {
        char id[16];
        (void)snprintf(id, sizeof(id), "m-%d", i);
        struct message_row row = a_message(id, arg, "");
        row.content = (struct str){text, sizeof(text)};
        result = store_message_add(tx, &row, NULL, err);
    }
    return result;
}

/* A body too big for the disk is refused with words; what came before and after is there. */
static void
fill_disk(const char *path)
{
    struct err err = {0};
    struct store *s = NULL;
    if (open_in(path, true, false, &s, &err) != 0 ||
        store_write_wait(s, add_one, "c-before", &err) != 0) {
        (void)fprintf(stderr, "%s\n", err.message);
        _exit(1);
    }
    int result = store_write_wait(s, add_big, "c-big", &err);
    if (result != ERR_IO || !strstr(err.message, "the disk is full")) {
        (void)fprintf(stderr, "full: %d %s\n", result, err.message);
        _exit(2);
    }
    if (store_write_wait(s, add_one, "c-after", &err) != 0 ||
        store_read_wait(s, has_one, "c-before", &err) != 0 ||
        store_read_wait(s, has_one, "c-after", &err) != 0 ||
        store_read_wait(s, has_one, "c-big", &err) != STORE_NONE || store_check(s, &err) != 0) {
        (void)fprintf(stderr, "after: %s\n", err.message);
        _exit(3);
    }
    store_free(s);
}

static void
in_child(void (*fn)(const char *path), const char *path)
{
    pid_t child = fork();
    if (child == 0) {
        fn(path);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void
test_full_disk(void **state)
{
    const struct scratch *f = *state;
    if (mount("none", f->path, "tmpfs", 0, "size=2m") != 0) {
        skip();
    }
    pid_t child = fork();
    if (child == 0) {
        fill_disk(f->path);
        _exit(0);
    }
    int status;
    (void)waitpid(child, &status, 0);
    assert_int_equal(umount(f->path), 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void
fill_quota(const char *path)
{
    struct rlimit limit = {3 << 20, 3 << 20};
    (void)signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) {
        _exit(4);
    }
    fill_disk(path);
}

static void
test_file_size_limit(void **state)
{
    in_child(fill_quota, ((struct scratch *)*state)->path);
}

/* Every table of the description has exactly its columns, in order, with their types. */
static void
test_descriptions_equal_the_schema(void **state)
{
    const struct scratch *f = *state;
    char path[128];
    char sql[128];
    sqlite3 *db;
    make_desk(f->path);
    (void)snprintf(path, sizeof(path), "%s/desk.db", f->path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        const struct table *t = table_get((enum table_id)i);
        sqlite3_stmt *st;
        size_t column = 0;
        (void)snprintf(sql, sizeof(sql), "PRAGMA table_info(%s)", t->name);
        assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
        for (; sqlite3_step(st) == SQLITE_ROW; column++) {
            assert_true(column < t->field_count);
            assert_string_equal((const char *)sqlite3_column_text(st, 1), t->fields[column].name);
            assert_string_equal((const char *)sqlite3_column_text(st, 2),
                                t->fields[column].type == FIELD_INT ? "INTEGER" : "TEXT");
            assert_int_equal(sqlite3_column_int(st, 3), 1); /* NOT NULL */
            assert_int_equal(sqlite3_column_int(st, 5), column == 0 ? 1 : 0);
        }
        assert_int_equal(column, t->field_count);
        assert_int_equal(sqlite3_finalize(st), SQLITE_OK);
    }
    sqlite3_stmt *st;
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(*) FROM sqlite_schema WHERE type='table'",
                                        -1, &st, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(st, 0), TABLE_COUNT);
    (void)sqlite3_finalize(st);
    (void)sqlite3_close(db);
}

/* ---- processes ---- */

static void
test_two_stores_of_one_process(void **state)
{
    const struct scratch *f = *state;
    struct err err = {0};
    struct store *a = NULL;
    struct store *b = NULL;
    struct str name_a;
    struct str name_b;
    assert_int_equal(open_in(f->path, true, false, &a, &err), 0);
    assert_int_equal(open_in(f->path, false, false, &b, &err), 0);
    assert_int_equal(store_process(a, &name_a, &err), 0);
    assert_int_equal(store_process(b, &name_b, &err), 0);
    assert_false(str_eq(name_a, name_b));
    assert_true(store_process_alive(a, name_a));
    assert_true(store_process_alive(a, name_b));
    assert_true(store_process_alive(b, name_a));
    assert_true(store_process_alive(b, name_a)); /* asking dropped nothing */
    char copy[ID_TEXT];
    memcpy(copy, name_b.ptr, name_b.len + 1);
    store_free(b);
    assert_false(store_process_alive(a, str_c(copy)));
    assert_false(store_process_alive(a, STR("p-never")));
    assert_false(store_process_alive(a, STR("../desk")));
    assert_false(store_process_alive(a, STR("")));
    assert_int_equal(store_write_wait(a, add_one, "c-1", &err), 0);
    store_free(a);
}

/* A child that holds a lock, tells its name through FD and waits to be killed. */
static void
hold_lock(const char *path, int fd)
{
    struct err err;
    struct store *s = NULL;
    struct str name;
    if (open_in(path, false, false, &s, &err) != 0 || store_process(s, &name, &err) != 0 ||
        write(fd, name.ptr, ID_TEXT) != ID_TEXT) {
        _exit(1);
    }
    for (;;) {
        (void)pause();
    }
}

static pid_t
start_holder(const char *path, char name[ID_TEXT])
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork_bound();
    if (child == 0) {
        hold_lock(path, ends[1]);
    }
    (void)close(ends[1]);
    assert_int_equal(read(ends[0], name, ID_TEXT), ID_TEXT);
    (void)close(ends[0]);
    return child;
}

static bool
lock_file_exists(const char *folder, const char *name)
{
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/run/%s.lock", folder, name);
    return access(path, F_OK) == 0;
}

static void
test_a_killed_process_is_dead(void **state)
{
    const struct scratch *f = *state;
    char first[ID_TEXT];
    char second[ID_TEXT];
    struct err err;
    struct store *s = NULL;
    struct str name;
    make_desk(f->path);
    pid_t killed = start_holder(f->path, first);
    pid_t living = start_holder(f->path, second);
    assert_int_equal(open_in(f->path, false, false, &s, &err), 0);
    assert_true(store_process_alive(s, str_c(first)));
    assert_int_equal(kill(killed, SIGKILL), 0);
    assert_int_equal(waitpid(killed, NULL, 0), killed);
    assert_false(store_process_alive(s, str_c(first)));
    assert_true(lock_file_exists(f->path, first));
    assert_int_equal(store_process(s, &name, &err), 0); /* tidies what is proven dead */
    assert_false(lock_file_exists(f->path, first));
    assert_true(lock_file_exists(f->path, second));
    assert_true(store_process_alive(s, str_c(second)));
    assert_int_equal(kill(living, SIGKILL), 0);
    assert_int_equal(waitpid(living, NULL, 0), living);
    assert_false(store_process_alive(s, str_c(second)));
    store_free(s);
}

/* Names are taken while another process removes whatever it can prove dead: nobody who got a name
 * may be found dead afterwards. */
static void
test_taking_and_sweeping_at_once(void **state)
{
    enum { TIMES = 3000 };
    const struct scratch *f = *state;
    char run[128];
    struct err err;
    (void)snprintf(run, sizeof(run), "%s/run", f->path);
    assert_int_equal(mkdir(run, 0700), 0);
    pid_t sweeper = fork_bound();
    if (sweeper == 0) {
        for (;;) {
            (void)process_lock_stale(f->path, true);
        }
    }
    int dead = 0;
    for (int i = 0; i < TIMES; i++) {
        struct process_lock l = {0};
        assert_int_equal(process_lock_take(&l, f->path, &err), 0);
        dead += !process_lock_alive(f->path, str_c(l.name)) || !lock_file_exists(f->path, l.name);
        process_lock_drop(&l, f->path);
    }
    (void)kill(sweeper, SIGKILL);
    (void)waitpid(sweeper, NULL, 0);
    assert_int_equal(dead, 0);
}

static void
migrate_at_once(const char *path)
{
    for (int i = 0; i < 4; i++) {
        if (fork() == 0) {
            struct err err;
            struct store *s = NULL;
            const struct store_options options = {.path = str_c(path), .create = true};
            int result = store_open_sqlite(&options, NULL, &s, &err);
            if (result != 0) {
                (void)fprintf(stderr, "%s\n", err.message);
            }
            store_free(s);
            _exit(result ? 1 : 0);
        }
    }
    for (int i = 0; i < 4; i++) {
        int status;
        if (wait(&status) < 0 || status != 0) {
            _exit(1);
        }
    }
}

/* Many times: SQLite refuses at once, without waiting, the one of two that turn on WAL together. */
static void
test_four_make_one_desk(void **state)
{
    enum { TIMES = 40 };
    const struct scratch *f = *state;
    for (int i = 0; i < TIMES; i++) {
        char path[128];
        (void)snprintf(path, sizeof(path), "%s/%d", f->path, i);
        assert_int_equal(mkdir(path, 0700), 0);
        in_child(migrate_at_once, path);
    }
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_missing),
        CASE(test_empty_is_not_a_desk_but_may_become_one),
        CASE(test_the_file_is_its_owners),
        CASE(test_not_a_database),
        CASE(test_somebody_elses_database),
        CASE(test_newer_is_refused),
        CASE(test_older_is_brought_up_to_date),
        CASE(test_damaged),
        CASE(test_check_finds_a_row_without_its_parent),
        CASE(test_locked_by_another),
        CASE(test_read_only_reads),
        CASE(test_permissions),
        CASE(test_read_only_file_system),
        CASE(test_full_disk),
        CASE(test_file_size_limit),
        CASE(test_descriptions_equal_the_schema),
        CASE(test_two_stores_of_one_process),
        CASE(test_a_killed_process_is_dead),
        CASE(test_taking_and_sweeping_at_once),
        CASE(test_four_make_one_desk),
    };
    return cmocka_run_group_tests_name("store-open", tests, NULL, NULL);
}
