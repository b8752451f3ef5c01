#include <libssh/libssh.h>
#include <libssh/callbacks.h>
#include <libssh/server.h>
#include <libssh/sftp.h>

#ifdef __linux__
#include <sys/prctl.h>

/* Names the calling thread, 15 bytes at most. Swift cannot call a function of variable arguments. */
static inline void wellhead_name_thread(const char *name) {
    prctl(PR_SET_NAME, (unsigned long) name, 0UL, 0UL, 0UL);
}
#endif
