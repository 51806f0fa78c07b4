#include "bench_questions.h"

static const char *const questions[] = {
    "Do you have a motion sensor that works outdoors?",
    "hi, my hub won't pair with my phone any more, what can I do",
    "Which of your bulbs can be dimmed without a separate dimmer?",
    "Is there a cheaper alternative? I'd like to stay under 50.",
    "I need a doorbell with a camera, ideally without a subscription.",
    "Does the smart plug measure power, and does it work with other brands?",
    "what about the battery, how long does it last",
    "We have an old house with thick walls. Will the signal reach the garden shed?",
    "Can I return it if it doesn't fit?",
    "the thermostat shows 27 degrees but it's freezing in here. is it broken?",
    "Which remote control goes with the ceiling light?",
};

const char *
bench_question(size_t index)
{
    return questions[index % (sizeof(questions) / sizeof(questions[0]))];
}
