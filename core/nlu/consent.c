/* A message is written anew as small-lettered words with single spaces between them, then taken
 * apart into phrases of the table, the longest first. What is no letter, no separator and no sign
 * of the table ends it: such a message is more than a yes. */
#include "nlu/consent.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/utf8.h"

enum {
    TEXT_MAX = 160,  /* longer ones say more than yes or no */
    WORDS_MAX = 320, /* the same written anew: no character grows to more than twice its size */
};

enum kind {
    YES,   /* agrees */
    WEAK,  /* agrees, and may just as well take note: not with DOES beside it */
    NO,    /* declines */
    DOES,  /* names what is to be done: only beside a YES */
    LEAVE, /* names what is to be left: only beside a NO */
    FILL,  /* says nothing */
    KIND_COUNT
};

struct phrase {
    const char *words;
    enum kind kind;
};

static const struct phrase phrases[] = {
    /* English */
    {"yes", YES},
    {"yeah", YES},
    {"yep", YES},
    {"yup", YES},
    {"y", YES},
    {"aye", YES},
    {"sure", YES},
    {"for sure", YES},
    {"of course", YES},
    {"certainly", YES},
    {"absolutely", YES},
    {"definitely", YES},
    {"correct", YES},
    {"that's correct", YES},
    {"that's right", YES},
    {"that is correct", YES},
    {"that is right", YES},
    {"affirmative", YES},
    {"agreed", YES},
    {"i agree", YES},
    {"confirmed", YES},
    {"confirm", YES},
    {"i confirm", YES},
    {"i do", YES},
    {"i'm sure", YES},
    {"i am sure", YES},
    {"go ahead", YES},
    {"go for it", YES},
    {"do it", YES},
    {"please do", YES},
    {"do so", YES},
    {"proceed", YES},
    {"ok", WEAK},
    {"okay", WEAK},
    {"okey", WEAK},
    {"alright", WEAK},
    {"all right", WEAK},
    {"that's fine", WEAK},
    {"that is fine", WEAK},
    {"fine by me", WEAK},
    {"sounds good", WEAK},
    {"no", NO},
    {"nope", NO},
    {"nah", NO},
    {"n", NO},
    {"no way", NO},
    {"not", NO},
    {"never", NO},
    {"don't", NO},
    {"dont", NO},
    {"do not", NO},
    {"don't do it", NO},
    {"dont do it", NO},
    {"do not do it", NO},
    {"i do not", NO},
    {"please do not", NO},
    {"stop", NO},
    {"no thank you", NO},
    {"never mind", NO},
    {"nevermind", NO},
    {"forget it", NO},
    {"i'd rather not", NO},
    {"cancel it", DOES},
    {"cancel that", DOES},
    {"cancel them", DOES},
    {"cancel the order", DOES},
    {"cancel my order", DOES},
    {"refund it", DOES},
    {"return it", DOES},
    {"exchange it", DOES},
    {"delete it", DOES},
    {"change it", DOES},
    {"send it", DOES},
    {"order it", DOES},
    {"continue", DOES},
    {"keep it", LEAVE},
    {"leave it", LEAVE},
    {"do that", LEAVE},
    {"do this", LEAVE},
    {"i", LEAVE},
    {"want it", LEAVE},
    {"want that", LEAVE},
    {"want this", LEAVE},
    {"want to", LEAVE},
    {"please", FILL},
    {"pls", FILL},
    {"plz", FILL},
    {"thanks", FILL},
    {"thank you", FILL},
    {"thank you very much", FILL},
    {"many thanks", FILL},
    {"thx", FILL},
    {"do", FILL},
    {"do that for me", DOES},
    {"for me", FILL},
    {"now", FILL},
    {"hi", FILL},
    {"hello", FILL},
    /* German */
    {"ja", YES},
    {"jawohl", YES},
    {"jep", YES},
    {"gerne", YES},
    {"ja gern", YES},
    {"natürlich", YES},
    {"selbstverständlich", YES},
    {"auf jeden fall", YES},
    {"einverstanden", YES},
    {"genau", YES},
    {"bestätigt", YES},
    {"ich bestätige", YES},
    {"mach das", YES},
    {"machen sie das", YES},
    {"in ordnung", WEAK},
    {"nein", NO},
    {"nee", NO},
    {"nö", NO},
    {"nicht", NO},
    {"niemals", NO},
    {"auf keinen fall", NO},
    {"bitte nicht", NO},
    {"stornieren", DOES},
    {"bitte", FILL},
    {"danke", FILL},
    {"danke schön", FILL},
    {"vielen dank", FILL},
    /* French */
    {"oui", YES},
    {"ouais", YES},
    {"d'accord", YES},
    {"bien sûr", YES},
    {"bien sur", YES},
    {"volontiers", YES},
    {"tout à fait", YES},
    {"exactement", YES},
    {"je confirme", YES},
    {"allez-y", YES},
    {"allez y", YES},
    {"vas-y", YES},
    {"non", NO},
    {"pas", NO},
    {"ne", NO},
    {"jamais", NO},
    {"surtout pas", NO},
    {"non merci", NO},
    {"s'il vous plaît", FILL},
    {"s'il vous plait", FILL},
    {"s'il te plaît", FILL},
    {"svp", FILL},
    {"stp", FILL},
    {"merci", FILL},
    {"merci beaucoup", FILL},
    /* Spanish */
    {"sí", YES},
    {"si", YES},
    {"sip", YES},
    {"claro", YES},
    {"claro que sí", YES},
    {"por supuesto", YES},
    {"de acuerdo", YES},
    {"confirmo", YES},
    {"adelante", YES},
    {"hazlo", YES},
    {"hágalo", YES},
    {"correcto", YES},
    {"vale", WEAK},
    {"nunca", NO},
    {"para nada", NO},
    {"por favor", FILL},
    {"gracias", FILL},
    {"muchas gracias", FILL},
    /* Italian */
    {"sì", YES},
    {"certo", YES},
    {"certamente", YES},
    {"d'accordo", YES},
    {"confermo", YES},
    {"procedi", YES},
    {"proceda", YES},
    {"esatto", YES},
    {"va bene", WEAK},
    {"mai", NO},
    {"per favore", FILL},
    {"grazie", FILL},
    {"grazie mille", FILL},
    /* Dutch */
    {"jawel", YES},
    {"zeker", YES},
    {"natuurlijk", YES},
    {"graag", YES},
    {"ja hoor", YES},
    {"akkoord", YES},
    {"doe maar", YES},
    {"ga je gang", YES},
    {"ik bevestig", YES},
    {"inderdaad", YES},
    {"nooit", NO},
    {"niet", NO},
    {"liever niet", NO},
    {"alstublieft", FILL},
    {"alsjeblieft", FILL},
    {"aub", FILL},
    {"dank je", FILL},
    {"dank u", FILL},
    {"bedankt", FILL},
    /* Portuguese */
    {"sim", YES},
    {"com certeza", YES},
    {"pode ser", WEAK},
    {"pode sim", YES},
    {"concordo", YES},
    {"de acordo", YES},
    {"certo que sim", YES},
    {"não", NO},
    {"nao", NO},
    {"obrigado", FILL},
    {"obrigada", FILL},
    {"muito obrigado", FILL},
    /* Swedish */
    {"japp", YES},
    {"jajamän", YES},
    {"javisst", YES},
    {"gärna", YES},
    {"absolut", YES},
    {"självklart", YES},
    {"jag bekräftar", YES},
    {"gör det", YES},
    {"okej", WEAK},
    {"nej", NO},
    {"inte", NO},
    {"aldrig", NO},
    {"tack", FILL},
    {"tack så mycket", FILL},
    {"snälla", FILL},
    /* Danish */
    {"jeps", YES},
    {"selvfølgelig", YES},
    {"jeg bekræfter", YES},
    {"gør det", YES},
    {"enig", YES},
    {"ikke", NO},
    {"tak", FILL},
    {"mange tak", FILL},
    {"venligst", FILL},
    /* Norwegian */
    {"jepp", YES},
    {"gjerne", YES},
    {"jeg bekrefter", YES},
    {"gjør det", YES},
    {"greit", WEAK},
    {"nei", NO},
    {"ikkje", NO},
    {"takk", FILL},
    {"tusen takk", FILL},
    {"vennligst", FILL},
    /* Finnish */
    {"kyllä", YES},
    {"kylla", YES},
    {"joo", YES},
    {"juu", YES},
    {"toki", YES},
    {"totta kai", YES},
    {"vahvistan", YES},
    {"tee se", YES},
    {"sopii", YES},
    {"selvä", WEAK},
    {"ei", NO},
    {"älä", NO},
    {"en halua", NO},
    {"kiitos", FILL},
    {"kiitti", FILL},
    /* Russian */
    {"да", YES},
    {"конечно", YES},
    {"согласен", YES},
    {"согласна", YES},
    {"подтверждаю", YES},
    {"давай", YES},
    {"давайте", YES},
    {"верно", YES},
    {"хорошо", WEAK},
    {"ладно", WEAK},
    {"нет", NO},
    {"не", NO},
    {"не надо", NO},
    {"не нужно", NO},
    {"никогда", NO},
    {"пожалуйста", FILL},
    {"спасибо", FILL},
    /* Signs */
    {"\U0001F44D", YES},
    {"\U0001F44C", YES},
    {"\u2705", YES},
    {"\U0001F44E", NO},
    {"\u274C", NO},
    {"\U0001F642", FILL},
    {"\U0001F60A", FILL},
    {"\U0001F64F", FILL},
};

