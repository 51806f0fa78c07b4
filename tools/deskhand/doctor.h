/* doctor: the checks of `deskhand doctor`, each for itself.
 *
 * A broken desk is what it is for: no check needs another to have passed. Where desk.yaml cannot
 * be used the rest goes on with every key at its default. Nothing is changed without `mend`, and
 * then only what loses nothing: a mode, turns that died with their process, files of the dead, an
 * older database brought up to date, an empty one where there is none. */
#ifndef DESKHAND_DOCTOR_H
#define DESKHAND_DOCTOR_H

#include <stdbool.h>

#include "checklist.h"

struct app;

struct doctor {
    struct app *app; /* its desk is found; its config is set by doctor_settings() */
    struct checklist list;
    bool mend;
};

/* desk.yaml: there, trustworthy, valid. <0 only when memory ran out. First of all checks. */
int doctor_settings(struct doctor *d, struct err *err) WARN_UNUSED;
/* desk.db's mode, room on the disk, the model of intents, the database library. */
void doctor_files(struct doctor *d);
/* desk.db itself: opens, is sound, no turn and no lock file of a dead process. */
void doctor_store(struct doctor *d);
/* The catalogue, the model, the plugins, the commands, the rules for all tools, the prompts. */
void doctor_catalog(struct doctor *d);
void doctor_model(struct doctor *d);
void doctor_plugins(struct doctor *d);
void doctor_commands(struct doctor *d);
/* Starts them, or asks them: twenty seconds at most. */
void doctor_mcp(struct doctor *d);
void doctor_policy(struct doctor *d);
void doctor_prompts(struct doctor *d);

#endif
