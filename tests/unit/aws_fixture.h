/* A home of its own for each test, and an environment without AWS's variables. */
#ifndef TESTS_AWS_FIXTURE_H
#define TESTS_AWS_FIXTURE_H

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "config/config.h"

static inline int
home_remove_one(const char *path, const struct stat *st, int kind, struct FTW *place)
{
    (void)st;
    (void)kind;
    (void)place;
    return remove(path);
}

/* cmocka's setup and teardown; *STATE is the home's path. */
static inline int
home_make(void **state)
{
    size_t count;
    const struct config_variable *variables = config_variables(&count);
    for (size_t i = 0; i < count; i++) {
        if (strncmp(variables[i].name, "AWS_", 4) == 0) {
            (void)unsetenv(variables[i].name);
        }
    }
    char *home = strdup("/tmp/test-aws.XXXXXX");
    if (!home || !mkdtemp(home)) {
        return -1;
    }
    *state = home;
    /* No test may reach a real machine's metadata service. */
    return setenv("AWS_EC2_METADATA_DISABLED", "true", 1) || setenv("HOME", home, 1);
}

static inline int
home_remove(void **state)
{
    (void)nftw(*state, home_remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(*state);
    return 0;
}

/* Write TEXT to NAME below the home; its folders are made. */
static inline void
home_write_mode(const char *home, const char *name, const char *text, unsigned mode)
{
    char path[512];
    int len = snprintf(path, sizeof(path), "%s/%s", home, name);
    assert_true(len > 0 && (size_t)len < sizeof(path));
    for (char *p = path + strlen(home) + 1; *p; p++) {
        if (*p == '/') {
            *p = '\0';
            (void)mkdir(path, 0700);
            *p = '/';
        }
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, (mode_t)mode);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(close(fd), 0);
}

static inline void
home_write(const char *home, const char *name, const char *text)
{
    home_write_mode(home, name, text, 0600);
}

#endif