/* ---- Writing it anew -------------------------------------------------------------------------*/

static int32_t
small(int32_t c)
{
    bool latin = (c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE && c != 0xD7);
    bool cyrillic = c >= 0x410 && c <= 0x42F;
    return latin || cyrillic ? c + 0x20 : c == 0x401 ? 0x451 : c;
}

static bool
is_letter(int32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 0xDF && c <= 0xFF && c != 0xF7) ||
           (c >= 0x430 && c <= 0x451) || c == '\'' || c == '-';
}

static bool
is_sign(int32_t c)
{
    return (c >= 0x1F300 && c <= 0x1F6FF) || c == 0x2705 || c == 0x274C;
}

/* What only colours a sign: its skin, or that it is to be a picture. */
static bool
is_shade(int32_t c)
{
    return (c >= 0x1F3FB && c <= 0x1F3FF) || c == 0xFE0F;
}

static bool
is_separator(int32_t c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == 0xA0 || c == ',' || c == '.' ||
           c == '!' || c == 0xA1 || c == ';';
}

struct words {
    char text[WORDS_MAX];
    size_t length;
    bool gap; /* a space belongs before what follows */
};

static void
add(struct words *w, int32_t c)
{
    if (w->gap && w->length > 0) {
        w->text[w->length++] = ' ';
    }
    w->gap = false;
    w->length += utf8_encode(c, w->text + w->length);
}

