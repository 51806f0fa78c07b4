#include "plugin/code.h"

#include <dlfcn.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>

#include "base/buf.h"
#include "plugin/elf_check.h"

/* What ABI 1.0 had, and every plugin has at least. */
static const uint32_t entry_min =
    offsetof(struct dh_plugin, destroy) + sizeof(((struct dh_plugin *)0)->destroy);

/* The frozen head of the entry, from the file and again from memory. */
static int
check_entry(const struct elf_entry *e, struct err *err)
{
    if (e->magic != DH_MAGIC) {
        return err_set(err, ERR_INVALID,
                       "its symbol deskhand_plugin does not open with DH_MAGIC: it is no plugin");
    }
    if (e->abi_major != DH_ABI_MAJOR) {
        const char *advice = e->abi_major > DH_ABI_MAJOR
                                 ? "update Deskhand, or get an older version of the plugin"
                                 : "get a newer version of the plugin, or build it again";
        return err_set(err, ERR_INVALID,
                       "it was built for plugin ABI %u.%u, and this Deskhand has %u.%u: %s",
                       e->abi_major, e->abi_minor, DH_ABI_MAJOR, DH_ABI_MINOR, advice);
    }
    if (e->struct_size < entry_min) {
        return err_set(err, ERR_INVALID,
                       "its entry is %u bytes, and ABI %u has at least %u: set struct_size to "
                       "sizeof(struct dh_plugin)",
                       e->struct_size, DH_ABI_MAJOR, entry_min);
    }
    return 0;
}

/* PATH in other words for each EDITION of the file: the linker takes two files for one when their
 * paths are spelled alike, and only then looks whether they are. */
static int
spell(const char *path, unsigned edition, struct buf *ret, struct err *err)
{
    const char *slash = strrchr(path, '/');
    size_t folder = slash ? (size_t)(slash - path) + 1 : 0;
    buf_add(ret, (struct str){path, folder});
    for (; edition > 0; edition /= 2) {
        buf_add_c(ret, edition % 2 ? "./" : "/"); /* the number's bits */
    }
    buf_add_c(ret, path + folder);
    return buf_finish(ret, "its path", err);
}

int
plugin_code_open(const char *path, unsigned edition, struct dh_plugin *ret, struct err *err)
{
    AUTO(buf) struct buf spelled;
    buf_init(&spelled, PATH_MAX - 1);
    int result = spell(path, edition, &spelled, err);
    if (result < 0) {
        return result;
    }
    /* The handle is not kept: nothing is ever closed. */
    void *handle = dlopen(spelled.text, RTLD_NOW | RTLD_LOCAL);
    const struct dh_plugin *entry = handle ? dlsym(handle, "deskhand_plugin") : NULL;
    if (!entry) {
        const char *why = dlerror();
        return err_set(err, ERR_INVALID, "it cannot be loaded: %s",
                       why ? why : "its entry symbol is gone");
    }
    const struct elf_entry head = {.magic = entry->magic,
                                   .struct_size = entry->struct_size,
                                   .abi_major = entry->abi_major,
                                   .abi_minor = entry->abi_minor};
    result = check_entry(&head, err);
    if (result < 0) {
        return result;
    }
    memset(ret, 0, sizeof(*ret));
    memcpy(ret, entry, head.struct_size < sizeof(*ret) ? head.struct_size : sizeof(*ret));
    if (!ret->create || !ret->call || !ret->destroy || !ret->manifest.ptr) {
        return err_set(err, ERR_INVALID,
                       "its entry lacks the manifest or one of create, call and destroy: all are "
                       "needed");
    }
    return 0;
}

int
plugin_code_check(const char *path, struct err *err)
{
    struct elf_entry head;
    int result = elf_check(path, &head, err);
    return result < 0 ? result : check_entry(&head, err);
}
