#include <stdio.h>

int
main(void)
{
    (void)fputs("amsync\n", stderr);
    return 2;
}