/* TEXT without its separators at both ends, and a smile there. */
static struct str
without_smile(struct str text)
{
    static const struct str smiles[] = {STR_INIT(":)"), STR_INIT(":-)")};
    text = str_trim(text);
    for (size_t i = 0; i < sizeof(smiles) / sizeof(smiles[0]); i++) {
        if (str_ends(text, smiles[i])) {
            return str_sub(text, 0, text.len - smiles[i].len);
        }
    }
    return text;
}

/* False: there is something in it that is neither word nor sign. */
static bool
write_words(struct str text, struct words *w)
{
    size_t at = 0;
    int32_t before = 0;
    for (int32_t c = utf8_next(text, &at); c >= 0; before = c, c = utf8_next(text, &at)) {
        c = c == 0x2019 ? '\'' : small(c);
        if (is_shade(c)) {
            continue;
        }
        if (is_separator(c)) {
            if (c == '.' && before == '.') {
                return false; /* a thought that goes on */
            }
            w->gap = true;
        } else if (is_sign(c)) {
            w->gap = true;
            add(w, c);
            w->gap = true;
        } else if (is_letter(c)) {
            add(w, c);
        } else {
            return false;
        }
    }
    return true;
}

/* ---- Reading it ------------------------------------------------------------------------------*/

/* The longest phrase that REST begins with; NULL: none. */
static const struct phrase *
find_phrase(struct str rest, size_t *ret_length)
{
    const struct phrase *best = NULL;
    *ret_length = 0;
    for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
        struct str words = str_c(phrases[i].words);
        bool whole = rest.len == words.len || (rest.len > words.len && rest.ptr[words.len] == ' ');
        if (whole && words.len > *ret_length && str_starts(rest, words)) {
            best = &phrases[i];
            *ret_length = words.len;
        }
    }
    return best;
}

static enum consent
weigh(const bool has[KIND_COUNT])
{
    bool agrees = has[YES] || has[WEAK];
    if (has[NO]) {
        return agrees || has[DOES] ? CONSENT_NONE : CONSENT_NO;
    }
    if (!agrees || has[LEAVE] || (has[DOES] && !has[YES])) {
        return CONSENT_NONE;
    }
    return CONSENT_YES;
}

enum consent
consent_read(struct str text)
{
    struct words w = {.length = 0};
    bool has[KIND_COUNT] = {false};
    if (text.len > TEXT_MAX || !write_words(without_smile(text), &w)) {
        return CONSENT_NONE;
    }
    struct str rest = {w.text, w.length};
    while (rest.len > 0) {
        size_t length;
        const struct phrase *phrase = find_phrase(rest, &length);
        if (!phrase) {
            return CONSENT_NONE;
        }
        has[phrase->kind] = true;
        length += length < rest.len;
        rest = str_sub(rest, length, rest.len - length);
    }
    return weigh(has);
}
