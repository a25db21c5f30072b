"""An S3 server for tests: OpenStack Swift with its S3 interface, all of it in this one process.

s3_server.py FOLDER                  serves until it is ended
s3_server.py FOLDER list BUCKET      KEY, VERSION and SIZE of what it has there, old versions too
s3_server.py FOLDER put BUCKET KEY   puts what stands in stdin
s3_server.py FOLDER fill BUCKET FROM puts all files of a folder

The server listens on a free port of the loopback interface and writes FOLDER/port when it is ready.
Objects live in memory, listings in FOLDER. Swift checks signatures, keeps versions and answers in XML
with code that has nothing to do with ccctl's; the other commands go around all that, through Swift's
own interface. FOLDER gets a file `credentials` as the setting s3_credentials wants it; the bucket
`media` is there, `kept`, which keeps versions, and `careless`. A list of versions has three of them at most.
"""
import json
import os
import pathlib
import sys
import urllib.parse
import urllib.request

ACCESS_KEY, SECRET_KEY = "test:officer", "cOLd/Sp+ring=water&%"
REGION = "eu-central-1"

SWIFT = """\
[swift-hash]
swift_hash_path_suffix = loopback
"""
STORAGE = """\
[app:main]
use = egg:swift#{kind}
devices = {folder}
mount_check = false
log_level = CRITICAL
"""
PROXY = """\
[pipeline:main]
pipeline = gatekeeper memory listing_formats bulk s3api tempauth slo dlo versioned_writes symlink proxy-server
[app:proxy-server]
use = egg:swift#proxy
swift_dir = {folder}
account_autocreate = true
log_level = CRITICAL
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:memory]
paste.filter_factory = s3_server:with_memory
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:bulk]
use = egg:swift#bulk
[filter:s3api]
use = egg:swift#s3api
location = {region}
max_bucket_listing = 3
[filter:tempauth]
use = egg:swift#tempauth
user_test_officer = {secret} .admin
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_object_versioning = true
[filter:symlink]
use = egg:swift#symlink
"""


class Memory(dict):
    """What Swift asks of memcached."""

    def __bool__(self):
        return True

    def get(self, key, *_, **__):
        return super().get(key)

    def set(self, key, value, *_, **__):
        self[key] = value

    def incr(self, key, delta=1, *_, **__):
        self[key] = self.get(key) or 0
        self[key] += delta
        return self[key]

    def delete(self, key, *_, **__):
        self.pop(key, None)


def with_memory(*_, **__):
    import eventlet.semaphore
    memory, turn = Memory(), eventlet.semaphore.Semaphore()

    def wrap(app):
        def call(env, start_response):
            env["swift.cache"] = memory
            if "HTTP_IF_NONE_MATCH" not in env:
                return app(env, start_response)
            with turn:  # Swift's own look and its writing are not one step
                return list(app(env, start_response))
        return call
    return wrap


def allow_conditional_puts():
    """Swift knows `If-None-Match: *`, and its S3 interface refuses what S3 has known since 2024.

    In the bucket `careless` it is overlooked, as services did before.
    """
    from swift.common.middleware.s3api.s3request import S3Request
    validate = S3Request._validate_headers

    def without(request):
        wanted = request.headers.pop("If-None-Match", None)
        validate(request)
        if wanted and request.container_name != "careless":
            request.headers["If-None-Match"] = wanted
    S3Request._validate_headers = without


def serve(folder, name, text):
    """Serves what a configuration describes; gives its port."""
    import eventlet.wsgi
    from paste.deploy import loadapp
    from swift.common import utils
    path = folder / f"{name}.conf"
    path.write_text(text, encoding="ascii")
    listener = eventlet.listen(("127.0.0.1", 0))
    utils.logging.disable(utils.logging.CRITICAL)
    app = loadapp(f"config:{path}", global_conf={"log_name": name})
    eventlet.spawn(eventlet.wsgi.server, listener, app, log_output=False, debug=False)
    return listener.getsockname()[1]


