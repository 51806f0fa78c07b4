/* From records with their words to words with their records.
 *
 * First each record's words are counted together and their impacts made; the results take the
 * place of its tokens. Then a counting sort by term: where each term's postings begin follows from
 * how many there are, and a walk over the records in order puts each posting at its place. Terms
 * then go out in the order of their bytes: the words sorted, and behind each word the pairs that
 * begin with it, by their second word, which is the same order since no word holds a space. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "catalog/index/segment_parts.h"

/* A posting in 32 bits: record or term above, impact below. */
enum { IMPACT_BITS = 8, IMPACT_MASK = 255 };

/* A term of the record at hand. */
struct found {
    uint32_t term;
    double count; /* weighted */
};

/* Terms are numbered: words as in the batch, pairs behind them. */
struct inversion {
    const struct segment_batch *batch;
    const struct rank_plan *plan;
    const double *averages;
    uint32_t terms;
    uint32_t *start; /* of each term's postings; one more for the end */
    uint32_t *postings;
    uint32_t *place;     /* of each term in `found`, when it is there */
    struct found *found; /* as many as the longest record has tokens */
    uint32_t *lengths;   /* distinct terms a record */
};

static void
inversion_done(struct inversion *v)
{
    mem_free(v->start);
    mem_free(v->postings);
    mem_free(v->place);
    mem_free(v->found);
    mem_free(v->lengths);
}
AUTO_DEFINE_VALUE(inversion, struct inversion, inversion_done)

/* What one word in each field of this record is worth; as rank.c has it. */
static void
weigh(const struct inversion *v, const struct segment_record *record, double unit[RANK_FIELDS])
{
    for (int i = 0; i < v->plan->count; i++) {
        const struct rank_field *field = &v->plan->fields[i];
        double relative = (double)record->length[i] / v->averages[i];
        unit[i] = field->weight / (1.0 - field->length + field->length * relative);
    }
}

static uint32_t
impact(const struct inversion *v, double count)
{
    double share = count / (v->plan->saturation + count);
    double rounded = floor(share * POSTINGS_IMPACT_MAX + 0.5);
    return rounded >= POSTINGS_IMPACT_MAX ? POSTINGS_IMPACT_MAX
           : rounded > 1                  ? (uint32_t)rounded
                                          : 1;
}

/* One record's tokens become its terms and their impacts, in the same place. */
static uint32_t
count_record(struct inversion *v, const struct segment_record *record, uint32_t *tokens)
{
    double unit[RANK_FIELDS] = {0};
    uint32_t count = 0;
    weigh(v, record, unit);
    for (uint32_t i = record->begin; i < record->end; i++) {
        uint32_t field = tokens[i] & ((1 << SEGMENT_FIELD_BITS) - 1);
        uint32_t term = tokens[i] >> SEGMENT_FIELD_BITS;
        if (field == SEGMENT_PAIR) {
            term += (uint32_t)v->batch->word_count;
            field = 0;
        }
        /* `place` is never cleared: what it says counts when the term really is there. */
        uint32_t at = v->place[term];
        if (at >= count || v->found[at].term != term) {
            at = count++;
            v->place[term] = at;
            v->found[at] = (struct found){term, 0};
        }
        v->found[at].count += unit[field];
    }
    for (uint32_t i = 0; i < count; i++) {
        tokens[record->begin + i] = v->found[i].term << IMPACT_BITS | impact(v, v->found[i].count);
        v->start[v->found[i].term + 1]++;
    }
    return count;
}

static int
reserve(struct inversion *v, struct err *err)
{
    uint32_t longest = 0;
    for (size_t i = 0; i < v->batch->record_count; i++) {
        uint32_t length = v->batch->records[i].end - v->batch->records[i].begin;
        longest = length > longest ? length : longest;
    }
    v->start = mem_zero((size_t)v->terms + 2, sizeof(*v->start));
    v->place = mem_zero((size_t)v->terms + 1, sizeof(*v->place));
    v->found = mem_zero((size_t)longest + 1, sizeof(*v->found));
    v->lengths = mem_zero(v->batch->record_count, sizeof(*v->lengths));
    return v->start && v->place && v->found && v->lengths ? 0 : err_nomem(err);
}

/* Afterwards start[term + 1] is where the term's postings end, start[term] where they begin. */
static int
scatter(struct inversion *v, const uint32_t *tokens, struct err *err)
{
    for (uint32_t term = 0; term < v->terms; term++) {
        v->start[term + 1] += v->start[term];
    }
    v->postings = mem_alloc(((size_t)v->start[v->terms] + 1) * sizeof(*v->postings));
    if (!v->postings) {
        return err_nomem(err);
    }
    /* `place` is done with: now it says where the next posting of a term goes. */
    memcpy(v->place, v->start, (size_t)v->terms * sizeof(*v->place));
    for (size_t doc = 0; doc < v->batch->record_count; doc++) {
        uint32_t begin = v->batch->records[doc].begin;
        for (uint32_t i = begin; i < begin + v->lengths[doc]; i++) {
            uint32_t at = v->place[tokens[i] >> IMPACT_BITS]++;
            v->postings[at] = (uint32_t)doc << IMPACT_BITS | (tokens[i] & IMPACT_MASK);
        }
    }
    return 0;
}

/* A word with its first bytes as a number that sorts as they do: most comparisons end there. */
struct sorted {
    uint64_t head;
    uint32_t word;
};

static struct str
word_text(const struct segment_batch *b, uint32_t word)
{
    return (struct str){b->text + b->words[word].offset, b->words[word].len};
}

static int
compare_words(const void *left, const void *right, void *arg)
{
    const struct sorted *a = left;
    const struct sorted *b = right;
    if (a->head != b->head) {
        return a->head < b->head ? -1 : 1;
    }
    return str_cmp(word_text(arg, a->word), word_text(arg, b->word));
}

