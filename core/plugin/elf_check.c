#include "plugin/elf_check.h"

#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/str.h"

#define ENTRY_NAME "deskhand_plugin"

enum {
    TABLE_MAX = 16 * 1024 * 1024, /* a symbol or string table; a plugin's are kilobytes */
    HEADERS_MAX = 4096,           /* segments, sections */
    NAMED_MAX = 4,                /* superfluous exports that the message names */
};

#if defined(__x86_64__)
enum { MACHINE = EM_X86_64 };
#elif defined(__aarch64__)
enum { MACHINE = EM_AARCH64 };
#elif defined(__riscv)
enum { MACHINE = EM_RISCV };
#elif defined(__powerpc64__)
enum { MACHINE = EM_PPC64 };
#elif defined(__s390x__)
enum { MACHINE = EM_S390 };
#else
enum { MACHINE = EM_NONE };
#endif

struct elf_file {
    int fd;
    uint64_t size;
    Elf64_Ehdr head;
    Elf64_Phdr *segments;
    Elf64_Shdr *sections;
    Elf64_Sym *symbols;
    size_t symbol_count;
    char *names; /* NUL-terminated, whatever the file says */
    size_t names_size;
};

static void
elf_done(struct elf_file *f)
{
    mem_free(f->segments);
    mem_free(f->sections);
    mem_free(f->symbols);
    mem_free(f->names);
    if (f->fd >= 0) {
        (void)close(f->fd);
    }
}
AUTO_DEFINE_VALUE(elf, struct elf_file, elf_done)

/* ---- The file ---------------------------------------------------------------------------------*/

/* Who may write where PATH is could put another file there. */
static int
check_folder(const char *path, struct err *err)
{
    AUTO(mem) char *copy = mem_str(str_c(path));
    struct stat st;
    if (!copy) {
        return err_nomem(err);
    }
    if (stat(dirname(copy), &st) != 0) {
        return err_set_errno(err, errno, "look at its folder");
    }
    if ((st.st_mode & S_IWOTH) && !(st.st_mode & S_ISVTX)) {
        return err_set(err, ERR_AUTH, "everybody may write in its folder: chmod o-w the folder");
    }
    return 0;
}

static int
check_mode(const struct stat *st, struct err *err)
{
    if (!S_ISREG(st->st_mode)) {
        return err_set(err, ERR_INVALID, "it is not a regular file: name the .so itself");
    }
    if (st->st_uid != 0 && st->st_uid != geteuid()) {
        return err_set(err, ERR_AUTH,
                       "it belongs to user %u, neither to you nor to root: its code would run as "
                       "you; copy it, or chown it, when you trust it",
                       (unsigned)st->st_uid);
    }
    if (st->st_mode & S_IWOTH) {
        return err_set(err, ERR_AUTH, "everybody may write to it: chmod o-w the file");
    }
    return 0;
}

static int
open_file(struct elf_file *f, const char *path, struct err *err)
{
    struct stat st;
    /* O_NONBLOCK: a FIFO in the plugin's place must not hang us. */
    f->fd = fault_io("plugin.open") ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (f->fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
        return err_set(err, ERR_NOTFOUND, "there is no such file");
    }
    if (f->fd < 0 || fstat(f->fd, &st) != 0) {
        return err_set_errno(err, errno ? errno : EIO, "open it");
    }
    f->size = (uint64_t)st.st_size;
    int result = check_mode(&st, err);
    return result < 0 ? result : check_folder(path, err);
}

static int
cut_short(struct err *err)
{
    return err_set(err, ERR_INVALID, "it is cut short or damaged: build or copy it again");
}

/* LENGTH bytes at OFFSET into TO. */
static int
read_at(const struct elf_file *f, uint64_t offset, void *to, size_t length, struct err *err)
{
    if (length > f->size || offset > f->size - length) {
        return cut_short(err);
    }
    for (size_t got = 0; got < length;) {
        ssize_t n = pread(f->fd, (char *)to + got, length - got, (off_t)(offset + got));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return err_set_errno(err, errno, "read it");
        }
        if (n == 0) {
            return cut_short(err);
        }
        got += (size_t)n;
    }
    return 0;
}

