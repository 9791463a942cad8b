// Why there is no port, or not every one: what a person forgot, by the EAL options and what the
// machine shows of the devices that they name. Read once, at a start that failed.
#include "dataplane/packets/port_start.h"

#include <linux/capability.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NAME_MAX_BYTES 64
#define PATH_MAX_BYTES 256

// What a device of the kernel's asks for, when it is opened.
static const struct {
    const char *device;
    int capability;
    const char *name;
} asking[] = {
    {"net_af_packet", CAP_NET_RAW, "CAP_NET_RAW"},
    {"net_af_xdp", CAP_NET_ADMIN, "CAP_NET_ADMIN"},
    {"net_tap", CAP_NET_ADMIN, "CAP_NET_ADMIN"},
};

static bool has_capability(int capability)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {0};
    return syscall(SYS_capget, &header, data) == 0 &&
           (data[capability / 32].effective >> (capability % 32) & 1) != 0;
}

static bool vdev_refuse(const char *device, char *error, size_t size)
{
    for (size_t i = 0; i < sizeof(asking) / sizeof(asking[0]); i++) {
        if (strncmp(device, asking[i].device, strlen(asking[i].device)) == 0 &&
            !has_capability(asking[i].capability)) {
            snprintf(error, size,
                "the device '%.80s' needs the capability %s: run as root (and give root up by "
                "--user)",
                device, asking[i].name);
            return true;
        }
    }
    const char *iface = strstr(device, "iface=");
    char name[NAME_MAX_BYTES] = "";
    if (iface != NULL && sscanf(iface, "iface=%63[^,]", name) == 1 && if_nametoindex(name) == 0) {
        snprintf(error, size,
            "there is no interface '%s' for the device '%.80s': `ip link` lists them", name,
            device);
        return true;
    }
    return false;
}

static bool is_for_dpdk(const char *driver)
{
    static const char *const drivers[] = {
        "vfio-pci", "uio_pci_generic", "igb_uio", "mlx4_core", "mlx5_core"};
    for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
        if (strcmp(driver, drivers[i]) == 0) {
            return true;
        }
    }
    return false;
}

// The folder of "3b:00.0" or "0000:3b:00.0", perhaps with arguments behind a comma, in sysfs. False
// when it is no such address.
static bool pci_folder(
    const char *device, char address[static NAME_MAX_BYTES], char path[static PATH_MAX_BYTES])
{
    unsigned domain = 0, bus, slot, function;
    if (sscanf(device, "%x:%x:%x.%x", &domain, &bus, &slot, &function) != 4) {
        domain = 0;
        if (sscanf(device, "%x:%x.%x", &bus, &slot, &function) != 3) {
            return false;
        }
    }
    snprintf(address, NAME_MAX_BYTES, "%04x:%02x:%02x.%x", domain, bus, slot, function);
    snprintf(path, PATH_MAX_BYTES, "/sys/bus/pci/devices/%s", address);
    return true;
}

static bool pci_refuse(const char *device, char *error, size_t size)
{
    char path[PATH_MAX_BYTES], target[PATH_MAX_BYTES], address[NAME_MAX_BYTES];
    if (!pci_folder(device, address, path)) {
        return false;
    }
    if (access(path, F_OK) != 0) {
        snprintf(error, size, "there is no PCI device %s: `dpdk-devbind.py --status` lists them",
            address);
        return true;
    }
    strncat(path, "/driver", sizeof(path) - strlen(path) - 1);
    ssize_t length = readlink(path, target, sizeof(target) - 1);
    target[length < 0 ? 0 : length] = '\0';
    const char *slash = strrchr(target, '/'), *driver = slash != NULL ? slash + 1 : "none";
    if (!is_for_dpdk(driver)) {
        snprintf(error, size,
            "the PCI device %s is bound to the driver '%s': run `dpdk-devbind.py --bind=vfio-pci "
            "%s`",
            address, driver, address);
        return true;
    }
    return false;
}

// A PCI device of the network class, or one that is not there: a slip of the pen. "-a 0:0.0", which
// many write for "no PCI", is neither.
static bool pci_is_network(const char *device)
{
    char path[PATH_MAX_BYTES], address[NAME_MAX_BYTES];
    unsigned class = 0;
    if (!pci_folder(device, address, path)) {
        return false;
    }
    if (access(path, F_OK) != 0) {
        return strcmp(address, "0000:00:00.0") != 0;
    }
    strncat(path, "/class", sizeof(path) - strlen(path) - 1);
    FILE *in = fopen(path, "re");
    bool known = in != NULL && fscanf(in, "%x", &class) == 1;
    if (in != NULL) {
        fclose(in);
    }
    return known && class >> 16 == 0x02;
}

// The device that an option names: "-a X", "-aX", "--vdev X" or "--vdev=X"; NULL when it names
// none.
static const char *device_of(char *const options[], size_t count, size_t i)
{
    static const char *const names[] = {"--allow", "--vdev", "-a"};
    for (size_t j = 0; j < sizeof(names) / sizeof(names[0]); j++) {
        size_t length = strlen(names[j]);
        if (strncmp(options[i], names[j], length) == 0) {
            const char *rest = options[i] + length;
            return *rest == '='    ? rest + 1
                   : *rest != '\0' ? rest
                   : i + 1 < count ? options[i + 1]
                                   : NULL;
        }
    }
    return NULL;
}

size_t ports_named(char *const options[], size_t count)
{
    size_t named = 0;
    for (size_t i = 0; i < count; i++) {
        const char *device = device_of(options, count, i);
        named += device != NULL && (strncmp(device, "net_", 4) == 0 || pci_is_network(device));
    }
    return named;
}

bool port_missing_refuse(char *const options[], size_t count, char *error, size_t size)
{
    for (size_t i = 0; i < count; i++) {
        const char *device = device_of(options, count, i);
        if (device != NULL &&
            (vdev_refuse(device, error, size) || pci_refuse(device, error, size))) {
            return true;
        }
    }
    return false;
}
