#include "catalog/words_parts.h"

#include <stdlib.h>
#include <string.h>

/* Against a word of weight 1. Words that stand in every question whatever it is about are weighed
 * down rather than dropped. Question words carry meaning in some collections ("what is X" is not
 * "turn X on") and none in others: between .1 and .3 one article set gains what the other loses,
 * above it both lose. */
static const float low_weight = 0.2F;
static const float asking_weight = 0.2F;

/* Words as the tokenizer folds them: no diacritics, no apostrophes. */
static const struct words_facts languages[] = {
    {.code = "en",
     .stemmer = "english",
     .endings = "s d m ll ve re",
     .low = "a about after all also am an and any anybody anyone are arent as at be because been "
            "but by can cant could couldnt did didnt do does doesnt doing done dont explain for "
            "from get give had has hasnt have havent having hello help hey hi i if im in into is "
            "isnt it itll its ive just kindly let lets like looking make many may me mean might "
            "more most much my need of on one or our please possible s should shouldnt show so "
            "some steps tell than thanks that thats the their them then there these they this "
            "those to too us use used using want was wasnt way we were will with wont would "
            "wouldnt you your youre youve",
     .asking = "how hows what whats when where wheres which who whom whose why"},
    {.code = "de",
     .stemmer = "german",
     .low = "aber alle als also am an auch auf aus bei bin bis bitte da damit danke dann das dass "
            "dein dem den der des die dies diese dieser dieses doch du durch ein eine einem einen "
            "einer eines er es etwas euch fur gibt hab habe haben hallo hat hatte ich ihr im in "
            "ist ja kann kannst kein keine konnen man mehr mein meine meinem meinen meiner mich "
            "mir mit mochte muss nach nicht noch nun nur ob oder ohne sehr sein sich sie sind so "
            "soll sollte uber um und uns unser vom von vor war wenn werden wird wir zu zum zur",
     .asking = "wann warum was welche welchem welchen welcher welches wer weshalb wie wieso wo "
               "wofur woher wohin womit"},
    {.code = "fr",
     .stemmer = "french",
     .elides = true,
     .low = "a ai ainsi alors as au aussi aux avec avez avoir avons bonjour c car ce cela ces cet "
            "cette ceux chez ci comme d dans de des donc du elle elles en est et etait ete etre eu "
            "faire fait faut il ils j je jusqu l la le les leur leurs lui m ma mais me meme merci "
            "mes moi mon n ne nos notre nous on ont ou par pas peut peux plait plus pour puis qu "
            "que s sa sans se ses si son sont sur t ta te tes toi ton tous tout tres tu un une "
            "veut veux vos votre vous y",
     .asking = "combien comment lequel laquelle ou pourquoi quand quel quelle quelles quels qui "
               "quoi"},
    {.code = "es",
     .stemmer = "spanish",
     .low = "a al algo algun alguna ante antes como con contra cual cuando de del desde donde e el "
            "ella ellos en entre era es esa ese eso esta estan estar este esto estos estoy fue "
            "gracias ha hace hacer hasta hay he hola la las le les lo los mas me mi mis mucho muy "
            "nada ni no nos o os otra otro para pero poco por porfavor porque pueda puede puedo "
            "que quiero se sea ser si sin sobre solo son soy su sus tambien tan te tengo tiene "
            "todo todos tu tus u un una uno unos usted y ya yo",
     .asking = "adonde cuales cuanto cuanta cuantos cuantas quien quienes"},
    {.code = "it",
     .stemmer = "italian",
     .elides = true,
     .low = "a ad agli ai al alla alle allo anche avere c che ci ciao con cui d da dai dal dall "
            "dalla dalle dei del dell della delle dello deve devo di e ed era fare favore fra gia "
            "gli grazie ha hai hanno ho i il in io l la le lei li lo loro lui m ma mi mia mie miei "
            "mio molto nei nel nell nella nelle no noi non nostro o ogni per piu poi posso puo pur "
            "quella quello questa queste questi questo s se sei si sia siamo sono sta su sua sue "
            "sui sul sull sulla suo t ti tra tu tua tuo tutti tutto un una uno vi voglio voi",
     .asking = "chi come dove perche quale quali quando quanta quante quanti quanto cosa"},
    {.code = "nl",
     .stemmer = "dutch",
     .low = "aan al alle als alstublieft ben bij dan dank dat de deze die dit doe doen door dus "
            "een en er geen gaat graag haar had hallo heb hebben heeft hem het hier hij hun ik in "
            "is ja je jij jullie kan kun kunnen maar mag me meer met mij mijn moet na naar niet "
            "niets nog nu of om omdat ons onze ook op over te tegen toch toen tot u uit uw van "
            "veel voor was we wel werd wij wil worden wordt ze zich zij zijn zo zonder zou",
     .asking = "hoe hoeveel waar waarom waarmee wanneer wat welk welke wie"},
    {.code = "pt",
     .stemmer = "portuguese",
     .low = "a ao aos as ate com da das de dela dele deles depois do dos e ela ele eles em entre "
            "era essa esse esta estao estar este estou eu favor fazer foi ha isso isto ja la lhe "
            "mais mas me mesmo meu meus minha minhas muito na nao nas nem no nos nossa nosso num "
            "numa o obrigado ola os ou para pela pelo por posso pode preciso quero se seja sem ser "
            "seu seus so sobre sua suas sao tambem te tem tenho ter teu todo tu tua um uma umas "
            "uns voce voces vos",
     .asking = "como onde porque qual quais quando quanta quanto quantos que quem"},
    {.code = "sv",
     .stemmer = "swedish",
     .low = "alla allt att av bara blev bli blir da de dem den denna deras dess det detta dig din "
            "dina ditt du efter ej eller en er ett for fran far fa ha hade han har hej hennes hon "
            "i icke in inte jag kan kunna man med mellan men mig min mina mitt mot mycket nagon "
            "nagot ni nu och om oss pa samma ska sig sin sina skulle som snalla sa tack till under "
            "upp ut utan vara varit vi vid vill at ar over",
     .asking = "hur nar vad var varfor vart vem vems vilka vilken vilket"},
    {.code = "da",
     .stemmer = "danish",
     .low = "af alle alt at bare blev blive bliver da de dem den denne der deres det dette dig din "
            "dine dit du efter eller en end er et far for fra gor ham han har havde have hej hende "
            "her hun i ikke ind ja jeg jer kan kunne man med meget men mig min mine mit mod ned "
            "nogen noget nogle nu og ogsa om op os over pa sa sig sin skal skulle som tak til ud "
            "under var vaere ved vi vil ville",
     .asking = "hvad hvem hvilke hvilken hvilket hvis hvor hvordan hvorfor hvornar"},
    {.code = "no",
     .stemmer = "norwegian",
     .low = "alle alt at av bare ble bli blir da de dem den denne der deres det dette deg din dine "
            "ditt du eller en enn er et ett etter far for fra gjor ha hadde ham han har hei henne "
            "her hun i ikke inn ja jeg kan kunne man med meg meget men min mine mitt mot ned noe "
            "noen na og ogsa om opp oss over pa sa seg sin skal skulle som takk til ut under vaere "
            "vaert var ved vi vil ville",
     .asking = "hva hvem hvilke hvilken hvilket hvis hvor hvordan hvorfor nar"},
    {.code = "fi",
     .stemmer = "finnish",
     .low = "ei eika ela en enaa eli en ette etta haluan han hanen hei he heidan ja jo joka jos "
            "jotka jotta kanssa kiitos kun kuin kuten me mina minua minulla minun minulle mutta "
            "myos ne niiden niin noin nuo nyt olemme olen olet oli olisi olla on ole ovat se sen "
            "sina sinun sita siella siina sitten taa taalla tai tama taman tassa tata te tuo vaan "
            "vai vain voi voiko voin voinko ovatko onko",
     .asking = "kuinka kuka ketka miksi mika mikali milla milloin minka missa mista mita miten "
               "mihin"},
    {.code = "ru",
     .stemmer = "russian",
     .low = "а без более бы был была были было быть в вам вас весь во вот все всего вы да для до "
            "его ее если есть еще же за здравствуйте и из или им их к ко ли меня мне мой моя мои "
            "мы на над надо нам нас не него нее нет ни но ну о об он она они оно от по под "
            "пожалуйста после при привет про раз с свой себя со спасибо так также там то только "
            "тут ты у уже хочу чтобы эта эти это этот я могу можно нужно",
     .asking = "где зачем как какая какие какой когда кого кто куда откуда почему сколько чем что "
               "чего"},
};

