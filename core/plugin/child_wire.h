/* child_wire: what a desk and a plugin's child say to each other, in frames (frame.h).
 *
 * A head is an object whose "t" names the message. The desk speaks first; "->" is the desk's.
 *
 *     -> hello    protocols: [1], parent: the desk's process
 *     <- hello    protocol: the one it takes, capabilities: of those below
 *     -> load     path, folder, read: [], write: [], network, memory, without (cage.h)
 *     <- loaded   missing: parts of the cage that are not there; body: the manifest
 *     <- refused  body: why; it ends
 *     -> create   granted: ids of extensions, name, at_once, secrets: {name: value} where they were
 *                 granted and dh.secret/1 is listed; body: the configuration
 *     <- created, or refused with its body: why; it stays, and may be asked again
 *     -> call     id, tool, call, turn, conversation, customer, deadline, dry_run; body: arguments
 *     -> cancel   id: nobody waits any more
 *     <- done     id, answers, failed, code, retryable, nomem; body: the answer. Once a call.
 *     <- ask      id, ext, q: {what that extension wants}; body. The call waits for its answer,
 *                 which comes at any time; until then it asks nothing more.
 *     -> answer   id, value, a: {what the extension says}, failed: it was not asked; body. None
 *                 comes after a cancel.
 *     <- tell     id or 0, ext, q: {...}; body. As ask, and nobody waits.
 *     -> end      when its calls are over it destroys the instance and exits with 0
 *
 * Ids are the desk's numbers, never used twice. Capabilities: "cancel" it listens while a call
 * runs; "overlap" it runs more than one call at once. Members that a reader does not know are
 * passed over; a message that it does not know ends the connection. A number in protocols is a
 * promise of all of the above; a change of meaning gets a new one. */
#ifndef PLUGIN_CHILD_WIRE_H
#define PLUGIN_CHILD_WIRE_H

enum {
    WIRE_PROTOCOL = 1,
    WIRE_FD = 3, /* where the child finds its end of the socket */
    /* How the child ends by itself. */
    WIRE_EXIT_NO_DESK = 2, /* it was started by hand, or the desk is gone */
    WIRE_EXIT_BROKEN = 3,  /* what the desk sent made no sense */
};

#endif