/* The words in the order of their bytes. */
static struct sorted *
sort_words(struct segment_batch *b)
{
    struct sorted *all = mem_zero(b->word_count + 1, sizeof(*all));
    if (!all) {
        return NULL;
    }
    for (uint32_t word = 0; word < b->word_count; word++) {
        struct str text = word_text(b, word);
        all[word].word = word;
        for (size_t i = 0; i < sizeof(all->head); i++) {
            unsigned char byte = i < text.len ? (unsigned char)text.ptr[i] : 0;
            all[word].head = all[word].head << 8 | byte;
        }
    }
    qsort_r(all, b->word_count, sizeof(*all), compare_words, b);
    return all;
}

/* The pairs by what KEY says of them, those of one key in the order they had. STARTS has room for
 * a count a word and one more; afterwards STARTS[k] is where key k ends. */
static void
sort_pairs(const struct segment_batch *b, const uint32_t *rank, bool by_first, const uint32_t *from,
           uint32_t *to, uint32_t *starts)
{
    memset(starts, 0, (b->word_count + 1) * sizeof(*starts));
    for (size_t i = 0; i < b->pair_count; i++) {
        starts[rank[by_first ? b->pairs[i].first : b->pairs[i].second] + 1]++;
    }
    for (size_t i = 0; i < b->word_count; i++) {
        starts[i + 1] += starts[i];
    }
    for (size_t i = 0; i < b->pair_count; i++) {
        const struct segment_two *pair = &b->pairs[from[i]];
        to[starts[rank[by_first ? pair->first : pair->second]]++] = from[i];
    }
}

struct output {
    const struct inversion *v;
    struct segment_sink *sink;
    struct posting *items; /* one a record */
};

static int
put_term(const struct output *out, uint32_t term, struct str text, struct err *err)
{
    const struct inversion *v = out->v;
    size_t count = 0;
    for (uint32_t i = v->start[term]; i < v->start[term + 1]; i++) {
        out->items[count++] = (struct posting){v->postings[i] >> IMPACT_BITS,
                                               (uint8_t)(v->postings[i] & IMPACT_MASK)};
    }
    /* Words of records that were removed again before they were written. */
    return count == 0 ? 0 : segment_sink_term(out->sink, text, out->items, count, err);
}

static int
put_pair(const struct output *out, uint32_t pair, struct err *err)
{
    const struct segment_batch *b = out->v->batch;
    struct str first = word_text(b, b->pairs[pair].first);
    struct str second = word_text(b, b->pairs[pair].second);
    char text[BLOCK_TERM_BYTES];
    must(first.len + 1 + second.len <= sizeof(text));
    memcpy(text, first.ptr, first.len);
    text[first.len] = ' ';
    memcpy(text + first.len + 1, second.ptr, second.len);
    return put_term(out, (uint32_t)b->word_count + pair,
                    (struct str){text, first.len + 1 + second.len}, err);
}

/* Words in their order, each before its pairs: PAIRS by first and second word, those of the word
 * of rank R from ENDS[R - 1] to ENDS[R]. */
static int
put_all(const struct output *out, const struct sorted *words, const uint32_t *pairs,
        const uint32_t *ends, struct err *err)
{
    const struct segment_batch *b = out->v->batch;
    uint32_t next = 0;
    int rc = 0;
    for (uint32_t rank = 0; rc == 0 && rank < b->word_count; rank++) {
        rc = put_term(out, words[rank].word, word_text(b, words[rank].word), err);
        while (rc == 0 && next < ends[rank]) {
            rc = put_pair(out, pairs[next++], err);
        }
    }
    return rc;
}

static int
write_terms(const struct inversion *v, struct segment_batch *b, struct segment_sink *sink,
            struct err *err)
{
    AUTO(mem) struct sorted *words = sort_words(b);
    AUTO(mem) uint32_t *rank = mem_zero(b->word_count + 1, sizeof(*rank));
    AUTO(mem) uint32_t *starts = mem_zero(b->word_count + 2, sizeof(*starts));
    AUTO(mem) uint32_t *pairs = mem_zero(b->pair_count + 1, sizeof(*pairs));
    AUTO(mem) uint32_t *sorted = mem_zero(b->pair_count + 1, sizeof(*sorted));
    AUTO(mem) struct posting *items = mem_zero(b->record_count, sizeof(*items));
    if (!words || !rank || !starts || !pairs || !sorted || !items) {
        return err_nomem(err);
    }
    for (uint32_t i = 0; i < b->word_count; i++) {
        rank[words[i].word] = i;
    }
    for (uint32_t i = 0; i < b->pair_count; i++) {
        sorted[i] = i;
    }
    sort_pairs(b, rank, false, sorted, pairs, starts);
    sort_pairs(b, rank, true, pairs, sorted, starts);
    return put_all(&(struct output){v, sink, items}, words, sorted, starts, err);
}

int
segment_invert(struct segment_batch *b, const struct rank_plan *plan,
               const double averages[RANK_FIELDS], struct segment_sink *sink, struct err *err)
{
    AUTO(inversion)
    struct inversion v = {
        .batch = b,
        .plan = plan,
        .averages = averages,
        .terms = (uint32_t)(b->word_count + b->pair_count),
    };
    int rc = reserve(&v, err);
    if (rc != 0) {
        return rc;
    }
    for (size_t doc = 0; doc < b->record_count; doc++) {
        v.lengths[doc] = count_record(&v, &b->records[doc], b->tokens);
    }
    rc = scatter(&v, b->tokens, err);
    return rc != 0 ? rc : write_terms(&v, b, sink, err);
}
