"""pypiserver's own application and request handler; the application is made anew for each connection, as at a start.

    PYTHON pypiserver.py FILE PORT FOLDER LOG

A file that keeps pypiserver from starting is answered with status 599.
"""
import sys
from wsgiref.simple_server import WSGIServer, make_server

import pypiserver
from pypiserver.__main__ import WsgiHandler
from pypiserver.config import Config

path, port, folder = sys.argv[1], sys.argv[2], sys.argv[3]
arguments = ["run", "-p", port, "-i", "127.0.0.1", "-P", path, "-a", "list,download,update", folder]


class Handler(WsgiHandler):
    def handle(self):
        try:
            config = Config.from_args(arguments)
            app = pypiserver.setup_routes_from_config(pypiserver.app_from_config(config), config)
        except (Exception, SystemExit):
            self.wfile.write(b"HTTP/1.1 599 Refused\r\n\r\n")
            return
        self.server.set_app(app)
        super().handle()


make_server("127.0.0.1", int(port), None, WSGIServer, Handler).serve_forever()
