"""An nginx of the test's own: one page, started and stopped at will."""

import contextlib
import os
import pathlib
import signal
import subprocess

import places

CONFIG = """\
error_log {base}/nginx-error.log;
pid {base}/nginx.pid;
worker_processes 1;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {base}/nginx-body;
    proxy_temp_path {base}/nginx-proxy;
    fastcgi_temp_path {base}/nginx-fastcgi;
    uwsgi_temp_path {base}/nginx-uwsgi;
    scgi_temp_path {base}/nginx-scgi;
    server {{
        listen {address};
        location / {{ return 200 "welcome\\n"; }}
    }}
}}
"""


class Nginx:
    """`machine` is the prefix of a command that runs it on a machine of a test."""

    def __init__(self, base, host="127.0.0.1", port=None, machine=()):
        self.address = f"{host}:{port or places.free_port()}"
        self.base, self.machine = base, list(machine)
        self.config = base / "nginx.conf"
        self.config.write_text(CONFIG.format(base=base, address=self.address))
        self.process = None

    def start(self):
        command = [*self.machine, "nginx", "-c", str(self.config), "-g", "daemon off;"]
        self.process = subprocess.Popen(command, start_new_session=True)
        places.own(self.stop)
        return self

    def kill(self):
        """As a crash would end it; what an agent started is ours to end too."""
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            master = int((self.base / "nginx.pid").read_text())
            workers = pathlib.Path(f"/proc/{master}/task/{master}/children").read_text().split()
            # The master first: it would start other workers.
            for process in [master, *map(int, workers)]:
                os.kill(process, signal.SIGKILL)
        if self.process:
            self.process.wait()

    def stop(self):
        self.kill()
        self.process = None
