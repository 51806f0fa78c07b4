/* plugin_files: what a new plugin begins with, made at build time from plugins/template.c, the
 * SDK's header and the files of plugins/new. Where a name ends in ".in", @NAME@ stands for the
 * plugin's name in the text and @TAB@ for a tab. */
#ifndef DESKHAND_PLUGIN_FILES_H
#define DESKHAND_PLUGIN_FILES_H

#include <stddef.h>

struct embedded_text {
    const char *name; /* of the file it was; NULL ends the table */
    const char *text;
};

extern const struct embedded_text plugin_files[];

#endif