/* The same into new memory, with a NUL behind it. */
static int
read_new(const struct elf_file *f, uint64_t offset, uint64_t length, void *ret, struct err *err)
{
    if (length > TABLE_MAX) {
        return cut_short(err);
    }
    AUTO(mem) char *memory = mem_alloc((size_t)length + 1);
    if (!memory) {
        return err_nomem(err);
    }
    int result = read_at(f, offset, memory, (size_t)length, err);
    if (result < 0) {
        return result;
    }
    memory[length] = '\0';
    char *taken = TAKE(memory);
    memcpy(ret, &taken, sizeof(taken));
    return 0;
}

/* ---- Headers ----------------------------------------------------------------------------------*/

static int
check_head(const Elf64_Ehdr *head, struct err *err)
{
    const unsigned char order = BYTE_ORDER == LITTLE_ENDIAN ? ELFDATA2LSB : ELFDATA2MSB;
    if (memcmp(head->e_ident, ELFMAG, SELFMAG) != 0) {
        return err_set(err, ERR_INVALID, "it is not a shared object (no ELF file): name the .so");
    }
    if (head->e_ident[EI_CLASS] != ELFCLASS64 || head->e_ident[EI_DATA] != order ||
        (MACHINE != EM_NONE && head->e_machine != MACHINE)) {
        return err_set(err, ERR_INVALID,
                       "it was built for another kind of machine: build it on this one");
    }
    if (head->e_type != ET_DYN) {
        return err_set(err, ERR_INVALID, "it is not a shared object: link it with -shared");
    }
    if (head->e_phentsize != sizeof(Elf64_Phdr) || head->e_shentsize != sizeof(Elf64_Shdr) ||
        head->e_phnum > HEADERS_MAX || head->e_shnum > HEADERS_MAX || head->e_phnum == 0 ||
        head->e_shnum == 0) {
        return cut_short(err);
    }
    return 0;
}

static bool
inside(const struct elf_file *f, uint64_t offset, uint64_t length)
{
    return length <= f->size && offset <= f->size - length;
}

/* All that a segment or section claims to have in the file must be there. */
static int
check_extents(const struct elf_file *f, struct err *err)
{
    for (size_t i = 0; i < f->head.e_phnum; i++) {
        if (!inside(f, f->segments[i].p_offset, f->segments[i].p_filesz)) {
            return cut_short(err);
        }
    }
    for (size_t i = 0; i < f->head.e_shnum; i++) {
        const Elf64_Shdr *s = &f->sections[i];
        if (s->sh_type != SHT_NOBITS && !inside(f, s->sh_offset, s->sh_size)) {
            return cut_short(err);
        }
    }
    return 0;
}

static int
read_headers(struct elf_file *f, struct err *err)
{
    if (f->size < sizeof(f->head)) {
        return err_set(err, ERR_INVALID, "it is not a shared object (no ELF file): name the .so");
    }
    int result = read_at(f, 0, &f->head, sizeof(f->head), err);
    if (result == 0) {
        result = check_head(&f->head, err);
    }
    if (result == 0) {
        result =
            read_new(f, f->head.e_phoff, f->head.e_phnum * sizeof(Elf64_Phdr), &f->segments, err);
    }
    if (result == 0) {
        result =
            read_new(f, f->head.e_shoff, f->head.e_shnum * sizeof(Elf64_Shdr), &f->sections, err);
    }
    return result < 0 ? result : check_extents(f, err);
}

/* ---- Symbols ----------------------------------------------------------------------------------*/

static int
read_symbols(struct elf_file *f, struct err *err)
{
    const Elf64_Shdr *table = NULL;
    for (size_t i = 0; i < f->head.e_shnum && !table; i++) {
        table = f->sections[i].sh_type == SHT_DYNSYM ? &f->sections[i] : NULL;
    }
    if (!table || table->sh_link >= f->head.e_shnum) {
        return err_set(err, ERR_INVALID, "it has no table of symbols: it is no plugin");
    }
    const Elf64_Shdr *names = &f->sections[table->sh_link];
    int result = read_new(f, table->sh_offset, table->sh_size, &f->symbols, err);
    if (result == 0) {
        result = read_new(f, names->sh_offset, names->sh_size, &f->names, err);
    }
    f->symbol_count = table->sh_size / sizeof(Elf64_Sym);
    f->names_size = names->sh_size;
    return result;
}

