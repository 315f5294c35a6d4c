"""An OpenID Connect provider: a discovery document, a key set, and tokens, over TLS on loopback."""

import base64
import http.server
import json
import ssl
import subprocess
import threading
import time
from pathlib import Path

import rsa  # the AWS CLI brings it along


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value: int) -> str:
    return encode(value.to_bytes((value.bit_length() + 7) // 8, "big"))


class Provider:
    """A provider with one RSA key, which `rotate` replaces."""

    def __init__(self, directory: Path):
        directory.mkdir(parents=True, exist_ok=True)
        self.certificate = directory / "provider.pem"
        key = directory / "provider-key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
             "-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE",
             "-keyout", key, "-out", self.certificate],
            check=True, capture_output=True, timeout=60)
        self.requests: list[str] = []
        self.documents: dict[str, bytes | str] = {}
        self.rotate("one")
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                provider.requests.append(self.path)
                document = provider.documents.get(self.path)
                if isinstance(document, str):  # a redirect
                    self.send_response(302)
                    self.send_header("Location", document)
                    self.end_headers()
                    return
                self.send_response(200 if document is not None else 404)
                self.send_header("Content-Length", str(len(document or b"")))
                self.end_headers()
                self.wfile.write(document or b"")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.issuer = f"https://localhost:{self.server.server_port}"
        self.publish()
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def rotate(self, key_id: str) -> None:
        self.key_id = key_id
        self.public, self.private = rsa.newkeys(2048)

    def publish(self) -> None:
        """Puts discovery document and key set where clients find them."""
        self.documents["/.well-known/openid-configuration"] = json.dumps(
            {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys"}).encode()
        self.documents["/keys"] = json.dumps({"keys": [self.jwk()]}).encode()

    def jwk(self) -> dict:
        return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.key_id,
                "n": number(self.public.n), "e": number(self.public.e)}

    def token(self, header: dict | None = None, signature: bytes | None = None, **claims) -> str:
        """A token for `grantry` about `ada`; a claim that is None is left out."""
        now = int(time.time())
        body = {"iss": self.issuer, "sub": "ada", "aud": "grantry", "iat": now, "exp": now + 300} | claims
        body = {name: value for name, value in body.items() if value is not None}
        head = {"alg": "RS256", "typ": "JWT", "kid": self.key_id} | (header or {})
        signed = ".".join(encode(json.dumps(part).encode()) for part in (head, body))
        if signature is None:
            signature = rsa.sign(signed.encode(), self.private, "SHA-256")
        return f"{signed}.{encode(signature)}"

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
