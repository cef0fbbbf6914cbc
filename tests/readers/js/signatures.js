// Keys as text and strict signatures (SPEC sections 4 and 5).

import { createPublicKey, verify as verifyEd25519 } from 'node:crypto'
import { base32 } from 'multiformats/bases/base32'
import { demand, encode } from './blocks.js'

const ED25519_PUB = [0xed, 0x01]
const SPKI = Buffer.from('302a300506032b6570032100', 'hex') // RFC 8410: what stands before the 32 bytes of a key

/** A public key in text. */
export const keyText = (key) => base32.encode(new Uint8Array([...ED25519_PUB, ...key]))

/** The 32 bytes of a public key in text. */
export function parseKey(text) {
  const binary = base32.decode(text)
  demand(binary.length === 34 && keyText(binary.subarray(2)) === text, 'not a public key')
  return binary.subarray(2)
}

/** What is signed for a purpose. */
export const message = (purpose, payload) => Buffer.concat([Buffer.from(`commonwheel/1/${purpose}\0`), payload])

/** Throws unless a signature is strictly good. OpenSSL checks S < L, the points, and the equation without cofactor. */
export function verify(key, purpose, payload, signature) {
  demand(key.length === 32 && signature.length === 64, 'a key or signature of another length')
  demand(!SMALL_ORDER.has(hex(key)) && !SMALL_ORDER.has(hex(signature.subarray(0, 32))), 'a point of small order')
  const publicKey = createPublicKey({ key: Buffer.concat([SPKI, key]), format: 'der', type: 'spki' })
  demand(verifyEd25519(null, message(purpose, payload), publicKey, signature), 'the signature does not verify')
}

/** The payload of an envelope that its signer signed. */
export function opened(envelope, purpose, signer) {
  demand(Object.keys(envelope).sort().join() === 'payload,signature', 'an envelope of other fields')
  const { payload, signature } = envelope
  demand(payload.type === purpose, 'another type')
  verify(payload[signer], purpose, encode(payload), signature)
  return payload
}

const hex = (bytes) => Buffer.from(bytes).toString('hex')

const SMALL_ORDER = new Set(
  [
    ['00'.repeat(31), '00', '80'],
    ['01' + '00'.repeat(30), '00', '80'],
    ['26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc', '05', '85'],
    ['c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03', '7a', 'fa'],
    ['ec' + 'ff'.repeat(30), '7f', 'ff'],
    ['ed' + 'ff'.repeat(30), '7f', 'ff'],
    ['ee' + 'ff'.repeat(30), '7f', 'ff']
  ].flatMap(([start, ...last]) => last.map((byte) => start + byte))
)
