"""One object of S3, with nothing but the standard library: an image needs no SDK of 33 MB for it."""

from __future__ import annotations

import hashlib
import hmac
import http.client
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path
from urllib.parse import quote, urlsplit

from model_code.fetch.credentials import Credentials

_EMPTY = hashlib.sha256(b"").hexdigest()
_SECONDS = 60
_CHUNK = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Place:
    """An object in a region; `endpoint` stands for S3's own address, with the bucket in the path."""

    bucket: str
    key: str
    region: str
    endpoint: str = ""

    @property
    def uri(self) -> str:
        """As people write it."""
        return f"s3://{self.bucket}/{self.key}"

    @property
    def url(self) -> str:
        """Where it is asked for. https://docs.aws.amazon.com/general/latest/gr/s3.html"""
        suffix = ".cn" if self.region.startswith("cn-") else ""
        if self.endpoint:
            return f"{self.endpoint.rstrip('/')}/{self.bucket}/{quote(self.key, safe='/-_.~')}"
        return f"https://{self.bucket}.s3.{self.region}.amazonaws.com{suffix}/{quote(self.key, safe='/-_.~')}"


def download(place: Place, who: Credentials, target: Path, *, limit: int) -> None:
    """Writes the object to a file. Raises OSError for any answer but a whole one of `limit` bytes at most."""
    address = urlsplit(place.url)
    kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    connection = kind(str(address.hostname), address.port, timeout=_SECONDS)
    try:
        connection.request("GET", address.path, headers=signed(place, who, datetime.now(UTC)))
        answer = connection.getresponse()
        if answer.status != 200:
            said = answer.read(500).decode(errors="replace")
            raise OSError(f"{place.uri}: got {answer.status} {said!r}; allowed: 200, for a role that may read it")
        size, length = 0, answer.getheader("Content-Length")
        with target.open("wb") as file:
            while chunk := answer.read(_CHUNK):
                size += len(chunk)
                if size > limit:
                    raise OSError(f"{place.uri}: got more than {limit} bytes; allowed: at most so many")
                file.write(chunk)
        if length is not None and size != int(length):
            raise OSError(f"{place.uri}: got {size} of {length} bytes; allowed: all of them")
    except http.client.HTTPException as error:
        raise OSError(f"{place.uri}: got {type(error).__name__}: {error}; allowed: an answer of S3's") from error
    finally:
        connection.close()


def signed(place: Place, who: Credentials, now: datetime) -> dict[str, str]:
    """The headers of a GET request, signed by Signature Version 4.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    """
    address, moment = urlsplit(place.url), now.strftime("%Y%m%dT%H%M%SZ")
    headers = {
        "host": address.netloc,
        "x-amz-content-sha256": _EMPTY,
        "x-amz-date": moment,
        "x-amz-security-token": who.token,
    }
    names = ";".join(sorted(headers))
    listed = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    request = f"GET\n{address.path}\n\n{listed}\n{names}\n{_EMPTY}"
    scope = f"{moment[:8]}/{place.region}/s3/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = reduce(_mac, scope.split("/"), f"AWS4{who.secret}".encode())
    signature = _mac(key, text).hex()
    by = f"AWS4-HMAC-SHA256 Credential={who.key}/{scope}, SignedHeaders={names}, Signature={signature}"
    return {**headers, "Authorization": by}


def _mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
