#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <string.h>

/* Asks the system's name servers, or the one at an IPv4 address and port in network order, for the records of one type.
   Swift cannot reach the functions that take the resolver's state: they are macros. Gives the answer's length, which may
   be more than there was room for, or -1 with a code of netdb.h in *problem. */
static inline int wellhead_dns_query(const char *name, int type, unsigned int server, unsigned short port, int seconds,
                                     int attempts, unsigned char *answer, int room, int *problem) {
    struct __res_state state;
    memset(&state, 0, sizeof(state));
    if (res_ninit(&state) != 0) {
        *problem = NO_RECOVERY;
        return -1;
    }
    state.retrans = seconds;
    state.retry = attempts;
    if (server != 0) {
        memset(&state.nsaddr_list[0], 0, sizeof(state.nsaddr_list[0]));
        state.nsaddr_list[0].sin_family = AF_INET;
        state.nsaddr_list[0].sin_addr.s_addr = server;
        state.nsaddr_list[0].sin_port = port;
        state.nscount = 1;
    }
    int length = res_nquery(&state, name, ns_c_in, type, answer, room);
    *problem = length < 0 ? state.res_h_errno : 0;
    res_nclose(&state);
    return length;
}
