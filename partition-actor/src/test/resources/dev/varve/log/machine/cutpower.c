/*
 * Cuts a file system off from its disk as a loss of power does: what was not synced is lost, the journal included.
 *
 *   gcc -o cutpower cutpower.c && ./cutpower MOUNTPOINT
 *
 * The same request as "xfs_io -x -c shutdown"; ext4 and XFS know it.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>

#define GOING_DOWN _IOR('X', 125, uint32_t)
#define WITHOUT_FLUSHING_THE_JOURNAL 2

int main(int count, char **words) {
    uint32_t flags = WITHOUT_FLUSHING_THE_JOURNAL;
    int fd = count == 2 ? open(words[1], O_RDONLY) : -1;
    if (fd < 0 || ioctl(fd, GOING_DOWN, &flags) < 0) {
        perror("cutpower");
        return 1;
    }
    return 0;
}
