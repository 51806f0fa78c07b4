/* What a message asks for besides its intent: phrases, each for one cue. A phrase that only looks
 * like one takes the cue away. */
#include "nlu/parts.h"
#include "nlu/words.h"

static const struct {
    const char *words;
    unsigned cue;
    bool against;
} cues[] = {
    {"compare|comparison|versus|vs", NLU_CUE_COMPARE, false},
    {"difference|differences|differ", NLU_CUE_COMPARE, false},
    {"better|cheaper|stronger|brighter|faster|louder|bigger|smaller than", NLU_CUE_COMPARE, false},
    {"which|what _ better", NLU_CUE_COMPARE, false},
    {"side by side", NLU_CUE_COMPARE, false},
    {"how _ different", NLU_CUE_COMPARE, false},
    {"different from|to|than", NLU_CUE_COMPARE, false},
    {"not make|see any|a|no difference", NLU_CUE_COMPARE, true},
    {"cheaper than $", NLU_CUE_COMPARE, true},

    {"work with|without", NLU_CUE_FITS, false},
    {"compatible|compatibility", NLU_CUE_FITS, false},
    {"fit|fits", NLU_CUE_FITS, false},
    {"suit|suits my|the|this", NLU_CUE_FITS, false},
    {"^can|could|does|do|will|would|is|are _ use|connect|pair|combine|join _ with|to|without",
     NLU_CUE_FITS, false},
    {"support|supports", NLU_CUE_FITS, false},
    {"speak|speaks|talk|talks to|with|thread|zigbee|matter|bluetooth", NLU_CUE_FITS, false},
    {"need|require _ hub|bridge|gateway|router", NLU_CUE_FITS, false},
    {"^can|could|does|do|will|would _ use|add|control _ with|without", NLU_CUE_FITS, false},
    {"customer|your|the|live|contact support", NLU_CUE_FITS, true},
    {"speak|talk to|with _ human|person|someone|somebody|agent|colleague", NLU_CUE_FITS, true},

    {"^and|or|also|what with|without", NLU_CUE_FITS, false},

    {"in|out stock", NLU_CUE_STOCK, false},
    {"of stock", NLU_CUE_STOCK, false},
    {"available|availability", NLU_CUE_STOCK, false},
    {"have it|them|that|this|those|one|any _ left|there", NLU_CUE_STOCK, false},
    {"sold out", NLU_CUE_STOCK, false},
    {"how much", NLU_CUE_PRICE, false},
    {"price|cost|costs|expensive", NLU_CUE_PRICE, false},

    {"those|these|them|they|both", NLU_CUE_MANY, false},
    {"both", NLU_CUE_BOTH, false},
    {"the|those|these two", NLU_CUE_BOTH, false},
    {"either|neither of", NLU_CUE_BOTH, false},
    {"^which|what of|one|ones", NLU_CUE_WHICH, false},
    {"^and|but|so which", NLU_CUE_WHICH, false},
    {"is|are any|one of those|these|them", NLU_CUE_WHICH, false},
    {"do|does|has|have any of those|these|them", NLU_CUE_WHICH, false},
    {"which|any|all|either|one|each of", NLU_CUE_MANY, false},
    {"which one|ones", NLU_CUE_MANY, false},
    {"other one", NLU_CUE_OTHER, false},
    {"^the other $", NLU_CUE_OTHER, false},
    {"and the other", NLU_CUE_OTHER, false},
    {"any|some|another other", NLU_CUE_OTHER, true},

    {"go|going|step|jump|come|move back", NLU_CUE_BACK, false},
    {"back one|a|to _ step", NLU_CUE_BACK, false},
    {"^back $", NLU_CUE_BACK, false},
    {"previous|earlier|preceding step|one", NLU_CUE_BACK, false},
    {"step before", NLU_CUE_BACK, false},
    {"^previous", NLU_CUE_BACK, false},
    {"repeat", NLU_CUE_REPEAT, false},
    {"say _ again", NLU_CUE_REPEAT, false},
    {"again please $", NLU_CUE_REPEAT, false},
    {"^again $", NLU_CUE_REPEAT, false},
    {"what was _ step|that", NLU_CUE_REPEAT, false},
    {"what did you say|mean", NLU_CUE_REPEAT, false},
    {"once more", NLU_CUE_REPEAT, false},
    {"not understand|get|catch|follow that|this|it|the|you|what", NLU_CUE_REPEAT, false},
    {"^sorry what", NLU_CUE_REPEAT, false},
    {"^pardon|huh", NLU_CUE_REPEAT, false},

    {"i can|could not", NLU_CUE_UNABLE, false},
    {"we can|could not", NLU_CUE_UNABLE, false},
    {"not able|possible|allowed", NLU_CUE_UNABLE, false},
    {"unable to", NLU_CUE_UNABLE, false},
    {"i|we do not have|own|see", NLU_CUE_UNABLE, false},
    {"not know how|where|what|which", NLU_CUE_UNABLE, false},
    {"impossible", NLU_CUE_UNABLE, false},
    {"too high|difficult|hard|dangerous|heavy|complicated", NLU_CUE_UNABLE, false},
    {"no idea how|where|what", NLU_CUE_UNABLE, false},
    {"not dare|want to do|open|touch|unscrew", NLU_CUE_UNABLE, false},

    {"any|anything|either|whatever|all _ fine|ok|okay|do|good", NLU_CUE_ANY, false},
    {"not matter|mind|care", NLU_CUE_ANY, false},
    {"no preference", NLU_CUE_ANY, false},
    {"^any|whatever|all|everything|either", NLU_CUE_ANY, false},
    {"not sure|know", NLU_CUE_ANY, false},
    {"no idea", NLU_CUE_ANY, false},
    {"you choose|decide|pick", NLU_CUE_ANY, false},
    {"all|any of them|those|these", NLU_CUE_ANY, false},
    {"show _ all|everything", NLU_CUE_ANY, false},

    {"what|how is|will|about _ weather|forecast", NLU_CUE_GENERAL, false},
    {"weather _ like|today|tomorrow", NLU_CUE_GENERAL, false},
    {"capital|population|president|king|queen|mayor of", NLU_CUE_GENERAL, false},
    {"who is|was|are the|a _ president|minister|king|queen|pope|chancellor", NLU_CUE_GENERAL,
     false},
    {"prime minister", NLU_CUE_GENERAL, false},
    {"tell|know|say|hear _ joke|riddle|story|poem", NLU_CUE_GENERAL, false},
    {"write _ poem|essay|story|code|letter|song|script|program", NLU_CUE_GENERAL, false},
    {"who won|invented|wrote|discovered|painted|sang", NLU_CUE_GENERAL, false},
    {"what time|day|date|year is it", NLU_CUE_GENERAL, false},
    {"translate", NLU_CUE_GENERAL, false},
    {"homework|horoscope|lottery|bitcoin|election|politics|football|soccer|recipe", NLU_CUE_GENERAL,
     false},
    {"meaning of life", NLU_CUE_GENERAL, false},
    {"how old are you", NLU_CUE_GENERAL, false},
    {"square root", NLU_CUE_GENERAL, false},
    {"how far is the moon|sun", NLU_CUE_GENERAL, false},
    {"tallest|highest|longest|biggest mountain|building|river|country|city", NLU_CUE_GENERAL,
     false},
    {"how do i cook|bake|boil", NLU_CUE_GENERAL, false},
    {"play a game", NLU_CUE_GENERAL, false},
    {"system prompt", NLU_CUE_GENERAL, false},
    {"api key|keys", NLU_CUE_GENERAL, false},

    {"what|how do you think|feel", NLU_CUE_OPINION, false},
    {"do you think|believe", NLU_CUE_OPINION, false},
    {"your opinion|favourite|favorite|view|taste", NLU_CUE_OPINION, false},
    {"you _ like|love|prefer|hate best|most|more", NLU_CUE_OPINION, false},
    {"do you like|love|prefer", NLU_CUE_OPINION, false},
    {"would you _ yourself", NLU_CUE_OPINION, false},
    {"worth it|the|buying|that|its", NLU_CUE_OPINION, false},
    {"any good", NLU_CUE_OPINION, false},
    {"in your view|experience", NLU_CUE_OPINION, false},
    {"looks better|nicer|prettier", NLU_CUE_OPINION, false},

    {"you _ look|check|track|find|see _ it|that|my|the _ for me|up", NLU_CUE_LOOK_UP, false},
    {"you _ check|track|see|find|open|look _ my|the order|parcel|package|account|refund|status",
     NLU_CUE_LOOK_UP, false},
    {"look _ up for me", NLU_CUE_LOOK_UP, false},
    {"can|could|will|would|please you _ cancel|refund|change|delete|reset|unlock|block _ my|the|it "
     "_ for me",
     NLU_CUE_LOOK_UP, false},

    {"without", NLU_CUE_WITHOUT, false},
    {"no hub|bridge|gateway", NLU_CUE_WITHOUT, false},
    {"are|is you|this _ bot|robot|human|real|machine|person|ai|automated|computer", NLU_CUE_WHO,
     false},
    {"who are you", NLU_CUE_WHO, false},
    {"am i _ talking|speaking|chatting", NLU_CUE_WHO, false},
    {"discount|rebate|discounts", NLU_CUE_DISCOUNT, false},
    {"off if|when|for", NLU_CUE_DISCOUNT, false},
    {"give|get _ off", NLU_CUE_DISCOUNT, false},
    {"lower|better|special price", NLU_CUE_DISCOUNT, false},
    {"one|ones|something|anything like that|this|it|these|those", NLU_CUE_LIKE, false},
    {"same _ but", NLU_CUE_LIKE, false},
    {"similar", NLU_CUE_LIKE, false},
    {"do|can you _ sell|have|stock|offer _ those|these|them|it|that", NLU_CUE_SELL, false},
    {"where|can i _ buy|get _ those|these|them|it|that", NLU_CUE_SELL, false},

    {"my account|profile|subscription", NLU_CUE_ACCOUNT, false},
    {"my password|login|email", NLU_CUE_ACCOUNT, false},
    {"an|the account", NLU_CUE_ACCOUNT, false},
    {"wi-fi password", NLU_CUE_ACCOUNT, true},

    {"^i|we will|would _ take|buy|order|purchase", NLU_CUE_BUY, false},
    {"want|like to buy|order|purchase it|that|this|the|them|one|two|both", NLU_CUE_BUY, false},
    {"can|could|may i|we _ buy|order|purchase _ it|that|this|them|here|now", NLU_CUE_BUY, false},
    {"^order|buy it|that|this|the|them|one", NLU_CUE_BUY, false},
    {"add|put _ cart|basket|trolley", NLU_CUE_BUY, false},
    {"place|make an|the|my|a order", NLU_CUE_BUY, false},
    {"reserve|keep it|that|this|one|the _ for me", NLU_CUE_BUY, false},
};

/* "The Eave or the Flit, which one sees further?": two things and a choice between them. */
static bool
asks_to_choose(const struct nlu_words *words)
{
    bool either = false;
    bool choice = false;
    for (size_t i = 0; i < words->count; i++) {
        either = either || (i > 0 && nlu_in_list(&words->items[i], "or"));
        choice = choice || nlu_in_list(&words->items[i], "which what rather choose should better");
    }
    return either && choice;
}

unsigned
nlu_read_cues(const struct nlu_words *words)
{
    unsigned found = asks_to_choose(words) ? NLU_CUE_COMPARE : 0;
    unsigned against = 0;
    for (size_t i = 0; i < sizeof(cues) / sizeof(cues[0]); i++) {
        if (nlu_match(words, cues[i].words) != SIZE_MAX) {
            found |= cues[i].against ? 0 : cues[i].cue;
            against |= cues[i].against ? cues[i].cue : 0;
        }
    }
    return found & ~against;
}
