/* The profiles: small words, and groups of letters at a word's beginning (^), end ($) or anywhere.
 * A small word weighs three, a group one, a letter that others do not have two. English must be
 * beaten by a margin: brand names and model codes are in no language, and customers paste English
 * words everywhere. */
#include "nlu/language.h"

#include <stdbool.h>
#include <stdint.h>

#include "base/must.h"
#include "base/utf8.h"

enum {
    WORD_WEIGHT = 3,
    LETTER_WEIGHT = 2,
    MARGIN = 2,      /* over English */
    BYTES_MAX = 600, /* a longer text has shown by then what it is */
    WORD_MAX = 40,
};

struct profile {
    const char *name;
    const char *code;
    const char *words;
    const char *groups;
    const char *letters;
};

static const struct profile profiles[NLU_LANGUAGE_COUNT] = {
    [NLU_ENGLISH] =
        {"English", "en",
         "the a an i is it my to and of in on for with not do does can you have has what "
         "how when this that but are was be will me we your at from or if there which "
         "please no yes need want buy work works hi hello thanks don't won't can't "
         "doesn't isn't it's i'm its just one still why who any some help where get",
         "^th ing$ ^wh ght ould ck$ tion$ 's$ 't$ ^sh ea oo ee ly$ ed$", ""},
    [NLU_GERMAN] =
        {"German", "de",
         "der die das und ist nicht ich ein eine einen einem mein meine meinen meiner "
         "mit es auf f\xc3\xbcr von zu im den dem des sie wir wie was wo wann kann haben "
         "habe hat sind war wenn aber auch noch bitte danke hallo gibt ihr ihre kein "
         "keine mehr nach bei seit warum geht funktioniert mir mich sich oder nur schon "
         "als aus am um guten tag welche welcher k\xc3\xb6nnen brauche m\xc3\xb6"
         "chte "
         "immer lange m\xc3\xbcssen muss",
         "sch ung$ ich$ ^ge cht$ ei keit$ lich$ ie$ tz st$ en$",
         "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f"},
    [NLU_FRENCH] = {"French", "fr",
                    "le la les de des du un une et est je mon ma mes ne pas que qui pour avec dans "
                    "sur ce cette il elle nous vous au aux en se ai avez bonjour merci comment "
                    "pourquoi plus mais ou o\xc3\xb9 quand j'ai c'est n'est l'ampoule y "
                    "sont marche fonctionne peut puis-je depuis votre vos quel quelle s'il suis "
                    "voudrais besoin tr\xc3\xa8s combien tout rien",
                    "eau oux ment$ ^qu ais$ ait$ ez$ aux$ ^l' ^d' ^j' ^n' ^s' ^c' ion$ eur$",
                    "\xc3\xa8\xc3\xaa\xc3\xae\xc5\x93"},
    [NLU_SPANISH] = {"Spanish", "es",
                     "el la los las de del un una y es no mi mis que con para por en se lo al como "
                     "pero hay tengo tiene est\xc3\xa1 est\xc3\xa1n hola gracias c\xc3\xb3mo "
                     "cu\xc3\xa1nto cu\xc3\xa1ndo d\xc3\xb3nde qu\xc3\xa9 por favor muy m\xc3\xa1s "
                     "desde su sus si ya puedo quiero necesito funciona son me te le este esta yo "
                     "ha he buenos buenas d\xc3\xad"
                     "as nada todo puede pueden cuesta",
                     "ci\xc3\xb3n$ ^qu ado$ ido$ os$ as$ ll ue ie o$", "\xc3\xb1\xc2\xbf\xc2\xa1"},
    [NLU_ITALIAN] =
        {"Italian", "it",
         "il lo la i gli le di del della un una e \xc3\xa8 non mi mia mio che con per in "
         "si al come ma ho ha sono ciao grazie buongiorno quanto quando dove perch\xc3\xa9 "
         "pi\xc3\xb9 anche questo questa da nel nella posso vorrei funziona cosa c'\xc3\xa8 "
         "molto sul sulla alla dalla miei mie avete voi noi salve bisogno costa serve "
         "ancora niente dei",
         "zione$ gli ato$ are$ ere$ tti$ ^del ch\xc3\xa9$ zz cch o$ i$",
         "\xc3\xac\xc3\xb2\xc3\xb9"},
    [NLU_PORTUGUESE] =
        {"Portuguese", "pt",
         "desde ontem \xc3\xa0 noite hoje l\xc3\xa2mpada todas quanto o a os as de do da dos das "
         "um uma e \xc3\xa9 n\xc3\xa3o meu minha meus que "
         "com para por em se no na como mas eu tenho tem est\xc3\xa1 ol\xc3\xa1 "
         "obrigado obrigada bom dia quanto quando onde porqu\xc3\xaa mais muito "
         "tamb\xc3\xa9m este esta isso voc\xc3\xaa voc\xc3\xaas posso quero preciso "
         "funciona s\xc3\xa3o ao foi pode boa tarde gostaria custa ainda nada comprei",
         "\xc3\xa7\xc3\xa3o$ \xc3\xa3o$ \xc3\xb5"
         "es$ nh lh ^qu ar$ ou$ m$",
         "\xc3\xa3\xc3\xb5\xc3\xa7"},
    [NLU_DUTCH] = {"Dutch", "nl",
                   "elke nacht iedere gisteren de de het een en is niet ik mijn met van op voor te "
                   "dat die er je we u wat hoe "
                   "waar wanneer kan heb hebben heeft zijn was als maar ook nog hallo bedankt "
                   "alstublieft geen meer bij naar waarom werkt mij me om aan uit zo dit deze door "
                   "al goedemorgen goedendag jullie kunt wil graag welke doet moet krijg sinds "
                   "nodig kost steeds",
                   "ij aa oo ee uu sch cht$ ijk$ lijk$ ^ge oe en$ tje$", ""},
    [NLU_SWEDISH] =
        {"Swedish", "sv",
         "varje natt vilket passar sin sedan ig\xc3\xa5r hos och \xc3\xa4r jag det inte en ett min "
         "mitt mina med p\xc3\xa5 f\xc3\xb6r av "
         "till den att som har kan vi ni hej tack vad hur var n\xc3\xa4r varf\xc3\xb6r "
         "men ocks\xc3\xa5 om fr\xc3\xa5n s\xc3\xa5 nu min fungerar vill beh\xc3\xb6ver "
         "finns sig de du mig eller er efter alla vilken g\xc3\xb6r mycket kostar "
         "l\xc3\xa4nge ingen inget",
         "sk ar$ er$ het$ ning$ lig$ tj ^f\xc3\xb6r nde$ na$", "\xc3\xa5\xc3\xa4\xc3\xb6"},
    [NLU_POLISH] =
        {"Polish", "pl",
         "jaka jaki jakie pasuje ma\xc5\x82"
         "a ka\xc5\xbc"
         "dej od wczoraj i w na z do nie jest to \xc5\xbc"
         "e si\xc4\x99 m\xc3\xb3j moja moje jak co czy "
         "gdzie kiedy dlaczego ale mam ma s\xc4\x85 dla po od za o dzie\xc5\x84 dobry "
         "dzi\xc4\x99kuj\xc4\x99 prosz\xc4\x99 cze\xc5\x9b\xc4\x87 mog\xc4\x99 chc\xc4\x99 "
         "potrzebuj\xc4\x99 dzia\xc5\x82"
         "a tylko ju\xc5\xbc jeszcze bardzo mnie mi ten ta "
         "kt\xc3\xb3ry ile moj\xc4\x85 kosztuje pa\xc5\x84stwo",
         "sz cz rz dz ^prz owa ^nie ego$ \xc4\x87$ \xc4\x85$ \xc4\x99$ ski$ wa$",
         "\xc4\x85\xc4\x99\xc5\x82\xc5\xbc\xc5\x9b\xc5\xba\xc4\x87\xc5\x84"},
    [NLU_TURKISH] =
        {"Turkish", "tr",
         "zaman gelecek her gece beri d\xc3\xbcn bana \xc5\x9fu ve bir bu ne i\xc3\xa7in ile de da "
         "mi m\xc4\xb1 mu m\xc3\xbc \xc3\xa7ok var yok "
         "ben siz biz nas\xc4\xb1l nerede neden ama merhaba te\xc5\x9f"
         "ekk\xc3\xbcrler "
         "l\xc3\xbctfen de\xc4\x9fil kadar daha olarak evet hay\xc4\xb1r benim sizin ile "
         "nedir \xc3\xa7"
         "al\xc4\xb1\xc5\x9fm\xc4\xb1yor istiyorum hangi ka\xc3\xa7 hala "
         "g\xc3\xbcn sonra",
         "lar$ ler$ yor m\xc4\xb1yor dir$ d\xc4\xb1r$ \xc4\xb1m$ im$ um$ da$ de$ l\xc4\xb1k "
         "lik$ iz$ un$ mak mek",
         "\xc4\x9f\xc4\xb1\xc5\x9f\xc4\xb0"},
    [NLU_RUSSIAN] =
        {"Russian", "ru",
         "\xd0\xb8 \xd0\xb2 \xd0\xbd\xd0\xb5 \xd0\xbd\xd0\xb0 \xd1\x8f \xd1\x87\xd1\x82\xd0\xbe "
         "\xd1\x8d\xd1\x82\xd0\xbe \xd0\xba\xd0\xb0\xd0\xba \xd0\xbc\xd0\xbe\xd0\xb9 "
         "\xd0\xbc\xd0\xbe\xd1\x8f \xd0\xbc\xd0\xbe\xd1\x91 \xd0\xbc\xd0\xbd\xd0\xb5 \xd1\x83 "
         "\xd0\xb2\xd0\xb0\xd1\x81 \xd0\xb5\xd1\x81\xd1\x82\xd1\x8c "
         "\xd0\xba\xd0\xbe\xd0\xb3\xd0\xb4\xd0\xb0 \xd0\xb3\xd0\xb4\xd0\xb5 "
         "\xd0\xbf\xd0\xbe\xd1\x87\xd0\xb5\xd0\xbc\xd1\x83 "
         "\xd1\x81\xd0\xba\xd0\xbe\xd0\xbb\xd1\x8c\xd0\xba\xd0\xbe "
         "\xd0\xbc\xd0\xbe\xd0\xb6\xd0\xbd\xd0\xbe \xd1\x85\xd0\xbe\xd1\x87\xd1\x83 "
         "\xd0\xb5\xd1\x89\xd1\x91 \xd0\xb2\xd1\x81\xd1\x91 \xd0\xbe\xd0\xbd\xd0\xb0 "
         "\xd0\xbe\xd0\xbd \xd1\x81 \xd0\xbf\xd0\xbe \xd0\xb4\xd0\xbb\xd1\x8f \xd0\xbe\xd1\x82 "
         "\xd0\xb8\xd0\xb7 \xd0\xba \xd0\xb2\xd1\x8b \xd0\xbc\xd1\x8b "
         "\xd0\xb7\xd0\xb4\xd1\x80\xd0\xb0\xd0\xb2\xd1\x81\xd1\x82\xd0\xb2\xd1\x83\xd0\xb9\xd1\x82"
         "\xd0\xb5 \xd0\xbf\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82 "
         "\xd1\x81\xd0\xbf\xd0\xb0\xd1\x81\xd0\xb8\xd0\xb1\xd0\xbe "
         "\xd0\xbf\xd0\xbe\xd0\xb6\xd0\xb0\xd0\xbb\xd1\x83\xd0\xb9\xd1\x81\xd1\x82\xd0\xb0 "
         "\xd0\xba\xd0\xb0\xd0\xba\xd0\xbe\xd0\xb9 \xd0\xba\xd0\xb0\xd0\xba\xd0\xb0\xd1\x8f "
         "\xd1\x80\xd0\xb0\xd0\xb1\xd0\xbe\xd1\x82\xd0\xb0\xd0\xb5\xd1\x82 \xd0\x9d\xd0\xb5 "
         "\xd0\x9d\xd0\xb0 \xd0\xa7\xd1\x82\xd0\xbe \xd0\xad\xd1\x82\xd0\xbe "
         "\xd0\x9a\xd0\xb0\xd0\xba \xd0\x9c\xd0\xbe\xd0\xb9 \xd0\x9c\xd0\xbe\xd1\x8f "
         "\xd0\x9c\xd0\xbe\xd1\x91 \xd0\x9c\xd0\xbd\xd0\xb5 \xd0\x92\xd0\xb0\xd1\x81 "
         "\xd0\x95\xd1\x81\xd1\x82\xd1\x8c \xd0\x9a\xd0\xbe\xd0\xb3\xd0\xb4\xd0\xb0 "
         "\xd0\x93\xd0\xb4\xd0\xb5 \xd0\x9f\xd0\xbe\xd1\x87\xd0\xb5\xd0\xbc\xd1\x83 "
         "\xd0\xa1\xd0\xba\xd0\xbe\xd0\xbb\xd1\x8c\xd0\xba\xd0\xbe "
         "\xd0\x9c\xd0\xbe\xd0\xb6\xd0\xbd\xd0\xbe \xd0\xa5\xd0\xbe\xd1\x87\xd1\x83 "
         "\xd0\x95\xd1\x89\xd1\x91 \xd0\x92\xd1\x81\xd1\x91 \xd0\x9e\xd0\xbd\xd0\xb0 "
         "\xd0\x9e\xd0\xbd \xd0\x9f\xd0\xbe \xd0\x94\xd0\xbb\xd1\x8f \xd0\x9e\xd1\x82 "
         "\xd0\x98\xd0\xb7 \xd0\x92\xd1\x8b \xd0\x9c\xd1\x8b "
         "\xd0\x97\xd0\xb4\xd1\x80\xd0\xb0\xd0\xb2\xd1\x81\xd1\x82\xd0\xb2\xd1\x83\xd0\xb9\xd1\x82"
         "\xd0\xb5 \xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82 "
         "\xd0\xa1\xd0\xbf\xd0\xb0\xd1\x81\xd0\xb8\xd0\xb1\xd0\xbe "
         "\xd0\x9f\xd0\xbe\xd0\xb6\xd0\xb0\xd0\xbb\xd1\x83\xd0\xb9\xd1\x81\xd1\x82\xd0\xb0 "
         "\xd0\x9a\xd0\xb0\xd0\xba\xd0\xbe\xd0\xb9 \xd0\x9a\xd0\xb0\xd0\xba\xd0\xb0\xd1\x8f "
         "\xd0\xa0\xd0\xb0\xd0\xb1\xd0\xbe\xd1\x82\xd0\xb0\xd0\xb5\xd1\x82",
         "", ""},
    [NLU_UKRAINIAN] =
        {"Ukrainian", "uk",
         "\xd1\x96 \xd0\xb9 \xd0\xb2 \xd1\x83 \xd0\xbd\xd0\xb5 \xd0\xbd\xd0\xb0 \xd1\x8f "
         "\xd1\x89\xd0\xbe \xd1\x86\xd0\xb5 \xd1\x8f\xd0\xba \xd0\xbc\xd1\x96\xd0\xb9 "
         "\xd0\xbc\xd0\xbe\xd1\x8f \xd0\xbc\xd0\xbe\xd1\x94 \xd0\xbc\xd0\xb5\xd0\xbd\xd1\x96 "
         "\xd0\xb2\xd0\xb0\xd1\x81 \xd1\x94 \xd0\xba\xd0\xbe\xd0\xbb\xd0\xb8 \xd0\xb4\xd0\xb5 "
         "\xd1\x87\xd0\xbe\xd0\xbc\xd1\x83 "
         "\xd1\x81\xd0\xba\xd1\x96\xd0\xbb\xd1\x8c\xd0\xba\xd0\xb8 "
         "\xd0\xbc\xd0\xbe\xd0\xb6\xd0\xbd\xd0\xb0 \xd1\x85\xd0\xbe\xd1\x87\xd1\x83 "
         "\xd1\x89\xd0\xb5 \xd0\xb2\xd1\x81\xd0\xb5 \xd0\xb2\xd0\xbe\xd0\xbd\xd0\xb0 "
         "\xd0\xb2\xd1\x96\xd0\xbd \xd0\xb7 \xd1\x96\xd0\xb7 \xd0\xb7\xd1\x96 \xd0\xbf\xd0\xbe "
         "\xd0\xb4\xd0\xbb\xd1\x8f \xd0\xb2\xd1\x96\xd0\xb4 \xd0\xb4\xd0\xbe \xd1\x87\xd0\xb8 "
         "\xd0\xb2\xd0\xb8 \xd0\xbc\xd0\xb8 \xd0\xb2\xd1\x96\xd1\x82\xd0\xb0\xd1\x8e "
         "\xd0\xbf\xd1\x80\xd0\xb8\xd0\xb2\xd1\x96\xd1\x82 "
         "\xd0\xb4\xd1\x8f\xd0\xba\xd1\x83\xd1\x8e \xd0\xbf\xd1\x80\xd0\xbe\xd1\x88\xd1\x83 "
         "\xd1\x8f\xd0\xba\xd0\xb8\xd0\xb9 \xd1\x8f\xd0\xba\xd0\xb0 "
         "\xd0\xbf\xd1\x80\xd0\xb0\xd1\x86\xd1\x8e\xd1\x94 "
         "\xd0\xbf\xd1\x80\xd0\xb8\xd0\xb9\xd0\xb4\xd0\xb5 "
         "\xd1\x82\xd1\x80\xd0\xb5\xd0\xb1\xd0\xb0 \xd0\x9d\xd0\xb5 \xd0\x9d\xd0\xb0 "
         "\xd0\xa9\xd0\xbe \xd0\xa6\xd0\xb5 \xd0\xaf\xd0\xba \xd0\x9c\xd1\x96\xd0\xb9 "
         "\xd0\x9c\xd0\xbe\xd1\x8f \xd0\x9c\xd0\xbe\xd1\x94 \xd0\x9c\xd0\xb5\xd0\xbd\xd1\x96 "
         "\xd0\x92\xd0\xb0\xd1\x81 \xd0\x9a\xd0\xbe\xd0\xbb\xd0\xb8 \xd0\x94\xd0\xb5 "
         "\xd0\xa7\xd0\xbe\xd0\xbc\xd1\x83 "
         "\xd0\xa1\xd0\xba\xd1\x96\xd0\xbb\xd1\x8c\xd0\xba\xd0\xb8 "
         "\xd0\x9c\xd0\xbe\xd0\xb6\xd0\xbd\xd0\xb0 \xd0\xa5\xd0\xbe\xd1\x87\xd1\x83 "
         "\xd0\xa9\xd0\xb5 \xd0\x92\xd1\x81\xd0\xb5 \xd0\x92\xd0\xbe\xd0\xbd\xd0\xb0 "
         "\xd0\x92\xd1\x96\xd0\xbd \xd0\x86\xd0\xb7 \xd0\x97\xd1\x96 \xd0\x9f\xd0\xbe "
         "\xd0\x94\xd0\xbb\xd1\x8f \xd0\x92\xd1\x96\xd0\xb4 \xd0\x94\xd0\xbe \xd0\xa7\xd0\xb8 "
         "\xd0\x92\xd0\xb8 \xd0\x9c\xd0\xb8 \xd0\x92\xd1\x96\xd1\x82\xd0\xb0\xd1\x8e "
         "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd1\x96\xd1\x82 "
         "\xd0\x94\xd1\x8f\xd0\xba\xd1\x83\xd1\x8e \xd0\x9f\xd1\x80\xd0\xbe\xd1\x88\xd1\x83 "
         "\xd0\xaf\xd0\xba\xd0\xb8\xd0\xb9 \xd0\xaf\xd0\xba\xd0\xb0 "
         "\xd0\x9f\xd1\x80\xd0\xb0\xd1\x86\xd1\x8e\xd1\x94 "
         "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb9\xd0\xb4\xd0\xb5 "
         "\xd0\xa2\xd1\x80\xd0\xb5\xd0\xb1\xd0\xb0",
         "", ""},
    [NLU_ARABIC] = {"Arabic", "ar", "", "", ""},
    [NLU_HINDI] = {"Hindi", "hi", "", "", ""},
    [NLU_CHINESE] = {"Chinese", "zh", "", "", ""},
    [NLU_JAPANESE] = {"Japanese", "ja", "", "", ""},
    [NLU_KOREAN] = {"Korean", "ko", "", "", ""},
    [NLU_GREEK] = {"Greek", "el", "", "", ""},
    [NLU_HEBREW] = {"Hebrew", "he", "", "", ""},
};

