#!/usr/bin/env python3
"""Read a vault without Lading: see vault.md beside this file.

    vault_read.py VAULT                      list the snapshots of the vault in the folder VAULT
    vault_read.py VAULT SNAPSHOT DIRECTORY   write one of them (the beginning of its name is enough, or "latest")

The passphrase is asked for, or taken from LADING_VAULT_PASSWORD; --key-file FILE opens with a key file.
In DIRECTORY come: manifest/ (the files of the manifest), contents/SHA256 (every content it tells of) and, where pyarrow
is installed, files/PATH (the entries under their own names). Without it, contents/ holds all contents of the vault.

Needs: Python 3.11, cryptography, zstandard, blake3.
"""

import argparse
import base64
import contextlib
import getpass
import hashlib
import json
import os
import struct
import sys
import time
import unicodedata
from pathlib import Path

import zstandard
from blake3 import blake3
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

FILE, LIST = 1, 3
RECORD, PACK, MAGIC, SALT, TAG = struct.Struct("<BB32sII"), struct.Struct("<32sQI"), 8, 32, 16



class Vault:
    """A vault in a folder."""

    def __init__(self, folder, secret):
        self.folder = Path(folder)
        about = json.loads((self.folder / "vault.json").read_text())
        self.key = self.master(secret, about["id"]) if about["lading vault"] == 1 else sys.exit("another format")
        self.where = {}  # record id: (pack, offset, number, kind, how, stored, raw)
        for index in sorted((self.folder / "index").iterdir()):
            self.learn(self.object(index, b"LDGINDX\x01", "index"))

    def master(self, secret, vault):
        """The master key: the first slot that opens."""
        for file in sorted((self.folder / "keys").iterdir()):
            slot = json.loads(file.read_bytes())
            salt = base64.b64decode(slot["salt"])
            passes, memory, lanes = slot["passes"], slot["memory_kib"], slot["lanes"]
            key = Argon2id(salt=salt, length=32, iterations=passes, lanes=lanes, memory_cost=memory).derive(secret)
            told = json.dumps([vault, passes, memory, lanes, slot["label"], slot["made"]], separators=(",", ":"))
            about = b"lading key 1 " + told.encode()
            with contextlib.suppress(InvalidTag):
                return AESGCM(key).decrypt(salt[:12], base64.b64decode(slot["sealed"]), about)
        sys.exit("no key slot opens with this secret")

    def opened(self, sealed, salt, what, number, about):
        """Take the seal off: AES-256-GCM, a key for each object, the nonce is the number of the part."""
        key = HKDF(hashes.SHA256(), 32, salt, b"lading vault 1 " + what.encode()).derive(self.key[:32])
        return AESGCM(key).decrypt(number.to_bytes(12, "big"), sealed, about)

    def object(self, file, magic, what):
        """What a small object holds: magic, salt, one sealed part."""
        content = file.read_bytes()
        if hashlib.sha256(content).hexdigest() != file.name or not content.startswith(magic):
            sys.exit(f"{file}: damaged")
        salt, sealed = content[MAGIC : MAGIC + SALT], content[MAGIC + SALT :]
        return self.opened(sealed, salt, what, 0, magic)

    def learn(self, index):
        """Where the records are that an index tells of."""
        at = 0
        while at < len(index):
            pack, _, count = PACK.unpack_from(index, at)
            at += PACK.size
            offset = MAGIC + SALT
            for number in range(count):
                kind, how, name, stored, raw = RECORD.unpack_from(index, at)
                self.where.setdefault(name, (pack.hex(), offset, number, kind, how, stored, raw))
                at, offset = at + RECORD.size, offset + stored + TAG

    def record(self, name):
        """What the record holds."""
        pack, offset, number, kind, how, stored, raw = self.where[name]
        with open(self.folder / "packs" / pack[:2] / pack, "rb") as stream:
            salt = stream.read(MAGIC + SALT)[MAGIC:]
            sealed = os.pread(stream.fileno(), stored + TAG, offset)
        about = RECORD.pack(kind, how, name, stored, raw)
        plain = self.opened(sealed, salt, "pack", number, about)
        return zstandard.ZstdDecompressor().decompress(plain, max_output_size=raw) if how else plain

    def content(self, digest):
        """The content with this SHA-256, in blocks."""
        names = (blake3(bytes((kind,)) + digest, key=self.key[32:]).digest() for kind in (FILE, LIST))
        for name in filter(self.where.__contains__, names):
            return self.blocks(name)
        sys.exit(f"{digest.hex()}: not in the vault")

    def blocks(self, name):
        """The content of a record, or of the pieces that it lists."""
        held = self.record(name)
        ids = range(8, len(held), 32)
        return [held] if self.where[name][3] == FILE else (self.record(held[at : at + 32]) for at in ids)

    def snapshots(self):
        """All snapshots, the oldest first."""
        files = (self.folder / "snapshots").iterdir()
        found = [json.loads(self.object(it, b"LDGSNAP\x01", "snapshot")) | {"name": it.name} for it in files]
        return sorted(found, key=lambda it: (it["taken"], it["name"]))


