/* limits: every built-in maximum, each with its reason.
 *
 * These are the walls nobody may move from outside; what an operator may choose (rounds of a turn,
 * its time, its tokens) is in the configuration table and bounded there. */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

enum {
    /* A customer's message. Ten pages of text; a pasted log fits, a pasted disk image does not. */
    LIMIT_MESSAGE_BYTES = 64 * 1024,
    /* Images and documents of a customer's message: what Bedrock's Converse takes, which is the
     * least of all servers. One image, its edges, how many; one document, how many. */
    LIMIT_IMAGE_BYTES = 15 * 1024 * 1024 / 4,
    LIMIT_IMAGE_PIXELS = 8000,
    LIMIT_IMAGES = 20,
    LIMIT_DOCUMENT_BYTES = 9 * 1024 * 1024 / 2,
    LIMIT_DOCUMENTS = 5,
    /* All of them together: they are sent again with each later turn, as base64, and the tightest
     * server takes a body of 25,000,000 bytes. */
    LIMIT_MEDIA_BYTES = 16 * 1024 * 1024,
    /* A model's whole reply, and any text built from it. Far above every model's output limit. */
    LIMIT_REPLY_BYTES = 1024 * 1024,
    /* What a tool may hand back. A model reads some 200 KB at most with profit; the rest is a
     * tool that dumps its database. */
    LIMIT_TOOL_RESULT_BYTES = 256 * 1024,
    /* A model's arguments for one call. */
    LIMIT_TOOL_ARGUMENT_BYTES = 64 * 1024,
    /* Tool calls in one reply; real models were seen to ask for up to 30. */
    LIMIT_CALLS_PER_REPLY = 64,
    /* A call put to somebody who has to agree to it: one argument, and the whole line. What is read
     * before a key is pressed, an address or a message to somebody included; longer ones are not
     * read, and an agent is asked instead of the customer. */
    LIMIT_APPROVAL_VALUE_BYTES = 600,
    LIMIT_APPROVAL_SUMMARY_BYTES = 2000,
    /* How long an agreement is waited for, and good for: a customer's within one sitting, at the
     * prices and stocks they saw; an agent's within a day, over a change of shifts. */
    LIMIT_APPROVAL_CUSTOMER_MS = 30 * 60 * 1000,
    LIMIT_APPROVAL_AGENT_MS = 24 * 60 * 60 * 1000,
    /* JSON nesting. Tool schemas nest to about 20; JSONTestSuite's bombs nest to 100,000. */
    LIMIT_JSON_DEPTH = 64,
    /* One JSON text in memory, exports and imports of one conversation included. */
    LIMIT_JSON_BYTES = 64 * 1024 * 1024,
    /* Values in one JSON text. An empty object, two bytes of text, is 784 bytes of tree. */
    LIMIT_JSON_VALUES = 1000000,
    /* A JSON number's spelling: longer ones are noise or an attack on strtod. */
    LIMIT_JSON_NUMBER = 128,
    /* A tool's schema and a plugin's manifest: they travel to the model with every request. */
    LIMIT_SCHEMA_BYTES = 64 * 1024,
    LIMIT_MANIFEST_BYTES = 256 * 1024,
    /* Steps of one schema check: recursive schemas over large input stop here. */
    LIMIT_SCHEMA_STEPS = 200000,
    /* Schemas within schemas during one check, references counted: 64 levels of the value times
     * what real schemas put between two of them (a $ref, an anyOf), within a thread's stack. */
    LIMIT_SCHEMA_DEPTH = 512,
    /* A regular expression in a schema. Real ones have at most some 200 characters. */
    LIMIT_PATTERN_BYTES = 4096,
    /* desk.yaml. */
    LIMIT_CONFIG_BYTES = 1024 * 1024,
    /* ~/.aws/config and ~/.aws/credentials. Tools that write a profile for every account and role
     * of a company reach some 300 KB. */
    LIMIT_AWS_FILE_BYTES = 1024 * 1024,
    /* A prompt template, and what it renders to. */
    LIMIT_TEMPLATE_BYTES = 256 * 1024,
    LIMIT_RENDERED_BYTES = 1024 * 1024,
    /* Partials within partials. */
    LIMIT_TEMPLATE_DEPTH = 32,
    /* Sections within sections of one template, and all levels of one rendering: they are levels of
     * the C stack. */
    LIMIT_TEMPLATE_NESTING = 64,
    LIMIT_RENDER_LEVELS = 256,
    /* A name in a template; longer ones only cost time at every look-up. */
    LIMIT_TEMPLATE_NAME = 256,
    /* Work of one rendering, in nodes, look-ups and 256-byte pieces of text: ends partials that
     * include each other without producing anything. A long prompt takes some hundreds. */
    LIMIT_RENDER_STEPS = 200000,
    /* One line of a catalogue import. */
    LIMIT_IMPORT_LINE = 8 * 1024 * 1024,
    /* A search query: what a person types; the rest is cut, not refused. */
    LIMIT_QUERY_BYTES = 2048,
    /* Tools of one desk; providers refuse more than a few hundred. */
    LIMIT_TOOLS = 256,
    /* Messages that wait while their conversation's turn runs. */
    LIMIT_QUEUE_PER_CONVERSATION = 8,
    /* One message of AWS's binary event stream. AWS's own clients take 24 MiB; here a message is a
     * piece of one reply, which in base64 with its JSON around is far below this. */
    LIMIT_EVENTSTREAM_FRAME = 4 * 1024 * 1024,
    /* Its headers: three short ones in all messages that were seen. The bytes are what AWS's
     * clients allow; the number is ours, because each name is compared with each. */
    LIMIT_EVENTSTREAM_HEADER_BYTES = 128 * 1024,
    LIMIT_EVENTSTREAM_HEADERS = 64,
    /* An HTTP answer's body where the request names no maximum: a reply of LIMIT_REPLY_BYTES whose
     * stream wraps each few letters in some dozen bytes of JSON. */
    LIMIT_HTTP_ANSWER_BYTES = 16 * 1024 * 1024,
    /* An answer's heads and trailers together, and the lines of one head. Common servers send some
     * 30 lines and 4 KB, and refuse to receive more than 8 to 64 KB themselves. */
    LIMIT_HTTP_HEADER_BYTES = 64 * 1024,
    LIMIT_HTTP_HEADERS = 256,
    /* What one pass over the sockets may bring in before it is handed out: curl reads at most 100
     * buffers a call, for at most 100 calls on one connection. */
    LIMIT_HTTP_INBOX_BYTES = 64 * 1024 * 1024,
    /* A URL; servers refuse beyond 8 KB. */
    LIMIT_URL_BYTES = 8 * 1024,
    /* What a helper program may print, where its caller names no maximum; and how much of what it
     * complains is kept for the error's words. */
    LIMIT_CHILD_OUTPUT_BYTES = 1024 * 1024,
    LIMIT_CHILD_COMPLAINT_BYTES = 1024,
    /* Between a desk and a plugin's child: a message's head, which holds ids and words, never what
     * a model or a plugin wrote at length; and what may wait for a child that does not read. */
    LIMIT_FRAME_HEAD_BYTES = 64 * 1024,
    LIMIT_FRAME_QUEUE_BYTES = 16 * 1024 * 1024,
    /* What a plugin's question may carry, and its answer: the bodies of dh.http/1 are the longest.
     */
    LIMIT_ASK_BODY_BYTES = 1024 * 1024,
    LIMIT_ASK_ANSWER_BYTES = 4 * 1024 * 1024,
    /* A plugin's secrets together, on their way to its child in one head. */
    LIMIT_PLUGIN_SECRET_BYTES = 16 * 1024,
    /* The text a command may print in one piece. */
    LIMIT_OUTPUT_BYTES = 64 * 1024 * 1024,
};

#endif
