#include "io/http_client_curl.h"

#include <dlfcn.h>
#include <string.h>

enum { OLDEST = 0x075800 }; /* 7.88.0: the CA cache, and what was measured */

static int
look_up(void *library, const char *name, void *ret, struct err *err)
{
    void *found = dlsym(library, name);
    if (!found) {
        return err_set(err, ERR_INVALID, "libcurl has no %s: install the libcurl4 of this system",
                       name);
    }
    /* The one way from an object's pointer to a function's that C and POSIX both allow. */
    memcpy(ret, &found, sizeof(found));
    return 0;
}

int
curl_load(struct curl *ret, struct err *err)
{
    void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    int result = 0;
    if (!library) {
        return err_set(err, ERR_NOTFOUND,
                       "libcurl is not installed, and model servers are reached through it: "
                       "install libcurl4 (%s)",
                       dlerror());
    }
#define LOOK_UP(name)                                                                              \
    if (result == 0) {                                                                             \
        result = look_up(library, #name, &ret->name, err);                                         \
    }
    CURL_FUNCTIONS(LOOK_UP)
#undef LOOK_UP
    if (result == 0) {
        const curl_version_info_data *info = ret->curl_version_info(CURLVERSION_NOW);
        if (info->version_num < OLDEST) {
            result = err_set(err, ERR_INVALID, "libcurl %s is too old: 7.88 or later is needed",
                             info->version);
        }
    }
    return result;
}
