"""A real NTP server on a free port: chronyd, which serves this machine's own clock."""

import getpass

from .ports import HOST, free_udp_port
from .processes import Process


class NtpServer:
    """`-x` keeps chronyd's hands off the clock; `local` makes it answer without sources."""

    def __init__(self, folder):
        self.port = free_udp_port()
        config = folder / "chrony.conf"
        config.write_text(
            f"local stratum 3\nallow {HOST}\nbindaddress {HOST}\nport {self.port}\n"
            f"cmdport 0\nbindcmdaddress /\npidfile {folder}/chronyd.pid\n"
        )
        # As whoever runs the test, root or not: -U asks for no more, and chrony's own user
        # could not read the test's folder.
        user = getpass.getuser()
        argv = ["/usr/sbin/chronyd", "-d", "-x", "-U", "-u", user, "-f", str(config)]
        self.process = Process("chronyd", argv)
        self.process.log.expect(r"Disabled control of system clock")

    @property
    def address(self):
        return f"{HOST}:{self.port}"

    def close(self):
        self.process.close()
