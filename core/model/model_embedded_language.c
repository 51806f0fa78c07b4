/* A message in another language: the assistant reads and writes English, and says so. */
#include "model/model_embedded.h"

static const char *const noticed[NLU_LANGUAGE_COUNT] = {
    [NLU_GERMAN] = "It looks as if you wrote in German. ",
    [NLU_FRENCH] = "It looks as if you wrote in French. ",
    [NLU_SPANISH] = "It looks as if you wrote in Spanish. ",
    [NLU_ITALIAN] = "It looks as if you wrote in Italian. ",
    [NLU_PORTUGUESE] = "It looks as if you wrote in Portuguese. ",
    [NLU_DUTCH] = "It looks as if you wrote in Dutch. ",
    [NLU_SWEDISH] = "It looks as if you wrote in Swedish. ",
    [NLU_POLISH] = "It looks as if you wrote in Polish. ",
    [NLU_TURKISH] = "It looks as if you wrote in Turkish. ",
    [NLU_RUSSIAN] = "It looks as if you wrote in Russian. ",
    [NLU_UKRAINIAN] = "It looks as if you wrote in Ukrainian. ",
    [NLU_ARABIC] = "It looks as if you wrote in Arabic. ",
    [NLU_HINDI] = "It looks as if you wrote in Hindi. ",
    [NLU_CHINESE] = "It looks as if you wrote in Chinese. ",
    [NLU_JAPANESE] = "It looks as if you wrote in Japanese. ",
    [NLU_KOREAN] = "It looks as if you wrote in Korean. ",
    [NLU_GREEK] = "It looks as if you wrote in Greek. ",
    [NLU_HEBREW] = "It looks as if you wrote in Hebrew. ",
};

bool
language_answer(struct talk *t)
{
    enum nlu_language language = t->reading.language;
    if (language == NLU_ENGLISH) {
        return false;
    }
    say(t, noticed[language]);
    say_either(t,
               "I am sorry, I can only read and write English: please write in English if you "
               "can, in a few simple words. ",
               "I am sorry that I only know English. A person may understand you better. ");
    say_offer(t);
    return true;
}
