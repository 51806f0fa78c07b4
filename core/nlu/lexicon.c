/* Word lists beside the phrases: short forms, moods, danger, and what a search can do without. */
#include "nlu/phrases.h"

const struct nlu_alias nlu_aliases[] = {
    {"won't", "will not"},    {"wont", "will not"},      {"can't", "can not"},
    {"cant", "can not"},      {"cannot", "can not"},     {"ain't", "is not"},
    {"dont", "do not"},       {"doesnt", "does not"},    {"didnt", "did not"},
    {"isnt", "is not"},       {"arent", "are not"},      {"wasnt", "was not"},
    {"havent", "have not"},   {"hasnt", "has not"},      {"couldnt", "could not"},
    {"wouldnt", "would not"}, {"shouldnt", "should not"}, {"it's", "it is"},
    {"that's", "that is"},    {"thats", "that is"},      {"what's", "what is"},
    {"whats", "what is"},     {"where's", "where is"},   {"wheres", "where is"},
    {"there's", "there is"},  {"who's", "who is"},       {"how's", "how is"},
    {"here's", "here is"},    {"i'm", "i am"},           {"im", "i am"},
    {"i've", "i have"},       {"ive", "i have"},         {"i'd", "i would"},
    {"i'll", "i will"},       {"you're", "you are"},     {"they're", "they are"},
    {"we're", "we are"},      {"we've", "we have"},      {"that'll", "that will"},
    {"it'll", "it will"},     {"that'd", "that would"},  {"you've", "you have"},
    {"let's", "let us"},      {"thx", "thanks"},         {"thnx", "thanks"},
    {"tnx", "thanks"},        {"ty", "thanks"},          {"tysm", "thanks"},
    {"thankyou", "thank you"}, {"pls", "please"},        {"plz", "please"},
    {"u", "you"},             {"ur", "your"},            {"r", "are"},
    {"y", "yes"},             {"n", "no"},               {"k", "ok"},
    {"kk", "ok"},             {"okey", "ok"},            {"okie", "ok"},
    {"hiya", "hi"},           {"heya", "hi"},            {"hallo", "hello"},
    {"ja", "yes"},            {"oui", "yes"},            {"nein", "no"},
    {"noo", "no"},            {"nooo", "no"},            {"gonna", "going to"},
    {"wanna", "want to"},     {"gimme", "give me"},      {"kinda", "kind of"},
    {"wifi", "wi-fi"},        {"wtf", "furious"},        {"ffs", "furious"},
    {"info", "information"},  {"asap", "urgent"},        {"cuz", "because"},
    {"\xe2\x82\xac", "euro"},            {"\xc2\xa3", "gbp"},              {"$", "usd"},
    {"\xf0\x9f\x91\x8d", "yes"},        /* thumbs up */
    {"\xf0\x9f\x91\x8e", "no"},         /* thumbs down */
    {"\xf0\x9f\x98\xa0", "annoyed"},    /* angry face */
    {"\xf0\x9f\x98\xa1", "furious"},    /* pouting face */
    {"\xf0\x9f\xa4\xac", "furious"},    /* swearing face */
    {"\xf0\x9f\x99\x8f", "thanks"},     /* folded hands */
    {"\xf0\x9f\x94\xa5", "great"},      /* the fire emoji is praise, not a fire */
};
const size_t nlu_alias_count = sizeof(nlu_aliases) / sizeof(nlu_aliases[0]);