/* ---- By the letters -------------------------------------------------------------------------- */

static const struct {
    uint32_t first;
    uint32_t last;
    enum nlu_language language;
} scripts[] = {
    {0x0370, 0x03ff, NLU_GREEK},    {0x0400, 0x052f, NLU_RUSSIAN}, {0x0590, 0x05ff, NLU_HEBREW},
    {0x0600, 0x06ff, NLU_ARABIC},   {0x0900, 0x097f, NLU_HINDI},   {0x1100, 0x11ff, NLU_KOREAN},
    {0x3040, 0x30ff, NLU_JAPANESE}, {0x3400, 0x9fff, NLU_CHINESE}, {0xac00, 0xd7af, NLU_KOREAN},
};

/* Letters of Ukrainian that Russian does not have. */
static bool
is_ukrainian(uint32_t c)
{
    return c == 0x0404 || c == 0x0406 || c == 0x0407 || c == 0x0454 || c == 0x0456 || c == 0x0457 ||
           c == 0x0490 || c == 0x0491;
}

/* The character at *AT; steps over it. 0 for what is none. */
static uint32_t
next_char(struct str text, size_t *at)
{
    size_t len = utf8_char_length(text.ptr + *at, text.len - *at);
    const unsigned char *c = (const unsigned char *)text.ptr + *at;
    *at += len > 0 ? len : 1;
    switch (len) {
    case 1:
        return c[0];
    case 2:
        return (uint32_t)((c[0] & 0x1f) << 6 | (c[1] & 0x3f));
    case 3:
        return (uint32_t)((c[0] & 0x0f) << 12 | (c[1] & 0x3f) << 6 | (c[2] & 0x3f));
    default:
        return 0;
    }
}

