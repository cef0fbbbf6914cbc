// Canonical bytes, ids and links (SPEC sections 2 and 3), by @ipld/dag-cbor and what SPEC asks of a lenient library's user.

import { createHash } from 'node:crypto'
import * as dagCbor from '@ipld/dag-cbor'
import { CID } from 'multiformats/cid'
import * as Digest from 'multiformats/hashes/digest'

const SHA_256 = 0x12
const RAW = 0x55
const MOST_DEPTH = 16

/** The value of canonical bytes; throws for all others. */
export function decode(bytes) {
  const value = dagCbor.decode(bytes)
  check(value, 0)
  demand(same(dagCbor.encode(value), bytes), 'the bytes are not canonical')
  return value
}

/** The canonical bytes of a value. */
export const encode = dagCbor.encode

/** The CID of a dag-cbor block. */
export const idOf = (block) => idAs(dagCbor.code, block)

/** The CID of a raw block. */
export const rawIdOf = (block) => idAs(RAW, block)

/** Whether a CID is one that SPEC allows, and the block hashes to it. */
export function proves(cid, block) {
  return allowed(cid) && same(cid.multihash.digest, sha256(block))
}

/** The link that is written so. */
export function parseId(text) {
  const cid = CID.parse(text)
  demand(allowed(cid) && cid.toString() === text, 'not a CID that is allowed')
  return cid
}

/** The order of links: by their binary CIDs. */
export const byBytes = (one, other) => Buffer.compare(one.bytes, other.bytes)

/** SHA-256 of byte strings, one after the other. */
export function sha256(...parts) {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** Whether two byte strings are the same. */
export const same = (one, other) => Buffer.compare(one, other) === 0

/** Throws unless it holds. */
export function demand(holds, what) {
  if (!holds) throw new Error(what)
}

const idAs = (codec, block) => CID.createV1(codec, Digest.create(SHA_256, sha256(block)))

function allowed(cid) {
  const { code, digest } = cid.multihash
  return cid.version === 1 && [dagCbor.code, RAW].includes(cid.code) && code === SHA_256 && digest.length === 32
}

/** What a round trip through the library does not show: integers, depth, and which links are allowed. */
function check(value, depth) {
  if (typeof value === 'number') demand(Number.isSafeInteger(value), 'a number that is no allowed integer')
  demand(typeof value !== 'bigint', 'an integer out of range')
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return
  const cid = CID.asCID(value)
  if (cid) return demand(allowed(cid), 'a link that is not allowed')
  demand(depth < MOST_DEPTH, 'nested too deep')
  for (const item of Object.values(value)) check(item, depth + 1)
}
