"""Answers Glue's GetDatabases if botocore signs the request as it was signed, on a free port of this machine.

usage: signature.py SECRET [SESSION_TOKEN]     prints the address, and runs until standard input closes
"""
import hmac, json, sys, threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

secret, *token = sys.argv[1:]


class Glue(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        shown = self.headers["authorization"]
        parts = dict(part.split("=", 1) for part in shown.removeprefix("AWS4-HMAC-SHA256 ").split(", "))
        key, date, region, service, _ = parts["Credential"].split("/")
        signed = {name: self.headers[name] for name in parts["SignedHeaders"].split(";")}
        must = {"host", "x-amz-date", "x-amz-target"} | ({"x-amz-security-token"} if token else set())
        request = AWSRequest("POST", f"http://{self.headers['host']}{self.path}", headers=signed, data=body)
        request.context["timestamp"] = self.headers["x-amz-date"]
        auth = SigV4Auth(Credentials(key, secret, *token), service, region)
        expected = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
        good = hmac.compare_digest(expected, parts["Signature"]) and must <= signed.keys()
        good = good and (region, service) == ("eu-west-2", "glue") and date == self.headers["x-amz-date"][:8]
        answer = {"DatabaseList": []} if good else {"__type": "InvalidSignatureException", "message": "not as botocore"}
        answer = json.dumps(answer).encode()
        self.send_response(200 if good else 400)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Glue)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(f"http://127.0.0.1:{server.server_port}", flush=True)
sys.stdin.read()
