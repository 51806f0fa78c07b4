/* prepare_json: the pieces of request_prepare() that look at one JSON value or one name.
 *
 * What they return is in ARENA, or the argument itself where nothing had to change; ptr NULL when
 * memory ran out. SCRATCH holds trees and may be cleared by the caller afterwards. Pure. */
#ifndef MODEL_PREPARE_JSON_H
#define MODEL_PREPARE_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/message.h"
#include "base/str.h"

struct js;
struct js_out;

/* Valid UTF-8, U+FFFD for what is none. */
struct str prepare_utf8(struct arena *arena, struct str text);
/* A valid JSON text without lone surrogates. */
struct str prepare_reparsed(struct str json, struct arena *scratch, struct arena *arena);
/* An object: JSON itself, {"value":JSON}, or {"text":"..."} for what is no JSON at all. */
struct str prepare_object(struct arena *scratch, struct arena *arena, struct str json);

/* Letters, digits, _ and - of NAME, '_' for the rest, at most MAX; "unknown" for nothing. */
struct str prepare_tool_name(struct arena *arena, struct str name, size_t max);
/* What rule_document_name() takes, without the extension; "document" for nothing. */
struct str prepare_document_name(struct arena *arena, struct str name);
/* ROOT, {"document":{..}} and whatever is beside it, with that name. */
struct str prepare_with_name(const struct js *root, struct str name, struct arena *arena);

/* Is a tool result's content as every API wants it, images and documents aside? It is not where it
 * holds any: they are to be looked at one by one. */
bool prepare_content_is_sound(const struct js *content, bool error);
/* One item of such content, mended; nothing where nothing is left of it. */
void prepare_write_item(struct js_out *out, const struct js *item);

/* The id of M's tool use number NTH, from 0; it must be there. */
struct str prepare_nth_use(const struct message *m, size_t nth);
/* Images and documents of a user's message, those within tool results included. */
size_t prepare_count_images(const struct message *m);
size_t prepare_count_documents(const struct message *m);

#endif
