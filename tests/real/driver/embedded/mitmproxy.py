"""mitmproxy's own program as a reverse proxy before a page of its own; the user file is read anew for each connection, as at
a start.

    PYTHON mitmproxy.py FILE PORT FOLDER LOG

A file that keeps mitmproxy from starting ends the connection, and writes REFUSED to LOG.
"""
import asyncio
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from mitmproxy import exceptions, options
from mitmproxy.addons import proxyauth
from mitmproxy.tools.dump import DumpMaster

path, port, folder, log = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]


class Page(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


page = ThreadingHTTPServer(("127.0.0.1", 0), Page)
threading.Thread(target=page.serve_forever, daemon=True).start()


class Anew:
    """Hands proxyauth the file as it is now."""

    def __init__(self, auth):
        self.auth = auth

    def client_connected(self, client):
        try:
            self.auth.validator = proxyauth.Htpasswd("@" + path)
        except exceptions.OptionsError:
            with open(log, "a") as file:
                file.write("REFUSED\n")
            client.error = "refused"


async def main():
    chosen = options.Options(
        listen_host="127.0.0.1",
        listen_port=port,
        mode=[f"reverse:http://127.0.0.1:{page.server_address[1]}"],
        confdir=folder,
    )
    master = DumpMaster(chosen, with_termlog=False, with_dumper=False)
    master.addons.add(Anew(master.addons.get("proxyauth")))
    await master.run()


asyncio.run(main())