const struct words_facts *
words_facts_find(struct str language)
{
    bool norwegian = str_eq_c(language, "nb") || str_eq_c(language, "nn");
    struct str code = norwegian ? STR("no") : language;
    for (size_t i = 0; i < sizeof(languages) / sizeof(languages[0]); i++) {
        if (str_eq_c(code, languages[i].code)) {
            return &languages[i];
        }
    }
    return NULL;
}

/* Several words have one stem; the first weight it gets holds. */
static bool
add_stop(struct words_core *core, struct str word, float weight)
{
    struct str stem = words_stem(core, word);
    if (!stem.ptr) {
        return false;
    }
    if (stem.len >= WORDS_STOP_BYTES || core->stop_count == WORDS_STOPS) {
        return true;
    }
    for (size_t i = 0; i < core->stop_count; i++) {
        if (str_eq_c(stem, core->stops[i].stem)) {
            return true;
        }
    }
    struct words_stop *stop = &core->stops[core->stop_count++];
    memcpy(stop->stem, stem.ptr, stem.len);
    stop->weight = weight;
    return true;
}

static int
compare_stops(const void *a, const void *b)
{
    return strcmp(((const struct words_stop *)a)->stem, ((const struct words_stop *)b)->stem);
}

int
words_stop_fill(struct words_core *core, struct err *err)
{
    if (!core->facts) {
        return 0;
    }
    const struct {
        const char *words;
        float weight;
    } lists[] = {{core->facts->asking, asking_weight}, {core->facts->low, low_weight}};
    for (size_t i = 0; i < 2; i++) {
        struct str rest = str_c(lists[i].words);
        struct str word;
        while (str_split(&rest, ' ', &word)) {
            if (!add_stop(core, word, lists[i].weight)) {
                return err_nomem(err);
            }
        }
    }
    qsort(core->stops, core->stop_count, sizeof(core->stops[0]), compare_stops);
    return 0;
}

double
words_weight(const struct words *w, struct str stem)
{
    struct words_stop key = {.weight = 1.0F};
    if (stem.len == 0 || stem.len >= sizeof(key.stem)) {
        return 1.0;
    }
    memcpy(key.stem, stem.ptr, stem.len);
    const struct words_stop *stop =
        bsearch(&key, w->core->stops, w->core->stop_count, sizeof(key), compare_stops);
    return stop ? (double)stop->weight : 1.0;
}
