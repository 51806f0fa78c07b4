/* bad: a plugin whose tool "bad" does the one thing that the build names as a macro, and whose tool
 * "fine" answers. What follows from it is in test-plugin-bad.c; nothing of this may be loaded into
 * a process that has something to lose. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "plugins/sdk/deskhand_plugin.h"

#ifdef LYING_SIZE
#define SIZE 65536u
#else
#define SIZE sizeof(struct dh_plugin)
#endif

#define TOOL(name, rest)                                                                           \
    "{\"name\":\"" name "\",\"description\":\"d\",\"effect\":\"read\","                            \
    "\"input_schema\":{\"type\":\"object\"}," rest "}"
static const char manifest[] =
    "{\"name\":\"bad\",\"version\":\"1\",\"description\":\"for tests\",\"isolation\":\"child\","
    "\"optional\":[\"dh.log/1\"],\"tools\":[" TOOL("bad", "\"timeout_ms\":1500") "," TOOL(
        "fine", "\"parallel\":true,\"timeout_ms\":60000") "]}";

static __attribute__((unused)) void
sleep_ms(int64_t ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000};
    (void)nanosleep(&t, NULL);
}

static void *
create(const struct dh_host *host, const struct dh_setup *setup)
{
    (void)setup;
#ifdef CREATE_CRASH
    abort();
#endif
    return (void *)(uintptr_t)host;
}

/* The one bad thing. */
#if defined(SEGFAULT)
static void
misbehave(const struct dh_host *host, const struct dh_call *call)
{
    (void)host;
    (void)call;
    char *nowhere = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *(volatile char *)nowhere = 1;
}
#elif defined(ABORT)
static void
misbehave(const struct dh_host *host, const struct dh_call *call)
{
    (void)host;
    (void)call;
    abort();
}
#elif defined(EXIT)
static void
misbehave(const struct dh_host *host, const struct dh_call *call)
{
    (void)host;
    (void)call;
    exit(0);
}
#elif defined(LOOP)
static void
misbehave(const struct dh_host *host, const struct dh_call *call)
{
    (void)host;
    (void)call;
    for (volatile unsigned i = 0;; i++) {
    }
}
#elif defined(STUBBORN)
static void
misbehave(const struct dh_host *host, const struct dh_call *call)
{
    (void)host;
    (void)call;
    (void)signal(SIGTERM, SIG_IGN);
    for (volatile unsigned i = 0;; i++) {
    }
}
#elif defined(FORK_BOMB)
static void
misbehave(const struct dh_host *host, const struct dh_call *call)
{
    /* Within limits, should nothing hold it: five generations, gone after ten seconds. */
    int made = 0;
    int own = 1;
    for (int i = 0; i < 5; i++) {
        pid_t pid = fork();
        made += pid > 0;
        if (pid == 0) {
            own = 0;
            (void)alarm(10);
        }
    }
    while (!own) {
        (void)pause();
    }
    host->result(call, made ? DH_STR("{\"forked\":true}") : DH_STR("{\"forked\":false}"));
}
#elif defined(OUTPUT)
static void
misbehave(const struct dh_host *host, const struct dh_call *call)
{
    static char piece[1024 * 1024];
    for (int i = 0; i < 10 * 1024; i++) {
        (void)!write(STDOUT_FILENO, piece, sizeof(piece));
    }
    host->result(call, DH_STR("{\"written\":true}"));
}
#elif defined(FLOOD)
static void
misbehave(const struct dh_host *host, const struct dh_call *call)
{
    (void)host;
    (void)call;
    static char piece[64 * 1024];
    for (int i = 0;; i = (i + 1) % 256) {
        (void)send(i, piece, sizeof(piece), MSG_DONTWAIT | MSG_NOSIGNAL);
    }
}
#elif defined(FORGED)
static void
misbehave(const struct dh_host *host, const struct dh_call *call)
{
    /* The answer of a call that nobody made, in a message as good as any. */
    static const char frame[] = "\x23\0\0\0\0\0\0\0{\"t\":\"done\",\"id\":77,\"answers\":1}   ";
    for (int fd = 0; fd < 1024; fd++) {
        (void)send(fd, frame, 8 + 0x23, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    sleep_ms(300);
    host->result(call, DH_STR("{}"));
}
#elif defined(LINES)
static void
misbehave(const struct dh_host *host, const struct dh_call *call)
{
    const struct dh_log_1 *log = host->get_extension(host, DH_LOG_1);
    for (int i = 0; i < 20000; i++) {
        log->write(host, call, DH_LOG_DEBUG, DH_STR("again and again"));
    }
    host->result(call, DH_STR("{}"));
}
#elif defined(TWICE)
static void
misbehave(const struct dh_host *host, const struct dh_call *call)
{
    host->result(call, DH_STR("{}"));
    host->result(call, DH_STR("{}"));
}
#elif defined(LATE)
static void
misbehave(const struct dh_host *host, const struct dh_call *call)
{
    sleep_ms(1700);
    host->result(call, DH_STR("{\"late\":true}"));
}
#elif defined(WRONG_JSON)
static void
misbehave(const struct dh_host *host, const struct dh_call *call)
{
    host->result(call, DH_STR("{\"a\":tru\xff"));
}
#elif defined(LYING_SIZE)
static void
misbehave(const struct dh_host *host, const struct dh_call *call)
{
    host->result(call, DH_STR("{\"size\":true}"));
}
#elif defined(STDOUT)
static void
misbehave(const struct dh_host *host, const struct dh_call *call)
{
    /* As if it were a frame: a call that nobody made is done. */
    static const char frame[] = "\x23\0\0\0\0\0\0\0{\"t\":\"done\",\"id\":77,\"answers\":1}     ";
    (void)!write(STDOUT_FILENO, frame, sizeof(frame) - 1);
    (void)!write(STDERR_FILENO, frame, sizeof(frame) - 1);
    host->result(call, DH_STR("{\"said\":true}"));
}
#elif defined(CLOSE)
static void
misbehave(const struct dh_host *host, const struct dh_call *call)
{
    for (int fd = 0; fd < 1024; fd++) {
        (void)close(fd);
    }
    host->result(call, DH_STR("{}"));
}
#elif defined(LEAK)
static void
misbehave(const struct dh_host *host, const struct dh_call *call)
{
    int count = 0;
    while (count < 100000 && open("/dev/null", O_RDONLY) >= 0) {
        count++;
    }
    host->result(call, count < 1000 ? DH_STR("{\"bounded\":true}") : DH_STR("{\"bounded\":false}"));
}
#elif defined(MEMORY)
static void
misbehave(const struct dh_host *host, const struct dh_call *call)
{
    size_t taken = 0;
    const size_t piece = 16 * 1024 * 1024;
    while (taken < ((size_t)1 << 30)) {
        char *p = malloc(piece);
        if (!p) {
            break;
        }
        memset(p, 1, piece);
        /* Or clang sees that nobody reads it, and takes nothing. */
        __asm__ volatile("" : : "r"(p) : "memory");
        taken += piece;
    }
    host->result(call, taken < ((size_t)1 << 29) ? DH_STR("{\"bounded\":true}")
                                                 : DH_STR("{\"bounded\":false}"));
}
#elif defined(CREATE_CRASH)
static void
misbehave(const struct dh_host *host, const struct dh_call *call)
{
    host->result(call, DH_STR("{}"));
}
#elif defined(ESCAPE)
static void
misbehave(const struct dh_host *host, const struct dh_call *call)
{
    /* What a cage is for, one bit each that got through. */
    char path[64];
    (void)snprintf(path, sizeof(path), "/tmp/deskhand-escape-%d", (int)getppid());
    unsigned through = 0;
    through |= socket(AF_INET, SOCK_STREAM, 0) >= 0 ? 1u : 0;
    through |= open("/etc/passwd", O_RDONLY) >= 0 ? 2u : 0;
    through |= open(path, O_WRONLY | O_CREAT, 0600) >= 0 ? 4u : 0;
    through |= kill(getppid(), 0) == 0 ? 8u : 0;
    through |= geteuid() == 0 ? 16u : 0;
    through |= mmap(NULL, (size_t)4 << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                    0) != MAP_FAILED
                   ? 32u
                   : 0;
    through |= system("true") == 0 ? 64u : 0;
    through |= environ && environ[0] ? 128u : 0;
    char text[] = "{\"through\":\"000\"}";
    text[12] = (char)('0' + through / 100);
    text[13] = (char)('0' + through / 10 % 10);
    text[14] = (char)('0' + through % 10);
    host->result(call, dh_str_c(text));
}
#else
#error "which thing?"
#endif

static void
call(void *instance, const struct dh_call *call)
{
    const struct dh_host *host = instance;
    if (dh_str_is(call->tool, "fine")) {
        host->result(call, DH_STR("{\"fine\":true}"));
        return;
    }
    misbehave(host, call);
}

static void
destroy(void *instance)
{
    (void)instance;
}

const struct dh_plugin deskhand_plugin = {
    .magic = DH_MAGIC,
    .struct_size = SIZE,
    .abi_major = DH_ABI_MAJOR,
    .abi_minor = DH_ABI_MINOR,
    .manifest = {manifest, sizeof(manifest) - 1},
    .create = create,
    .call = call,
    .destroy = destroy,
};
