/* retail-import JSON DATABASE: make a shop's database for the retail plugin from one JSON file with
 * `users`, `orders` and `products`. */
#include <stdio.h>

#include "base/arena.h"
#include "shop.h"

int
main(int argc, char **argv)
{
    struct arena arena = {0};
    if (argc != 3) {
        (void)fprintf(stderr, "usage: retail-import JSON DATABASE\n");
        return 2;
    }
    size_t count = shop_import(shop_read_file(argv[1], &arena), argv[2]);
    (void)printf("%s: %zu users, orders and products\n", argv[2], count);
    arena_done(&arena);
    return 0;
}