const struct nlu_tone nlu_moods[] = {
    {"furious|outraged|livid|fuming|enraged", 3},
    {"angry|mad about|at", 3},
    {"i am angry|mad", 3},
    {"ridiculous|outrageous|disgraceful|unbelievable|unacceptable|pathetic|shameful", 3},
    {"useless|worthless|rubbish|garbage|crap|crappy|shit|bullshit|junk", 3},
    {"fuck|fucking|damn|bloody|idiot|idiots|stupid|moron|bastards|asshole|dumb", 3},
    {"scam|fraud|ripped|rip-off|ripoff|thieves|liars", 3},
    {"lawyer|lawyers|solicitor", 3},
    {"sue you|your|this", 3},
    {"consumer protection|agency|office", 3},
    {"report you", 3},
    {"crook|crooks|clown|clowns|cheat|cheats|cheated|incompetent|disgrace|ashamed|outrage", 3},
    {"you stole", 3},
    {"screw you|your|this|that", 3},
    {"to hell", 3},
    {"done with you", 3},
    {"rage|raging", 3},
    {"what a joke", 3},
    {"bad|complete|total|sick joke", 3},
    {"is _ a joke", 3},
    {"fed up", 3},
    {"sick|tired of", 3},
    {"had enough", 3},
    {"never buy|order|shop|again", 2},
    {"worst", 3},
    {"waste of my|time|money", 3},
    {"wasted|wasting my|time|hours", 3},
    {"i hate", 2},
    {"terrible|horrible|awful|dreadful|atrocious|appalling", 2},
    {"how dare", 3},
    {"how hard", 1},
    {"patience", 1},
    {"already told|asked|said|explained|sent|tried _ twice", 1},
    {"told you|already told", 1},
    {"you already|keep|kept ask|asked|asking|sending|telling|saying", 1},
    {"you kidding|joking", 1},
    {"thanks|thank for nothing", 1},
    {"do you even", 1},
    {"how often|long|many _ do|must|should i have", 1},
    {"how many more", 1},
    {"poor quality|service|support|experience", 1},
    {"quality|service|support is|was _ poor|bad|low", 1},
    {"a waste of", 1},
    {"expected _ more|better|different", 1},
    {"so much for", 1},
    {"never _ when i need", 1},
    {"just what i needed", 1},
    {"^bravo", 1},
    {"up to here", 1},
    {"every single day|time|night|week", 1},
    {"nobody|noone _ answered|replied|responded|helped|called", 1},
    {"no one _ answers|answered|replies|replied|helps|called|cares", 1},
    {"not again", 1},
    {"again really", 1},
    {"^ugh|argh|grr|sigh", 1},
    {"not _ call|consider _ service|support|quality", 1},
    {"great|wonderful|brilliant|fantastic|lovely|nice _ broke|broken|dies|died|reset|failed|fails",
     1},
    {"not|never want _ use|see _ again", 1},
    {"getting|bit|little|slightly tired|sick|annoyed", -2},
    {"mad about your|the _ where|which|want|buy|get", -3},
    {"hate to", -2},
    {"sorry _ stupid|dumb|silly|idiot", -3},
    {"stupid|dumb|silly question|mistake|me|of me", -3},
    {"i am _ an|such|so idiot|stupid|dumb", -3},
    {"am an idiot", -3},
    {"old one|hub|lamp|lock|shop|one was|is _ rubbish|garbage|junk|terrible|awful|crap", -3},
    {"garbage|rubbish collection|bin|truck|day|can|disposal", -3},
    {"shut up", 3},
    {"annoyed|annoying|frustrated|frustrating|disappointed|disappointing|irritated|upset", 1},
    {"unhappy|dissatisfied|not happy|impressed|amused|satisfied", 1},
    {"third|fourth|fifth|tenth time", 1},
    {"over and over", 1},
    {"yet again", 1},
    {"seriously", 1},
    {"^come on", 1},
    {"nobody|noone answers|responds|replies|helps|cares", 1},
    {"waited|waiting _ weeks|days|hours|ages|long", 1},
    {"bad service|support|quality|experience", 1},
    {"not good enough", 1},
    {"driving me crazy|mad|nuts", 1},
    {"\xf0\x9f\x98\xa0", 1},
};
const size_t nlu_mood_count = sizeof(nlu_moods) / sizeof(nlu_moods[0]);