def write(blocks, path, digest=None):
    """Write a content to *path*, or beside it under its SHA-256, and make sure that it is the right one."""
    proof, unfinished = hashlib.sha256(), path.with_name(path.name + ".unfinished")
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(unfinished, "wb") as stream:
        for block in blocks:
            proof.update(block)
            stream.write(block)
    if digest not in (None, proof.digest()):
        sys.exit(f"{path}: damaged")
    os.replace(unfinished, path if digest else path.with_name(proof.hexdigest()))


def names_of(path):
    """The names of an encoded path, as bytes; SOH and hex digits stand for what is no text."""
    for name in path.split("/"):
        first, *rest = name.split("\x01")
        raw = first.encode()
        for part in rest:
            lone = part.startswith("u")
            raw += chr(int(part[1:5], 16)).encode("utf-8", "surrogatepass") if lone else bytes.fromhex(part[:2])
            raw += part[5 if lone else 2 :].encode()
        yield b"_" + raw if raw in (b"", b".", b"..") else raw.replace(b"/", b"_").replace(b"\0", b"_")


def extract(vault, snapshot, target):
    """Write everything of one snapshot."""
    for held in snapshot["files"]:
        if {"", ".", ".."} & set(held["name"].split("/")):
            sys.exit("a file of the manifest leads out of it")
        digest = bytes.fromhex(held["sha256"])
        write(vault.content(digest), target / "manifest" / held["name"], digest)
    try:
        import pyarrow.parquet as parquet
    except ImportError:
        for name in [name for name, spot in vault.where.items() if spot[3] in (FILE, LIST)]:
            write(vault.blocks(name), target / "contents" / "new")
        return print("pyarrow is not installed: here are all contents of the vault, without their names")
    for file in sorted((target / "manifest").rglob("*.parquet")):
        for batch in parquet.ParquetFile(file).iter_batches():
            for row in batch.to_pylist():
                if row.get("sha256") is not None:
                    entry(vault, row, target, named=file.parent.name == "entries")


def entry(vault, row, target, named):
    """Write one content, and the entry that has it."""
    content = target / "contents" / row["sha256"].hex()
    if not content.exists():
        write(vault.content(row["sha256"]), content, row["sha256"])
    path = os.path.join(os.fsencode(target), b"files", *names_of(row["path"])) if named else None
    if path and not os.path.lexists(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.link(content, path)


def main():
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, count in (("vault", None), ("snapshot", "?"), ("directory", "?"), ("--key-file", None)):
        parser.add_argument(name, nargs=count)
    given = parser.parse_args()
    phrase = "" if given.key_file else os.environ.get("LADING_VAULT_PASSWORD") or getpass.getpass("Passphrase: ")
    typed = unicodedata.normalize("NFC", phrase).encode()
    vault = Vault(given.vault, Path(given.key_file).read_bytes() if given.key_file else typed)
    found = vault.snapshots()
    if not given.snapshot:
        for it in found:
            when = time.strftime("%Y-%m-%d %H:%M", time.gmtime(it["taken"] // 10**9))
            print(it["name"], when, it["drive"]["kind"], it["drive"]["place"], f"{it['bytes']:,} bytes")
        return
    named = [it for it in found if it["name"].startswith(given.snapshot)]
    wanted = found[-1:] if given.snapshot == "latest" else named
    if len(wanted) != 1 or not given.directory:
        parser.error("name one snapshot and a directory")
    extract(vault, wanted[0], Path(given.directory))


if __name__ == "__main__":
    main()
