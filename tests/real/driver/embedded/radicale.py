"""Radicale's own server and application; the application is made anew for each connection, as at a start.

    PYTHON radicale.py CONFIG PORT FOLDER LOG

A file that keeps Radicale from starting is answered with status 599.
"""
import select
import socket
import sys

from radicale import Application, config, log, server

path, port = sys.argv[1], int(sys.argv[2])
sys.stderr = open(sys.argv[4], "a", buffering=1, encoding="utf-8", errors="backslashreplace")
log.setup()
configuration = config.load([(path, False)])
log.set_level("info", False)


class Handler(server.RequestHandler):
    def handle(self):
        log.set_level("critical", False)
        try:
            app = Application(configuration)
        except Exception as error:
            log.logger.critical("An exception occurred during server startup: %s", error)
            self.wfile.write(b"HTTP/1.1 599 Refused\r\n\r\n")
            return
        finally:
            log.set_level("info", False)
        self.server.set_app(app)
        super().handle()


class Server(server.ParallelHTTPServer):
    def service_actions(self):
        """Lets go of the workers that have ended, as Radicale's own loop does."""
        ended, _, _ = select.select(self.worker_sockets, [], [], 0)
        for worker in ended:
            worker.close()
            self.worker_sockets.remove(worker)


Server(configuration, socket.AF_INET, ("127.0.0.1", port), Handler).serve_forever()
