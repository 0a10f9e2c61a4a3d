"""dkimpy's side of dkimpy.rs: `verify|sign DOMAIN DIRECTORY`.

verify: for every *.eml one line "NAME selector=True|False ...", top signature first, those of
DOMAIN only; keys come from records.txt (name TAB text), never from DNS.
sign: for every *.eml a signed copy per canonicalization, with the RSA key in rsa.der.
"""

import base64
import pathlib
import re
import sys

import dkim

verb, domain, directory = sys.argv[1], sys.argv[2].encode(), pathlib.Path(sys.argv[3])


def records():
    lines = (directory / "records.txt").read_text().splitlines()
    return dict(line.split("\t") for line in lines)


def verify():
    published = records()

    def lookup(name, timeout=5):
        return published.get(name.decode().rstrip("."), "").encode() or None

    for path in sorted(directory.glob("*.eml")):
        message = path.read_bytes()
        verdicts = []
        headers, _ = dkim.rfc822_parse(message)
        signatures = [v for n, v in headers if n.lower() == b"dkim-signature"]
        for index, value in enumerate(signatures):
            tags = dkim.util.parse_tag_value(value)
            if tags[b"d"] != domain:
                continue
            try:
                holds = dkim.DKIM(message).verify(idx=index, dnsfunc=lookup)
            except dkim.ValidationError:
                holds = False
            verdicts.append(f"{tags[b's'].decode()}={holds}")
        print(path.stem, *verdicts)


def sign():
    der = (directory / "rsa.der").read_bytes()
    text = re.sub(r"(.{64})", r"\1\n", base64.b64encode(der).decode())
    pem = f"-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n".encode()
    for path in sorted(directory.glob("*.eml")):
        message = path.read_bytes()
        for header, body in (("relaxed", "relaxed"), ("relaxed", "simple"), ("simple", "simple")):
            field = dkim.sign(
                message, b"rsa", domain, pem, canonicalize=(header.encode(), body.encode())
            )
            path.with_suffix(f".{header}-{body}").write_bytes(field + message)


{"verify": verify, "sign": sign}[verb]()
