// The command line: one table of subcommands drives dispatch and help.
#include <stdio.h>

int main(void)
{
    puts(TAPGRADE_VERSION);
    return 0;
}
