#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gauntlet.h"

/* Order does not matter: sums of what is known of each file. */
static uint64_t
of_file(int folder, const char *name)
{
    struct stat st;
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || S_ISDIR(st.st_mode)) {
        return 0;
    }
    uint64_t known[] = {(uint64_t)st.st_ino, (uint64_t)st.st_size, (uint64_t)st.st_mtim.tv_sec,
                        (uint64_t)st.st_mtim.tv_nsec};
    return str_hash((struct str){(const char *)known, sizeof(known)}) ^ str_hash(str_c(name));
}

/* What a database writes beside its file even where it only reads. */
static bool
is_aside(struct str name)
{
    return str_ends(name, STR("-wal")) || str_ends(name, STR("-shm")) ||
           str_ends(name, STR("-journal"));
}

uint64_t
gauntlet_files(const char *const *paths)
{
    uint64_t sum = 0;
    for (; paths && *paths; paths++) {
        DIR *folder = opendir(*paths);
        sum += folder ? 0 : of_file(AT_FDCWD, *paths);
        for (const struct dirent *entry; folder && (entry = readdir(folder)) != NULL;) {
            sum += is_aside(str_c(entry->d_name)) ? 0 : of_file(dirfd(folder), entry->d_name);
        }
        if (folder) {
            (void)closedir(folder);
        }
    }
    return sum;
}