def start(folder):
    import eventlet
    eventlet.monkey_patch()
    from swift.common import utils
    (folder / "disk").mkdir(parents=True, exist_ok=True)
    utils.SWIFT_CONF_FILE = str(folder / "swift.conf")
    pathlib.Path(utils.SWIFT_CONF_FILE).write_text(SWIFT, encoding="ascii")
    from swift.common.ring import RingBuilder
    utils.validate_hash_conf()
    allow_conditional_puts()
    for ring, kind in (("account", "account"), ("container", "container"), ("object", "mem_object")):
        port = serve(folder, ring, STORAGE.format(kind=kind, folder=folder))
        builder = RingBuilder(1, 1, 1)
        builder.add_dev({"region": 1, "zone": 1, "ip": "127.0.0.1", "port": port, "device": "disk",
                         "weight": 1})
        builder.rebalance()
        builder.get_ring().save(str(folder / f"{ring}.ring.gz"))
    port = serve(folder, "proxy", PROXY.format(folder=folder, region=REGION, secret=SECRET_KEY))
    credentials = folder / "credentials"
    credentials.touch(mode=0o600)
    credentials.write_text(f"[default]\naws_access_key_id = {ACCESS_KEY}\n"
                           f"aws_secret_access_key = {SECRET_KEY}\n", encoding="ascii")
    swift = Swift(port)
    for bucket in ("media", "careless"):
        swift.ask("PUT", bucket)
    swift.ask("PUT", "kept", headers={"X-Versions-Enabled": "true"})
    ready = folder / "port.new"
    ready.write_text(f"{port}\n", encoding="ascii")
    os.rename(ready, folder / "port")
    while True:
        eventlet.sleep(3600)


class Swift:
    """The server by its other interface."""

    def __init__(self, port):
        self.account = f"http://127.0.0.1:{port}/v1/AUTH_test"
        account, _, user = ACCESS_KEY.partition(":")
        asked = urllib.request.Request(f"http://127.0.0.1:{port}/auth/v1.0", headers={
            "X-Storage-User": f"{account}:{user}", "X-Storage-Pass": SECRET_KEY})
        with urllib.request.urlopen(asked, timeout=20) as answer:
            self.token = answer.headers["X-Auth-Token"]

    def ask(self, method, path, data=None, headers=None):
        asked = urllib.request.Request(f"{self.account}/{path}", data=data, method=method,
                                       headers={"X-Auth-Token": self.token, **(headers or {})})
        with urllib.request.urlopen(asked, timeout=20) as answer:
            return answer.read()

    def put(self, bucket, key, data):
        self.ask("PUT", f"{bucket}/{urllib.parse.quote(key)}", data,
                 {"Content-Type": "application/octet-stream"})

    def get(self, bucket, key):
        return self.ask("GET", f"{bucket}/{urllib.parse.quote(key)}")

    def fill(self, bucket, folder):
        for path in sorted(pathlib.Path(folder).rglob("*")):
            if path.is_file():
                self.put(bucket, str(path.relative_to(folder)), path.read_bytes())

    def list(self, bucket):
        """Gives (key, version, size) of everything."""
        entries = json.loads(self.ask("GET", f"{bucket}?format=json&versions=true&limit=10000"))
        return [(entry["name"], entry["version_id"], entry["bytes"]) for entry in entries]


def main():
    folder = pathlib.Path(sys.argv[1]).resolve()
    if len(sys.argv) == 2:
        start(folder)
    swift = Swift((folder / "port").read_text(encoding="ascii").strip())
    what, bucket = sys.argv[2:4]
    if what == "list":
        for entry in swift.list(bucket):
            print(*entry)
    elif what == "put":
        swift.put(bucket, sys.argv[4], sys.stdin.buffer.read())
    else:
        swift.fill(bucket, sys.argv[4])


if __name__ == "__main__":
    main()
