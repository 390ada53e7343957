#!/usr/bin/env python3
"""Verifies an audit log of restore-watcher, apart from restore-watcher: Python's standard library and openssl alone.

    python3 verify.py audit.jsonl [--key VKEY] [--checkpoint FILE]...

Prints "sound", or the first entry that is wrong; exits with 0 or 1. The format: docs/audit-format.md."""
import argparse, base64, functools, hashlib, json, re, subprocess, sys, tempfile

HASH = re.compile(rb',"hash":"([0-9a-f]{64})",(?="kind":"[a-z_.]+","prev":"([0-9a-f]{64})","seq":(\d+),"v":1\}$)')
SPKI, STUB = bytes.fromhex("302a300506032b6570032100"), b'{"checkpoint":'

class Wrong(Exception): pass
def sha(data): return hashlib.sha256(data).digest()

def root_of(subtrees):
    nodes = [node for _, node in reversed(subtrees)]
    return functools.reduce(lambda right, left: sha(b"\x01" + left + right), nodes) if nodes else sha(b"")

def grow(subtrees, line):
    size, node = 1, sha(b"\x00" + line)
    while subtrees and subtrees[-1][0] == size:
        node, size = sha(b"\x01" + subtrees.pop()[1] + node), 2 * size
    subtrees.append((size, node))

def parse_key(text):
    name, key_id, encoded = text.strip().split("+", 2)
    own = sha(name.encode() + b"\n" + (typed := base64.b64decode(encoded, validate=True)))[:4]
    if typed[:1] != b"\x01" or len(typed) != 33 or own.hex() != key_id:
        raise Wrong(f"{text} is no verifier key")
    return name, own, typed[1:]

def signed(text, signature, public):
    with tempfile.NamedTemporaryFile() as key, tempfile.NamedTemporaryFile() as sig, tempfile.NamedTemporaryFile() as note:
        for file, data in ((key, SPKI + public), (sig, signature), (note, text)):
            file.write(data), file.flush()
        verify = f"openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey {key.name} -in {note.name} -sigfile {sig.name}"
        return subprocess.run(verify.split(), capture_output=True).returncode == 0

def parse_checkpoint(note):
    text, _, signatures = note.rpartition("\n\n")
    match = re.match(r"([^\s+]+)\n(0|[1-9][0-9]*)\n(\S{44})\n", text + "\n")
    if not match or not note.endswith("\n"):
        raise Wrong("it is no checkpoint")
    return match[1], int(match[2]), base64.b64decode(match[3]), (text + "\n").encode(), signatures.splitlines()

def check_signature(checkpoint, key):
    origin, _, _, text, lines = checkpoint
    ours = (base64.b64decode(line.split(" ")[2]) for line in lines if line.startswith(f"— {key[0]} "))
    mine = [data[4:] for data in ours if data[:4] == key[1]]
    if origin != key[0] or not mine or not all(signed(text, one, key[2]) for one in mine):
        raise Wrong("its checkpoint is not signed by the key of this log")

def begin(stub, given):
    """Goes on behind a stub, which stands in place of the first entries once they are pruned."""
    hashes, bits = [base64.b64decode(one) for one in stub["frontier"]], [1 << b for b in range(63, -1, -1) if stub["n"] >> b & 1]
    subtrees, key, checkpoint = list(zip(bits, hashes)), parse_key(stub["key"]), parse_checkpoint(stub["checkpoint"])
    check_signature(checkpoint, key)
    if stub["kind"] != "audit.pruned" or len(bits) != len(hashes) or checkpoint[1:3] != (stub["n"], root_of(subtrees)) or given and given[0] != key[0]:
        raise Wrong(f"entry {stub['n']}: the stub is not of its checkpoint")
    return subtrees, stub["prev"], stub["n"], key

def compare(kept, seq, subtrees):
    if any(size == seq and root != root_of(subtrees) for _, size, root, _, _ in kept):
        raise Wrong(f"entry {seq}: the first {seq} entries are not those of the checkpoint")

def goes_on(line, seq, prev):
    """Whether it is the stub at the beginning of a piece that goes on just where the one before has ended."""
    return line.startswith(STUB) and [json.loads(line).get(fact) for fact in ("kind", "n", "prev")] == ["audit.pruned", seq, prev]

def check_hash(line, seq, prev):
    match = HASH.search(line)
    if not match or (match[2].decode(), int(match[3])) != (prev, seq):
        raise Wrong("it does not continue the one before")
    if hashlib.sha256(line[: match.start()] + b"," + line[match.end() :]).hexdigest() != match[1].decode():
        raise Wrong("it was changed")
    return match[1].decode()

def verify(path, given=None, kept=()):
    subtrees, prev, seq, key = [], "0" * 64, 0, None
    *lines, torn = open(path, "rb").read().split(b"\n")
    if lines and lines[0].startswith(STUB):
        subtrees, prev, seq, key = begin(json.loads(lines.pop(0)), given)
        compare(kept, seq, subtrees)
        if not any(b'"data":{"last":%d}' % seq in one and b'"kind":"audit.pruned"' in one for one in lines):
            raise Wrong(f"entry 1: the first {seq} entries were cut off, and no entry says so")
    unseen = sorted({size for _, size, _, _, _ in kept if 0 < size < seq})
    for line in lines:
        try:
            if goes_on(line, seq, prev):
                continue
            prev, entry = check_hash(line, seq + 1, prev), json.loads(line)
            if entry["kind"] == "checkpoint.key":
                key = parse_key(entry["data"]["key"])
            elif entry["kind"] == "checkpoint.made":
                check_signature(checkpoint := parse_checkpoint(entry["data"]["note"]), key or given)
                if checkpoint[1:3] != (seq, root_of(subtrees)):
                    raise Wrong("its checkpoint is not of this log")
        except (Wrong, KeyError, TypeError, ValueError) as fault:
            raise Wrong(f"entry {seq + 1}: {fault}")
        grow(subtrees, line)
        seq += 1
        compare(kept, seq, subtrees)
    if torn or any(size > seq for _, size, _, _, _ in kept):
        raise Wrong(f"entry {seq + 1}: " + ("the last line is torn" if torn else "the log was cut behind a checkpoint, or is an older copy"))
    if given and key and given != key:
        raise Wrong("the log is signed by another key than the one given")
    return seq, unseen

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("file"), parser.add_argument("--key"), parser.add_argument("--checkpoint", action="append", default=[])
    options = parser.parse_args()
    try:
        given = options.key and parse_key(options.key)
        kept = [parse_checkpoint(open(name, encoding="utf-8", newline="").read()) for name in options.checkpoint]
        [check_signature(one, given) for one in kept if given]
        entries, unseen = verify(options.file, given, kept)
        print(f"sound: {entries} entries")
        [print(f"not compared: the checkpoint of {size} entries, since more than those are cut off") for size in unseen]
    except (Wrong, ValueError) as fault:
        sys.exit(f"wrong: {fault}")
