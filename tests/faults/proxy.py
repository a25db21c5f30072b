"""A proxy on a Unix socket that reads PostgreSQL's protocol, counts messages, and breaks it at one.

A message is counted when the proxy has it, in either direction, over all connections since arm();
the rows of one result count once, because neither side changes its mind between them. Faults:

  cut     message number `at` is not passed on, and both ends of its connection are closed. For a
          message of the server this is the lost answer: what it answers has happened.
  kill    the client process is killed at message `at`. Its own message is passed on first, so that the
          server works on what nobody waits for any more; the server's is not passed on.
  commit  the `at`-th COMMIT is passed on and both ends are closed at once, while the server works.
  hold    message number `at` is passed on when release() is called.

After a fault everything passes, new connections too; with `stay_down` none is accepted any more.
"""
import asyncio
import os
import pathlib
import signal
import socket
import struct
import threading

SOCKET = ".s.PGSQL.5432"


class Link:
    """One client connection and its server connection."""

    def __init__(self, client, server, pid):
        self.client, self.server, self.pid = client, server, pid
        self.last = b""

    def cut(self):
        self.client.transport.abort()
        self.server.transport.abort()


class Proxy:
    """`folder` becomes the PGHOST of clients; `cluster` is the socket folder of the real server."""

    def __init__(self, cluster, folder):
        self.upstream = str(pathlib.Path(cluster, SOCKET))
        self.path = str(pathlib.Path(folder, SOCKET))
        self.stay_down = False
        self.arm(None)
        self.loop = asyncio.new_event_loop()
        ready = threading.Event()
        self.thread = threading.Thread(target=self._serve, args=(ready,), daemon=True)
        self.thread.start()
        ready.wait()

    def arm(self, kind, at=0, text=None):
        """Sets the next fault (None: none) and starts counting at 0.

        With `text` it comes at the first message of the client that holds these bytes.
        """
        self.kind, self.at, self.text = kind, at, text
        self.messages = self.commits = 0
        self.edges = []  # numbers of the messages that begin or end a transaction
        self.fired = False
        self.released = threading.Event()

    def release(self):
        self.released.set()

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        os.unlink(self.path)

    def _serve(self, ready):
        asyncio.set_event_loop(self.loop)
        self.loop.set_exception_handler(lambda loop, context: None)  # connections end as we please
        server = self.loop.run_until_complete(asyncio.start_unix_server(self._accept, self.path))
        ready.set()
        self.loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(asyncio.sleep(0))
        self.loop.close()

    async def _accept(self, reader, writer):
        if self.fired and self.stay_down:
            writer.transport.abort()
            return
        credentials = writer.get_extra_info("socket").getsockopt(
            socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        pid = struct.unpack("3i", credentials)[0]
        server_reader, server_writer = await asyncio.open_unix_connection(self.upstream)
        link = Link(writer, server_writer, pid)
        pumps = [asyncio.ensure_future(self._pump(reader, server_writer, link, True)),
                 asyncio.ensure_future(self._pump(server_reader, writer, link, False))]
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        # What one side said last still reaches the other.
        for end in (writer, server_writer):
            end.close()
        await asyncio.wait(pumps)

    async def _pump(self, reader, writer, link, from_client):
        pending, startup = b"", from_client
        try:
            while data := await reader.read(1 << 16):
                pending += data
                passed = start = 0
                fired = False
                while not fired:
                    head = start + (0 if startup else 1)
                    if len(pending) < head + 4:
                        break
                    end = head + struct.unpack_from("!I", pending, head)[0]
                    if len(pending) < end:
                        break
                    fired = self._sees(pending[start:head], pending[head + 4:end], link, from_client)
                    if fired and self.kind == "hold":
                        fired = False
                        while not self.released.is_set():
                            await asyncio.sleep(0.005)
                    startup = False
                    start = end
                    if not fired or (from_client and self.kind != "cut"):
                        passed = end
                writer.write(pending[:passed])
                await writer.drain()
                if fired:
                    if self.kind == "kill":
                        os.kill(link.pid, signal.SIGKILL)
                    link.cut()
                    return
                pending = pending[start:]
        except ConnectionError:
            return

    def _sees(self, kind, body, link, from_client):
        """Counts one message; True when the fault comes at it."""
        commit = from_client and kind == b"Q" and body.upper().startswith(b"COMMIT")
        self.commits += commit
        counted = from_client or not kind == link.last == b"D"
        self.messages += counted
        if from_client and kind == b"Q" and body[:6].upper() in (b"BEGIN ", b"COMMIT"):
            self.edges.append(self.messages)
        if not from_client:
            link.last = kind
        if self.kind is None or self.fired:
            return False
        if self.text is not None:
            self.fired = from_client and self.text in body
        elif self.kind == "commit":
            self.fired = commit and self.commits == self.at
        else:
            self.fired = counted and self.messages == self.at
        return self.fired
