#!/usr/bin/env python3
"""Writes vectors.json: hashes made by programs that share no code with ours.

Needs Debian's python3-argon2, python3-bcrypt and python3-passlib. Salts are
fixed, so the output is the same on every run. Run: python3 vectors.py > vectors.json
"""
import base64, hashlib, hmac, json, warnings

warnings.simplefilter("ignore")
import argon2.low_level as a2
import bcrypt
import passlib.hash as ph

SALT = bytes(range(16))
WORD = "correct horse battery staple"
EURO = "pass€ wörter 鍵 sind lang"


def raw(b):
    return base64.b64encode(b).decode().rstrip("=")


def argon(word, m, t, p, kind, tag=32, salt=SALT):
    return a2.hash_secret(word.encode(), salt, t, m, p, tag, kind).decode()


def peppered(word, key, keyid):
    tag = a2.hash_secret_raw(word.encode(), SALT, 2, 19456, 1, 32, a2.Type.ID)
    tag = hmac.new(key, tag, hashlib.sha256).digest()
    return f"$argon2id-hmac-sha256$v=19$m=19456,t=2,p=1,keyid={keyid}${raw(SALT)}${raw(tag)}"


def bc(word, prefix, cost=5):
    salt = b"$2b$%02d$" % cost + bcrypt.hashpw(b"", b"$2b$05$" + b"abcdefghijklmnopqrstuu")[7:29]
    out = bcrypt.hashpw(word.encode(), salt).decode()
    return "$" + prefix + out[3:]


def phc_pbkdf2(name, word, rounds, size, extra=""):
    tag = hashlib.pbkdf2_hmac(name, word.encode(), SALT, rounds, size)
    return f"$pbkdf2-{name}$i={rounds}{extra}${raw(SALT)}${raw(tag)}"


def django_pbkdf2(word, rounds, salt):
    tag = hashlib.pbkdf2_hmac("sha256", word.encode(), salt.encode(), rounds)
    return f"pbkdf2_sha256${rounds}${salt}${base64.b64encode(tag).decode()}"


def phc_scrypt(word, ln, r, p, size=32):
    tag = hashlib.scrypt(word.encode(), salt=SALT, n=1 << ln, r=r, p=p, dklen=size, maxmem=1 << 28)
    return f"$scrypt$ln={ln},r={r},p={p}${raw(SALT)}${raw(tag)}"


def django_scrypt(word, n, salt, r, p):
    tag = hashlib.scrypt(word.encode(), salt=salt.encode(), n=n, r=r, p=p, dklen=64, maxmem=1 << 28)
    return f"scrypt${n}${salt}${r}${p}${base64.b64encode(tag).decode()}"


ID, I = a2.Type.ID, a2.Type.I
KEY = bytes(range(32))
rows = [
    ("argon2id default", "argon2id", WORD, argon(WORD, 19456, 2, 1, ID), "argon2-cffi"),
    ("argon2id four lanes", "argon2id", EURO, argon(EURO, 65536, 3, 4, ID), "argon2-cffi"),
    ("argon2id small, 16-byte tag", "argon2id", WORD, argon(WORD, 64, 1, 1, ID, 16), "argon2-cffi"),
    ("argon2id with pepper k1", "argon2id", WORD, peppered(WORD, KEY, "k1"), "argon2-cffi, hmac"),
    ("argon2i", "argon2i", WORD, argon(WORD, 4096, 3, 1, I), "argon2-cffi"),
    ("argon2 as Django writes it", "argon2id", WORD, "argon2" + argon(WORD, 102400, 2, 8, ID), "argon2-cffi"),
    ("bcrypt 2a", "bcrypt", WORD, bc(WORD, "2a"), "bcrypt"),
    ("bcrypt 2b", "bcrypt", EURO, bc(EURO, "2b"), "bcrypt"),
    ("bcrypt 2y", "bcrypt", WORD, bc(WORD, "2y", 10), "bcrypt"),
    ("bcrypt 72 bytes", "bcrypt", "x" * 72, bc("x" * 72, "2b"), "bcrypt"),
    ("bcrypt as Django writes it", "bcrypt", WORD, "bcrypt$" + bc(WORD, "2b"), "bcrypt"),
    ("pbkdf2-sha256 PHC", "pbkdf2-sha256", WORD, phc_pbkdf2("sha256", WORD, 1000, 32), "hashlib"),
    ("pbkdf2-sha256 PHC with length", "pbkdf2-sha256", EURO, phc_pbkdf2("sha256", EURO, 1000, 32, ",l=32"), "hashlib"),
    ("pbkdf2-sha512 PHC", "pbkdf2-sha512", WORD, phc_pbkdf2("sha512", WORD, 1000, 64), "hashlib"),
    ("pbkdf2-sha256 passlib", "pbkdf2-sha256", WORD, ph.pbkdf2_sha256.using(salt=b"\xfb" * 16, rounds=29000).hash(WORD), "passlib"),
    ("pbkdf2-sha512 passlib", "pbkdf2-sha512", WORD, ph.pbkdf2_sha512.using(salt=SALT, rounds=25000).hash(WORD), "passlib"),
    ("pbkdf2-sha256 Django", "pbkdf2-sha256", WORD, django_pbkdf2(WORD, 260000, "9XkF2lQ0hYcZ4aVbN7sTgu"), "hashlib"),
    ("pbkdf2-sha256 Django by passlib", "pbkdf2-sha256", WORD, ph.django_pbkdf2_sha256.using(salt="seasalt12345", rounds=20000).hash(WORD), "passlib"),
    ("scrypt PHC", "scrypt", WORD, phc_scrypt(WORD, 14, 8, 1), "hashlib"),
    ("scrypt PHC, more lanes", "scrypt", EURO, phc_scrypt(EURO, 10, 16, 3, 64), "hashlib"),
    ("scrypt passlib", "scrypt", WORD, ph.scrypt.using(salt=SALT, rounds=12).hash(WORD), "passlib"),
    ("scrypt Django", "scrypt", WORD, django_scrypt(WORD, 16384, "9XkF2lQ0hYcZ4aVbN7sTgu", 8, 5), "hashlib"),
]
names = ("name", "format", "password", "hash", "tool")
print(json.dumps([dict(zip(names, r)) for r in rows], indent=1, ensure_ascii=False))
