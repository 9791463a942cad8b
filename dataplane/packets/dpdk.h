// DPDK's headers, in one place: its NS_PER_S is an int, ours (config/instant.h) is not. Private to
// packets/.
#pragma once

#include "config/instant.h"

#pragma push_macro("NS_PER_S")
#undef NS_PER_S
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_log.h>
#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>
#include <rte_prefetch.h>
#undef NS_PER_S
#pragma pop_macro("NS_PER_S")
