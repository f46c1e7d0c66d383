"""The block digests of WeDrive are those of the vendor's sample."""

from __future__ import annotations

import hashlib

import pytest

from lading.connectors.wedrive.digest import BLOCK, BlockDigests, PlainSha1, fastest

ZEROS = "0e555f3d864fa4796ebc5c499da6fc8bcc0408bf"
SAMPLE = b"\r\n".join([b"1234567890"] * 500_000)

VECTORS = {
    "the vendor's demo": (
        SAMPLE,
        [
            "5186fee37e9f7e77a1f6bea8d4e32638d5186d44",
            "cf540965f3190bc0c6367147ab0ac64dc9eff6a0",
            "bda1e884e1cb23a5cbdea73d2e00e23baa72d2f5",
        ],
    ),
    "one byte": (bytes(1), ["5ba93c9db0cff93f52b521d7420e43f6eda2784f"]),
    "a byte less than a block": (bytes(BLOCK - 1), ["f17019cb3e912ef093a92c496a5233043e52ffce"]),
    "a block": (bytes(BLOCK), ["7d76d48d64d7ac5411d714a4bb83f37e3e5b8df6"]),
    "a byte more": (bytes(BLOCK + 1), [ZEROS, "69d5b930d94540c401a9b9b21ef0d3f66e985d81"]),
    "two blocks": (bytes(2 * BLOCK), [ZEROS, "2bccbd2f38f15c13eb7d5a89fd9d85f595e23bc3"]),
    "two and a byte": (
        bytes(2 * BLOCK + 1),
        [ZEROS, "9867dd6a8aa0918a12afbaa7c8b40c147bb8dbc3", "337b8daf3a3b71e622d5d4826d38431aca7c48bb"],
    ),
    "letters": (
        b"a" * 5_000_000,
        [
            "d7a690d1b94baf0819425a2fd7530988754204d2",
            "92042107d3a99022396f607199aa87c066eca603",
            "d841752c53531553b4d0acb2321458c866b981d5",
        ],
    ),
    "all bytes": (
        bytes(range(256)) * 16_384,
        ["b8d8619566388433f1c4164bb5e2097a6cd86191", "d697024ed93ff625330d050391ade99cd5cbddad"],
    ),
}


@pytest.mark.parametrize("name", VECTORS)
@pytest.mark.parametrize("piece", [BLOCK, 1_000_003])
def test_vectors(name: str, piece: int) -> None:
    """Each published vector comes out, however the content is cut into pieces."""
    content, expected = VECTORS[name]
    digests = BlockDigests()
    for at in range(0, len(content), piece):
        digests.update(content[at : at + piece])

    assert expected == digests.finish()
    assert len(content) == digests.size


@pytest.mark.parametrize("size", [0, 1, 55, 56, 63, 64, 65, 119, 120, 1000])
def test_plain_sha1(size: int) -> None:
    """SHA-1 in Python is SHA-1, at every edge of its padding."""
    content = hashlib.shake_128(b"x").digest(size)
    sha1 = PlainSha1()
    sha1.update(content[: size // 3])
    sha1.update(content[size // 3 :])

    assert hashlib.sha1(content, usedforsecurity=False).hexdigest() == sha1.hexdigest()


def test_plain_and_fast_states_agree() -> None:
    """Without libcrypto the digests of blocks are the same, only slower."""
    content = SAMPLE[: BLOCK + 100]
    slow, fast = BlockDigests(PlainSha1), BlockDigests(fastest())
    slow.update(content)
    fast.update(content)

    assert slow.finish() == fast.finish()
