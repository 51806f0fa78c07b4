#include "check_watch.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check.h"
#include "check_stubs.h"

#if defined(__aarch64__)
enum { JUMP = R_AARCH64_JUMP_SLOT, DATA = R_AARCH64_GLOB_DAT, PLAIN = R_AARCH64_ABS64 };
#else
enum { JUMP = R_X86_64_JUMP_SLOT, DATA = R_X86_64_GLOB_DAT, PLAIN = R_X86_64_64 };
#endif

/* The tables of one loaded object. */
struct object {
    uintptr_t base;
    const ElfW(Sym) * symbols;
    const char *names;
    const ElfW(Rela) * jumps;
    const ElfW(Rela) * others;
    size_t jumps_size;
    size_t others_size;
};

struct search {
    uintptr_t address;
    struct object found;
};

static bool
holds(const struct dl_phdr_info *info, uintptr_t address)
{
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        uintptr_t from = info->dlpi_addr + part->p_vaddr;
        if (part->p_type == PT_LOAD && address >= from && address < from + part->p_memsz) {
            return true;
        }
    }
    return false;
}

/* The linker has added the base to these pointers, on most machines. */
static const void *
table(uintptr_t base, uintptr_t value)
{
    return (const void *)(value < base ? base + value : value);
}

static void
read_tables(const ElfW(Dyn) * entry, struct object *o)
{
    for (; entry->d_tag != DT_NULL; entry++) {
        const void *place = table(o->base, entry->d_un.d_ptr);
        switch (entry->d_tag) {
        case DT_SYMTAB:
            o->symbols = place;
            break;
        case DT_STRTAB:
            o->names = place;
            break;
        case DT_JMPREL:
            o->jumps = place;
            break;
        case DT_RELA:
            o->others = place;
            break;
        case DT_PLTRELSZ:
            o->jumps_size = entry->d_un.d_val;
            break;
        case DT_RELASZ:
            o->others_size = entry->d_un.d_val;
            break;
        default:
            break;
        }
    }
}

static int
look(struct dl_phdr_info *info, size_t size, void *arg)
{
    struct search *s = arg;
    (void)size;
    if (!holds(info, s->address)) {
        return 0;
    }
    s->found.base = info->dlpi_addr;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type == PT_DYNAMIC) {
            read_tables((const void *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr), &s->found);
        }
    }
    return 1;
}

/* The linker may have made the page read-only. */
static void
lead(uintptr_t slot, void *to)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t start = slot / page * page;
    uintptr_t end = slot + sizeof(to);
    if (mprotect((void *)start, end - start, PROT_READ | PROT_WRITE) == 0) {
        memcpy((void *)slot, &to, sizeof(to));
    }
}

static void
lead_all(const struct object *o, const ElfW(Rela) * entries, size_t size)
{
    for (size_t i = 0; entries && i < size / sizeof(*entries); i++) {
        uint64_t type = ELF64_R_TYPE(entries[i].r_info);
        const ElfW(Sym) *symbol = &o->symbols[ELF64_R_SYM(entries[i].r_info)];
        if ((type == JUMP || type == DATA || type == PLAIN) && symbol->st_shndx == SHN_UNDEF) {
            void *stub = check_stub(o->names + symbol->st_name);
            if (stub) {
                lead(o->base + entries[i].r_offset, stub);
            }
        }
    }
}

bool
check_watch(struct check *c, const void *address, int64_t fail_at)
{
    struct search s = {.address = (uintptr_t)address};
    if (dl_iterate_phdr(look, &s) == 0 || !s.found.symbols || !s.found.names) {
        return false;
    }
    check_stubs_begin(c, fail_at);
    lead_all(&s.found, s.found.jumps, s.found.jumps_size);
    lead_all(&s.found, s.found.others, s.found.others_size);
    return true;
}

bool
check_watch_failed(void)
{
    return check_stubs_failed();
}
