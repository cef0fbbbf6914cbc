"""Keys as text, derivation, and strict signatures (SPEC sections 4 to 6)."""

import cids
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from refused import Refused, demand

ED25519_PUB = bytes([0xED, 0x01])


def text(key):
    """A public key for people."""
    return "b" + cids.base32(ED25519_PUB + key)


def parse(written):
    """The 32 bytes of a public key in text."""
    demand(len(written) == 56 and written.startswith("b5u"), "key-text")
    binary = cids.unbase32(written[1:], "key-text")
    demand(binary[:2] == ED25519_PUB, "key-text")
    return binary[2:]


def domain(purpose):
    """What stands before all that is signed or derived for a purpose."""
    return b"commonwheel/1/" + purpose.encode() + b"\0"


def derive(seed, purpose, community, nonce):
    """The public key for a purpose, from a person's or validator's seed."""
    context = {"author/named": community, "author/pseudonym": community, "reader": community}.get(purpose, b"")
    if purpose == "author/anonymous":
        context = community + nonce
    secret = HKDF(SHA256(), 32, salt=None, info=domain(purpose) + context).derive(seed)
    pair = X25519PrivateKey if purpose == "validator/encryption" else Ed25519PrivateKey
    return pair.from_private_bytes(secret).public_key().public_bytes_raw()


def _small_order():
    points = {
        "00" * 32: "80",
        "01" + "00" * 31: "80",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05": "85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a": "fa",
        "ec" + "ff" * 30 + "7f": "ff",
        "ed" + "ff" * 30 + "7f": "ff",
        "ee" + "ff" * 30 + "7f": "ff",
    }
    both = list(points) + [point[:-2] + last for point, last in points.items()]
    return {bytes.fromhex(point) for point in both}


SMALL_ORDER = _small_order()


def verify(key, purpose, payload, signature):
    """Refuses a signature that is not strictly good. OpenSSL checks S < L, the points, and the equation without cofactor."""
    demand(key not in SMALL_ORDER and signature[:32] not in SMALL_ORDER, "signature")
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, domain(purpose) + payload)
    except (InvalidSignature, ValueError):
        raise Refused("signature") from None