static const char *
symbol_name(const struct elf_file *f, const Elf64_Sym *symbol)
{
    return symbol->st_name < f->names_size ? f->names + symbol->st_name : "";
}

static bool
is_export(const Elf64_Sym *symbol)
{
    unsigned bind = ELF64_ST_BIND(symbol->st_info);
    unsigned visibility = ELF64_ST_VISIBILITY(symbol->st_other);
    return symbol->st_shndx != SHN_UNDEF && (bind == STB_GLOBAL || bind == STB_WEAK) &&
           (visibility == STV_DEFAULT || visibility == STV_PROTECTED);
}

/* Linkers, and AddressSanitizer, put these there unasked; nobody binds to them. */
static bool
is_linkers(const char *name)
{
    static const char *const names[] = {"_init", "_fini", "_edata", "_end", "__bss_start"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return str_starts(str_c(name), STR("__odr_asan"));
}

static int
refuse_exports(const struct elf_file *f, struct err *err)
{
    AUTO(buf) struct buf named;
    size_t count = 0;
    buf_init(&named, 128); /* fits the message; more names are not worth more */
    for (size_t i = 0; i < f->symbol_count; i++) {
        const char *name = symbol_name(f, &f->symbols[i]);
        if (!is_export(&f->symbols[i]) || is_linkers(name) || strcmp(name, ENTRY_NAME) == 0) {
            continue;
        }
        if (count++ < NAMED_MAX) {
            buf_printf(&named, "%s%.24s", count > 1 ? ", " : "", name);
        }
    }
    if (count == 0) {
        return 0;
    }
    return err_set(err, ERR_INVALID,
                   "it exports %zu more than " ENTRY_NAME " (%s%s): build it with "
                   "-fvisibility=hidden, or with a version script",
                   count, named.text ? named.text : "", count > NAMED_MAX ? ", ..." : "");
}

static const Elf64_Sym *
find_entry(const struct elf_file *f)
{
    for (size_t i = 0; i < f->symbol_count; i++) {
        const Elf64_Sym *s = &f->symbols[i];
        if (is_export(s) && strcmp(symbol_name(f, s), ENTRY_NAME) == 0) {
            return s;
        }
    }
    return NULL;
}

/* The data of ENTRY, through the segment that will be mapped over its address. */
static int
read_entry(const struct elf_file *f, const Elf64_Sym *entry, struct elf_entry *ret, struct err *err)
{
    const size_t head = offsetof(struct elf_entry, room);
    ret->room = entry->st_size;
    for (size_t i = 0; i < f->head.e_phnum; i++) {
        const Elf64_Phdr *p = &f->segments[i];
        if (p->p_type == PT_LOAD && entry->st_value >= p->p_vaddr && p->p_filesz >= head &&
            entry->st_value - p->p_vaddr <= p->p_filesz - head) {
            return read_at(f, p->p_offset + (entry->st_value - p->p_vaddr), ret, head, err);
        }
    }
    return err_set(err, ERR_INVALID, ENTRY_NAME " holds no data: define it with its values");
}

int
elf_check(const char *path, struct elf_entry *ret, struct err *err)
{
    AUTO(elf) struct elf_file f = {.fd = -1};
    struct elf_entry found;
    int result = open_file(&f, path, err);
    if (result == 0) {
        result = read_headers(&f, err);
    }
    if (result == 0) {
        result = read_symbols(&f, err);
    }
    if (result < 0) {
        return result;
    }
    const Elf64_Sym *entry = find_entry(&f);
    if (!entry || ELF64_ST_TYPE(entry->st_info) != STT_OBJECT) {
        return err_set(err, ERR_INVALID,
                       "it has no entry symbol " ENTRY_NAME ": it is no plugin, or the symbol was "
                       "not exported (DH_EXPORT)");
    }
    result = refuse_exports(&f, err);
    if (result == 0) {
        result = read_entry(&f, entry, &found, err);
    }
    if (result == 0) {
        *ret = found;
    }
    return result;
}