/* The language of letters that are not Latin, where there are enough of them; else English. */
static enum nlu_language
by_script(struct str text)
{
    size_t counts[NLU_LANGUAGE_COUNT] = {0};
    size_t latin = 0;
    for (size_t at = 0; at < text.len;) {
        uint32_t c = next_char(text, &at);
        latin += (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= 0xc0 && c < 0x250);
        for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
            counts[scripts[i].language] += c >= scripts[i].first && c <= scripts[i].last;
        }
        counts[NLU_UKRAINIAN] += is_ukrainian(c);
    }
    /* Japanese is written with Chinese characters, too, but never without its own. */
    bool kana = counts[NLU_JAPANESE] > 0;
    counts[NLU_JAPANESE] += kana ? counts[NLU_CHINESE] : 0;
    counts[NLU_CHINESE] = kana ? 0 : counts[NLU_CHINESE];
    if (counts[NLU_UKRAINIAN] > 0) {
        counts[NLU_UKRAINIAN] += counts[NLU_RUSSIAN];
    }
    enum nlu_language best = NLU_ENGLISH;
    for (size_t i = 0; i < NLU_LANGUAGE_COUNT; i++) {
        best = counts[i] > counts[best] ? (enum nlu_language)i : best;
    }
    /* A word of theirs may be as long as five of our letters. */
    return counts[best] * 3 > latin ? best : NLU_ENGLISH;
}