const struct nlu_tone nlu_urgencies[] = {
    {"urgent|urgently|immediately|emergency", NLU_HIGH},
    {"right now|away", NLU_HIGH},
    {"as soon as possible", NLU_HIGH},
    {"at once", NLU_HIGH},
    {"hurry", NLU_HIGH},
    {"be quick|fast", NLU_HIGH},
    {"quick|fast please", NLU_HIGH},
    {"as fast|quickly|quick as", NLU_HIGH},
    {"need|needs|must|has it|this|that|them|to _ today|tonight|tomorrow", NLU_HIGH},
    {"fix|fixed|solve|solved|work|working|here today|tonight|by", NLU_HIGH},
    {"by tomorrow|tonight|noon", NLU_HIGH},
    {"can not wait", NLU_HIGH},
    {"time is short|running", NLU_HIGH},
    {"leave|leaving|leaves|arrive|arrives|start|starts in an|one|two|half|ten", NLU_HIGH},
    {"leave|leaving _ in an|one|two|half|ten", NLU_HIGH},
    {"not|nothing|hardly _ urgent|hurry", -NLU_HIGH},
    {"no rush|hurry", -NLU_HIGH},
    {"emergency power|exit|function|key|light|number|without|call|button|opening", -NLU_HIGH},
    {"in|for an emergency _ without|with|power", -NLU_HIGH},
    {"smoke|smoking", NLU_DANGER},
    {"swollen|bulging|bulges|puffed|bloated|ballooned", NLU_DANGER},
    {"got|get|gave|gives|felt _ shock", NLU_DANGER},
    {"bang|explosion and|from|in", NLU_DANGER},
    {"carbon monoxide _ is|are sounding|ringing|going|beeping|on", 2 * NLU_DANGER},
    {"lamp|light|bulb|it _ burns all|the|at|every", -NLU_DANGER},
    {"in a fire", -NLU_DANGER},
    {"case of _ fire|smoke|emergency", -NLU_DANGER},
    {"detect|detects|detecting|recognise|notice _ smoke|fire|gas|flames", -NLU_DANGER},
    {"flame effect|mode|light|lamp|bulb|colour", -NLU_DANGER},
    {"burnt|burned out _ light|bulb|lamp|street", -NLU_DANGER},
    {"do|does|can|could|will|would|might they|it|these|those|this|that explode|burn|melt|smoke",
     -NLU_DANGER},
    {"fire|flames", NLU_DANGER},
    {"burning|burnt|burned|burns|scorched|singed|melt|melting|melted", NLU_DANGER},
    {"spark|sparks|sparking", NLU_DANGER},
    {"explode|exploded|exploding|explosion", NLU_DANGER},
    {"smell|smells|smelling _ gas", NLU_DANGER},
    {"gas smell|leak", NLU_DANGER},
    {"carbon monoxide", NLU_DANGER},
    {"electric|electrical shock", NLU_DANGER},
    {"electrocuted", NLU_DANGER},
    {"shocked me|my", NLU_DANGER},
    {"lock _ out", NLU_DANGER},
    {"swollen|bulging|swelling|hissing _ battery|pack|cell", NLU_DANGER},
    {"kid|child|baby|toddler|son|daughter|boy|girl|mother|father|mum|dad|wife|husband|grandmother|"
     "grandfather|cat|dog|somebody|someone|i|we|she|he _ locked|trapped|shut in|inside",
     NLU_DANGER},
    {"battery|pack|cell _ swollen|bulging|swelling|hissing", NLU_DANGER},
    {"smoke alarm|detector|sensor|alert|test", -NLU_DANGER},
    {"fire alarm|detector|tv|stick|sale|safety|extinguisher|door|station|proof", -NLU_DANGER},
    {"carbon monoxide alarm|detector|sensor", -NLU_DANGER},
    {"show|shows|see|sign|symbol _ flame", -NLU_DANGER},
    {"flame sign|symbol|icon", -NLU_DANGER},
    {"lock _ out of _ account|app|email|profile", -NLU_DANGER},
    {"account|app lock me out", -NLU_DANGER},
    {"no|not|without|any|if _ smoke|fire|burning|sparks|flames", -NLU_DANGER},
    {"burning question|question|cd", -NLU_DANGER},
};
const size_t nlu_urgency_count = sizeof(nlu_urgencies) / sizeof(nlu_urgencies[0]);

