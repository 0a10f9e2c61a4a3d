"""An nginx of the test's own: one page, started and stopped at will."""

import subprocess

import places

CONFIG = """\
daemon off;
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
    def __init__(self, base, host="127.0.0.1"):
        self.address = f"{host}:{places.free_port()}"
        self.config = base / "nginx.conf"
        self.config.write_text(CONFIG.format(base=base, address=self.address))
        self.process = None

    def start(self):
        command = ["nginx", "-c", str(self.config)]
        self.process = subprocess.Popen(command, start_new_session=True)
        places.own(self.stop)
        return self

    def stop(self):
        places.end(self.process)
        self.process = None
