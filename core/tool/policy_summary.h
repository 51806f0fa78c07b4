/* policy_summary: a call in one line, for those who have to agree to it.
 *
 * The template is the shop's or the tool's; the values are a model's, and it may have been steered:
 * none of them can break the line, hide behind control characters, or push the others out of
 * sight. For the floor, and for who checks a template.
 * [any] */
#ifndef TOOL_POLICY_SUMMARY_H
#define TOOL_POLICY_SUMMARY_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"

struct js;

/* The next piece of a template: words, and the argument behind them that stands in {braces}; NAME
 * is empty behind the last words. Braces without a partner, or with nothing between them, are
 * words. False at the end. */
bool policy_template_next(struct str *rest, struct str *ret_words, struct str *ret_name);

/* The call of TOOL with ARGUMENTS (NULL: none) in ARENA; ptr NULL when memory ran out. Texts stand
 * plain, other values as JSON, lists with commas, each value cut at LIMIT_APPROVAL_VALUE_BYTES and
 * the line at LIMIT_APPROVAL_SUMMARY_BYTES; *RET_WHOLE: nothing was cut. An empty TEMPLATE gives
 * "TOOL: argument: value, argument: value", where texts that could be taken for more than one stand
 * in quotes. */
struct str policy_summary(struct str tool, struct str template, const struct js *arguments,
                          struct arena *arena, bool *ret_whole);

#endif