/* ---- By the words ---------------------------------------------------------------------------- */

static bool
has_group(struct str word, struct str group)
{
    bool begins = str_starts(group, STR("^"));
    bool ends = str_ends(group, STR("$"));
    struct str body = str_sub(group, begins, group.len - begins - ends);
    return begins ? word.len > body.len && str_starts(word, body)
           : ends ? word.len > body.len && str_ends(word, body)
                  : str_find(word, body, 0) != SIZE_MAX;
}

static int
score_word(const struct profile *p, struct str word)
{
    int score = 0;
    struct str rest = str_c(p->words);
    for (struct str one; str_split(&rest, ' ', &one);) {
        if (str_eq(one, word)) {
            score += WORD_WEIGHT;
            break;
        }
    }
    rest = str_c(p->groups);
    for (struct str one; score == 0 && word.len > 2 && str_split(&rest, ' ', &one);) {
        score += one.len > 0 && has_group(word, one);
    }
    struct str letters = str_c(p->letters);
    for (size_t at = 0; at < letters.len;) {
        size_t from = at;
        (void)next_char(letters, &at);
        if (str_find(word, str_sub(letters, from, at - from), 0) != SIZE_MAX) {
            score += LETTER_WEIGHT;
        }
    }
    return score;
}

/* The small letter of a capital, Latin ones with signs on them included. Lengths stay. */
static size_t
lower_into(struct str word, char out[WORD_MAX])
{
    size_t len = word.len < WORD_MAX ? word.len : WORD_MAX;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)word.ptr[i];
        bool capital = c >= 'A' && c <= 'Z';
        bool signed_capital = i > 0 && (unsigned char)out[i - 1] == 0xc3 && c >= 0x80 && c <= 0x9e;
        out[i] = (char)(capital || signed_capital ? c + 0x20 : c);
    }
    return len;
}

