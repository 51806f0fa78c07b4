/* process_roles: what the processes of processes.c do on a desk they share. Each tells on its
 * standard output what it sees, a line "WORD MILLISECONDS REST", by CLOCK_MONOTONIC, which all
 * processes of a machine share.
 *
 *     ask FOLDER CONVERSATION SCRIPT TEXT   one turn: a line an event of its observer
 *     claim FOLDER CONVERSATION             a human takes it: "claimed"
 *     recover FOLDER                        closes what dead processes left: "recovered", REST: how
 *                                           many turns
 *     report FOLDER                         long looks at everything: "reported"
 *     watch FOLDER CONVERSATION             until it is killed: "seen", REST: its epoch */
#ifndef FAULT_PROCESS_ROLES_H
#define FAULT_PROCESS_ROLES_H

#include "base/err.h"

/* Play the role in ARGV[0]. */
int process_role(int argc, char **argv, struct err *err) WARN_UNUSED;

#endif
