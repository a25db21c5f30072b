"""A proxy in front of an HTTP server that breaks the requests it is told to break.

A fault is a function of the request (method, path with query) that says what happens to it: None,
nothing; an int with a text, that answer instead of the server's; "lost", the server does it and the
connection ends without an answer; "kill-before" and "kill-after", the client is killed before the server
gets the request, or when it has done it.
"""
import http.client
import http.server
import threading


class HttpProxy:
    def __init__(self, port):
        self.port, self.fault, self.victim = port, None, None
        self.requests = []  # (method, path) of all that came
        self._lock = threading.Lock()
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self):
                proxy.handle(self)

            do_GET = do_PUT = do_DELETE = handle_one

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def arm(self, fault):
        with self._lock:
            self.fault, self.requests, self.victim = fault, [], None

    def handle(self, request):
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        with self._lock:
            self.requests.append((request.command, request.path))
            action = self.fault(request.command, request.path) if self.fault else None
        if isinstance(action, tuple):
            return self.answer(request, action[0], {}, action[1].encode())
        if action == "kill-before":
            return self.kill(request)
        server = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        server.request(request.command, request.path, body, dict(request.headers))
        got = server.getresponse()
        text, headers = got.read(), dict(got.getheaders())
        server.close()
        if action == "kill-after":
            return self.kill(request)
        if action == "lost":
            request.close_connection = True
            return None
        return self.answer(request, got.status, headers, text)

    def kill(self, request):
        self.victim.kill()
        self.victim.wait()
        request.close_connection = True

    @staticmethod
    def answer(request, status, headers, text):
        request.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                request.send_header(name, value)
        if status != 204:
            request.send_header("Content-Length", str(len(text)))
        request.end_headers()
        if status != 204:
            request.wfile.write(text)


def error(status, code):
    """What S3 says when it refuses."""
    return status, f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>no</Message></Error>"
