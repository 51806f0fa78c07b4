/* plugin: shared objects that bring tools.
 *
 * A set is a desk's plugins, the threads they run on, and the host extensions they may ask for.
 * Loading one means: the file is checked before any of its code runs (elf_check.h), its manifest
 * is read, its wants are compared with what there is, its configuration is checked against its own
 * schema, and its tools go into the registry. No plugin function runs until one of its tools is
 * called. What is loaded is never unloaded.
 *
 * A plugin runs in one of two cages, and cannot tell which: on this process's worker pool
 * (plugin_inproc.h), or in a process of its own (plugin_child.h).
 *
 * The set does not know what extensions do: the program hands it a table of them.
 *
 * Everything is [loop]. */
#ifndef PLUGIN_PLUGIN_H
#define PLUGIN_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/str.h"

struct js;
struct loop;
struct manifest;
struct plugin;
struct plugin_ask;
struct plugin_call;
struct plugin_set;
struct tool_registry;

/* What a plugin gets for the id: the extension's table of functions (deskhand_plugin.h). What these
 * functions ask of the desk comes in one of two ways; an extension has one of them, or neither when
 * it works where the plugin is. Nothing in a question is to be trusted. CONTEXT is that of struct
 * plugin_parts. [loop] */
struct plugin_extension {
    const char *id;
    const void *table;
    /* Answered with the value that it returns: what was told (plugin_tell()), and what a child asks
     * (child_wire.h) where in this process the function itself does it. HEAD and BODY are borrowed
     * for the call; CALL is NULL for what belongs to none. */
    int64_t (*remote)(void *context, const struct manifest *m, struct plugin_call *call,
                      const struct js *head, struct str body);
    /* Answered by plugin_ask_answer(), now or later; see ask.h. */
    void (*begin)(void *context, struct plugin_ask *ask);
    /* The asker of ASK is gone: forget it. */
    void (*drop)(void *context, struct plugin_ask *ask);
};

/* One of the operator's secrets for a plugin. */
struct plugin_secret {
    struct str name;
    struct str value;
};

/* What the operator lets a plugin have, besides its cage. */
struct plugin_grants {
    const struct plugin_secret *secrets;
    size_t secret_count;
    const struct str *http; /* servers it may reach with dh.http/1, as desk.yaml has them */
    size_t http_count;
    bool http_private; /* also at private addresses */
};

/* A process for one plugin, and what it may reach from there. All borrowed until
 * plugin_set_free(). */
struct plugin_cage {
    const char *program;      /* plugin-host */
    const char *private;      /* the desk's folder: who is in it, or around, reads only its file */
    const char *const *read;  /* files and folders up to a NULL, besides its own folder; may be */
    const char *const *write; /* NULL */
    bool network;
    int64_t memory;   /* bytes of data */
    unsigned without; /* parts of the cage (cage.h) to leave out, for tests */
};

/* All borrowed until plugin_set_free(). */
struct plugin_parts {
    struct loop *loop;
    const struct plugin_extension *extensions;
    size_t extension_count;
    void *context;    /* for the extensions */
    unsigned threads; /* calls that run at once */
    /* P is quarantined from now on, because of WHY: for the record. May be NULL. */
    void (*quarantined)(void *arg, const struct plugin *p, struct str why);
    void *arg;
};

/* Starts no thread yet. */
int plugin_set_new(const struct plugin_parts *parts, struct plugin_set **ret,
                   struct err *err) WARN_UNUSED;
/* Ends every instance on a thread of its own and waits for that, two seconds at most; what hangs
 * is left behind. No call may be under way, the registry must be gone, and the loop must not be
 * running: it is stepped. NULL is fine. */
void plugin_set_free(struct plugin_set *set);
AUTO_DEFINE(plugin_set, struct plugin_set *, plugin_set_free)

/* How a plugin is to be loaded. `{0}`: into this process, granted nothing. */
struct plugin_wish {
    struct str config;                  /* a JSON object; empty stands for {} */
    const struct plugin_cage *cage;     /* NULL: into this process */
    const struct plugin_grants *grants; /* NULL: nothing; copied, secrets into a vault */
};

/* Load the plugin in the file PATH as WISH says, and add its tools to R; R NULL: only check that it
 * can be loaded. With a cage a process is started here, and none of the file's code runs in ours.
 * *RET is the set's. Waits for the disk. Failures leave the desk as it was and open with the path;
 * they say which rule was broken and what to do. */
int plugin_load_in(struct plugin_set *set, const char *path, const struct plugin_wish *wish,
                   struct tool_registry *r, const struct plugin **ret, struct err *err) WARN_UNUSED;
/* The same into this process, with nothing but CONFIG. */
int plugin_load(struct plugin_set *set, const char *path, struct str config,
                struct tool_registry *r, const struct plugin **ret, struct err *err) WARN_UNUSED;

/* Load OLD's plugin anew from PATH, as WISH says, and put its tools in the place of OLD's in R.
 * Calls of OLD go on and end where they began, also those in line; its process, or instance, ends
 * after the last. Waits for the disk, and 3 s at most for its process. OLD is not to be asked about
 * any more, and what its tools' defs point to stays to the end of the set. ERR_INVALID also for
 * another plugin's file, and for one that was written over while it runs in this process.
 * ERR_TIMEOUT. A failure changes nothing. */
int plugin_reload(struct plugin_set *set, const struct plugin *old, const char *path,
                  const struct plugin_wish *wish, struct tool_registry *r,
                  const struct plugin **ret, struct err *err) WARN_UNUSED;

/* In the order loaded. NULL past the end. */
const struct plugin *plugin_at(const struct plugin_set *set, size_t index);
const struct manifest *plugin_manifest(const struct plugin *p);
/* Its file, links followed, and the path that led there. */
struct str plugin_path(const struct plugin *p);
struct str plugin_asked(const struct plugin *p);
/* Has it a process of its own? *RET_MISSING: the parts of its cage (cage.h) that this kernel does
 * not offer. */
bool plugin_isolated(const struct plugin *p, unsigned *ret_missing);
/* Why it is not used at present (disabled after calls that never came back, quarantined after
 * faults); else empty. */
struct str plugin_trouble(const struct plugin *p);

/* Take it that P, which has a process of its own, is quarantined for FOR_MS, because of WHY. */
void plugin_quarantine(const struct plugin *p, struct str why, int64_t for_ms);
/* Which file P was loaded from, in a word that another file's does not have. */
enum { PLUGIN_FILE_TEXT = 64 };
void plugin_file_text(const struct plugin *p, char out[PLUGIN_FILE_TEXT]);
/* The same for any file. */
struct stat;
void plugin_stat_text(const struct stat *st, char out[PLUGIN_FILE_TEXT]);

#endif
