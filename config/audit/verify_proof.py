#!/usr/bin/env python3
"""Verifies proofs of single entries of an audit log of restore-watcher, without the log (C2SP tlog-proof).

    python3 verify_proof.py --key VKEY entry-42.tlog-proof...

The line that each proves lies beside it (entry-42.json). Prints one line for each; exits with 0 when all prove what they should."""
import argparse, base64, json, os, re, sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from verify import Wrong, check_signature, parse_checkpoint, parse_key, sha

def root_above(leaf, index, hashes, size):
    """The root that the hashes lead to from leaf `index` (from 0) of a tree of `size` (RFC 9162, section 2.1.3.2)."""
    node, last = sha(b"\x00" + leaf), size - 1
    for other in hashes:
        if last == 0:
            raise Wrong("it has too many hashes")
        if index % 2 or index == last:
            node = sha(b"\x01" + other + node)
            while index and index % 2 == 0:
                index, last = index // 2, last // 2
        else:
            node = sha(b"\x01" + node + other)
        index, last = index // 2, last // 2
    if last:
        raise Wrong("it has too few hashes")
    return node

def verify_proof(text, line, key):
    head, _, note = text.partition("\n\n")
    match = re.fullmatch(r"c2sp\.org/tlog-proof@v1\n(?:extra \S+\n)?index (0|[1-9]\d*)((?:\n\S{44})*)", head)
    if not match:
        raise Wrong("this is no proof")
    check_signature(checkpoint := parse_checkpoint(note), key)
    index, hashes = int(match[1]), [base64.b64decode(one, validate=True) for one in match[2].split()]
    _, size, root, _, _ = checkpoint
    if json.loads(line)["seq"] != index + 1 or index >= size:
        raise Wrong(f"it is about entry {index + 1}, and this is another")
    if root_above(line, index, hashes, size) != root:
        raise Wrong(f"this line is not entry {index + 1} of the log")
    return index + 1

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("proof", nargs="+"), parser.add_argument("--key", required=True)
    options, faults = parser.parse_args(), 0
    for name in options.proof:
        try:
            line = open(name.removesuffix(".tlog-proof") + ".json", "rb").read().removesuffix(b"\n")
            text = open(name, encoding="utf-8", newline="").read()
            print(f"{name}: proves entry {verify_proof(text, line, parse_key(options.key))}")
        except (Wrong, ValueError, KeyError, TypeError, OSError) as fault:
            faults += 1
            print(f"{name}: {fault}")
    sys.exit(1 if faults else 0)
