"""Machines of a test's own: network namespaces on one wire, each with an address."""

import os
import subprocess

import places


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


class Wire:
    """A bridge and machines on it; `machines` maps a name to an IPv4 address of one /24."""

    def __init__(self, machines):
        self.machines = machines
        #: The names of devices are short: at most 15 letters.
        self.mark = f"yk{os.getpid() % 100_000}"
        self.bridge = self.namespace("wire")

    def namespace(self, name):
        return f"{self.mark}-{name}"

    def start(self):
        places.own(self.stop)
        ip("netns", "add", self.bridge)
        ip("-n", self.bridge, "link", "add", "wire", "type", "bridge")
        ip("-n", self.bridge, "link", "set", "wire", "up")
        for number, (name, address) in enumerate(self.machines.items()):
            there, here = self.namespace(name), f"{self.mark}p{number}"
            ip("netns", "add", there)
            ip("-n", there, "link", "set", "lo", "up")
            ip("link", "add", here, "type", "veth", "peer", "name", "eth0", "netns", there)
            ip("link", "set", here, "netns", self.bridge)
            ip("-n", self.bridge, "link", "set", here, "master", "wire", "up")
            ip("-n", there, "address", "add", f"{address}/24", "dev", "eth0")
            ip("-n", there, "link", "set", "eth0", "up")
        return self

    def stop(self):
        for name in [*self.machines, "wire"]:
            subprocess.run(
                ["ip", "netns", "delete", self.namespace(name)], capture_output=True, check=False
            )

    def on(self, name):
        """What makes a command run on a machine: a prefix of its words."""
        return ["ip", "netns", "exec", self.namespace(name)]

    def unplug(self, name):
        """Takes a machine off the wire, as a broken switch would."""
        ip("-n", self.namespace(name), "link", "set", "eth0", "down")

    def plug(self, name):
        ip("-n", self.namespace(name), "link", "set", "eth0", "up")
