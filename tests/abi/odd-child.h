/* odd-child: what the odd child does, and test-plugin-odd.c expects. */
#ifndef ABI_ODD_CHILD_H
#define ABI_ODD_CHILD_H

enum odd {
    ODD_SOUND = 1,
    /* While it is loaded. */
    ODD_HELLO_AGAIN,
    ODD_NO_MANIFEST,
    ODD_EARLY,
    ODD_NO_JSON,
    ODD_NO_OBJECT,
    ODD_REFUSES,
    ODD_LONG_HEAD,
    ODD_LONG_BODY,
    ODD_LEAVES,
    /* When it is called. */
    ODD_TWICE,
    ODD_COUNT,
    ODD_MANY,
    ODD_ASKS_UNLISTED,
    ODD_ASKS_NOTHING,
    ODD_TELLS_OF_OTHERS,
    ODD_UNKNOWN,
    ODD_STAGES_AND_FAILS,
    ODD_TELLS_WHAT_IS_ASKED,
    ODD_ASKS_TWICE,
    ODD_ENDS_ASKING,
    ODD_SECRETS, /* not odd: the number of secrets it was given is its answer */
    /* Questions to dh.kv/1 that make no sense, whose answer's value is its answer. */
    ODD_KV,
    ODD_KV_LAST = ODD_KV + 7,
};

#endif