const char nlu_noise[] =
    "a an the i me my mine we our us you your yours he she it its they them their this that these "
    "those there here and or but so if then than as of to in on at for with without from by about "
    "into like is am are was were be been being do does did done have has had can could will would "
    "shall "
    "should may might must not no yes yeah yep nope please thanks thank hi hello hey dear good "
    "morning afternoon evening day which what who whom whose when where why how much many any "
    "some something anything someone somebody one ones thing things stuff kind sort type need "
    "want wants look looking search searching find buy buying get getting got purchase sell "
    "selling offer stock stocked available recommend recommendation suggest suggestion show tell "
    "give know help let us more most very really just also too only ok okay well maybe perhaps "
    "cheap cheaper cheapest inexpensive affordable budget price prices priced pricing cost costs "
    "costing euro eur dollar usd pound gbp under below less max maximum up between around best "
    "nice great suitable right question wondering wonder interested see currently today now still "
    "work works working compatible difference compare comparison versus vs better catalogue "
    "catalog shop store product products article item items model sale first second third fourth "
    "last option number detail details information feature features spec specs specification "
    "again over other others another different else next two three order ordering go going after "
    "before say says instead use using even both each all every everything anyone anybody people "
    "mean ask asking chat both talk love hope quick quickly asap urgent usually called guys team "
    "sir "
    "madam mate pick choose take picture cool awesome fine idea ideas gift present wife husband "
    "mum dad mother father friend yet ever annoyed annoying frustrated frustrating disappointed "
    "disappointing angry furious upset useless ridiculous terrible awful unhappy horrible least "
    "hm hmm hmmm um uh erm er big large small house home flat apartment normal regular ordinary "
    "sorry";

const char nlu_greetings[] =
    "hi hello hey howdy dear good morning afternoon evening day greetings there team all everyone "
    "everybody guys sir madam support please ok okay well so and thanks";
const char nlu_courtesies[] = "please thanks thank you cheers advance many regards kind best";
const char nlu_currencies[] = "euro euros eur dollar dollars usd pound pounds gbp quid bucks";
const char nlu_units[] =
    "m cm mm km metre metres meter meters inch inches ft feet gb mb tb ghz mhz hz w kw watt watts "
    "v volt volts a ah mah amp amps lumen lumens lm db degree degrees c f percent hour hours "
    "minute minutes second seconds day days week weeks month months year years device devices "
    "pack packs piece pieces person people room rooms kg g gram grams litre litres";
const char nlu_limits[] = "under below max maximum budget beneath upto";
const char nlu_told_prices[] = "costs cost paid was is pay charged";
const char nlu_behind_head[] =
    "for with without in on at that which to from by near into should can will is are does";
const char nlu_thing_ends[] =
    "not will can do did have had is are was were be keep stop never no and but with without to "
    "from on in at for of by after since when while that which shows show says say makes make "
    "gets get goes go turns turn switches drops drop fails fail broke broken dead died stuck "
    "offline only just still always sometimes suddenly again blinks blink flickers flicker beeps "
    "beep chirps chirp reads read needs need refuses refuse loses lose drains drain stays stay "
    "looks feels smells restarts restart jams jam it i you we they as if or because so";
const char nlu_not_things[] =
    "phone mobile iphone android smartphone tablet app account order orders password login email "
    "mail parcel package delivery refund return invoice receipt payment card money wife husband "
    "kid kids child children mother father mum dad friend landlord neighbour neighbor partner "
    "grandmother grandfather family cat dog house home flat apartment room kitchen bathroom "
    "bedroom living garage garden name address number question problem issue mind time day life "
    "wi-fi router network internet provider own new old";
const char nlu_spelt[] =
    "think thinks house older light night sight might fight could would should their there where "
    "these those "
    "three phone alone house horse hours course place plane plate piece peace price prize bulbs "
    "world words sword store story start smart chart charm class glass grass brass cream dream "
    "steel steam stream stone shore share shape shade sheet sleep steep sweet green greet brown "
    "crown clown cloud clear clean plant plain paint point print plug plugs cable table stable "
    "lamp lamps hub hubs lock locks water later latter letter better battery wall walls white "
    "while wheel floor flood blood bread break brake great ground sound round found pound garden "
    "garage window winter outside inside outdoor indoor camera cameras sensor sensors thermostat "
    "speaker speakers switch doorbell bell motion station action section mention matter motor "
    "mother brother other another sister voice video radio zigbee thread valve radiator remote "
    "button buttons strip string spring spray panel paper people couple simple sample staple "
    "heating heater header reader leader ladder larger longer stronger finger singer ringer";
