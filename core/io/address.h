/* address: is an address on the public Internet?
 *
 * For connections that somebody else chose: a name may lead to this machine, to its network or to
 * its cloud's metadata, whatever the name looks like. So what is judged is the address that is
 * about to be connected to.
 *
 * IPv4 is public outside the registry's special ranges: this network, private, shared (100.64/10),
 * loopback, link-local, protocol assignments, documentation, 6to4's relay, benchmarks, multicast
 * and everything from 240 on, and 168.63.129.16, where Azure's machines find their host. IPv6 is
 * public within 2000::/3, but for protocol assignments and Teredo (2001::/23) and documentation.
 * Where an IPv6 address stands for an IPv4 one (mapped, NAT64's 64:ff9b::/96, 6to4, ISATAP) it is
 * as public as that. A network's own NAT64 prefix cannot be known; its operator's filter has to
 * know what it translates. [any] */
#ifndef IO_ADDRESS_H
#define IO_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sockaddr;

/* BYTES in network order: LEN is 4 or 16, any other is not public. */
bool address_is_public(const uint8_t *bytes, size_t len);
/* Of AF_INET and AF_INET6; whatever else a socket may lead to is not public. */
bool address_sockaddr_is_public(const struct sockaddr *address, size_t len);

#endif