static bool
is_letter(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '\'' || c == '-' || c >= 0x80;
}

/* A typographic apostrophe at AT. */
static bool
is_curly(struct str text, size_t at)
{
    return str_starts(str_sub(text, at, 3), STR("\xe2\x80\x99"));
}

static void
add_scores(struct str raw, int scores[NLU_LANGUAGE_COUNT])
{
    char bytes[WORD_MAX];
    struct str word = {bytes, lower_into(raw, bytes)};
    for (size_t i = 0; i < NLU_LANGUAGE_COUNT; i++) {
        scores[i] += profiles[i].words[0] ? score_word(&profiles[i], word) : 0;
    }
}

/* Every word of TEXT; how many there were. */
static size_t
score_words(struct str text, int scores[NLU_LANGUAGE_COUNT])
{
    size_t words = 0;
    for (size_t at = 0; at < text.len;) {
        size_t end = at;
        while (end < text.len && is_letter((unsigned char)text.ptr[end]) && !is_curly(text, end)) {
            end++;
        }
        if (end > at) {
            add_scores(str_sub(text, at, end - at), scores);
            words++;
        }
        at = end > at ? end : at + (is_curly(text, at) ? 3 : 1);
    }
    return words;
}

enum nlu_language
nlu_language_of(struct str text)
{
    int scores[NLU_LANGUAGE_COUNT] = {0};
    text = utf8_cut(text, BYTES_MAX);
    enum nlu_language best = by_script(text);
    if (best != NLU_ENGLISH && best != NLU_RUSSIAN) {
        return best;
    }
    size_t words = score_words(text, scores);
    if (best == NLU_RUSSIAN) {
        return scores[NLU_UKRAINIAN] > scores[NLU_RUSSIAN] ? NLU_UKRAINIAN : NLU_RUSSIAN;
    }
    for (size_t i = 0; i < NLU_LANGUAGE_COUNT; i++) {
        best = scores[i] > scores[best] ? (enum nlu_language)i : best;
    }
    bool clear = scores[best] >= scores[NLU_ENGLISH] + MARGIN && scores[best] >= 2 * WORD_WEIGHT;
    return words >= 2 && clear ? best : NLU_ENGLISH;
}

const char *
nlu_language_name(enum nlu_language language)
{
    must(language >= 0 && language < NLU_LANGUAGE_COUNT);
    return profiles[language].name;
}

const char *
nlu_language_code(enum nlu_language language)
{
    must(language >= 0 && language < NLU_LANGUAGE_COUNT);
    return profiles[language].code;
}
