// Foundings, headers, certificates and the state (SPEC sections 8, 10, 12 to 14).

import { byBytes, decode, demand, encode, idOf, same, sha256 } from './blocks.js'
import { opened, verify } from './signatures.js'

/** A charter with its id. */
export function readCharter(bytes) {
  const value = decode(bytes)
  demand(value.type === 'charter', 'another type')
  const id = idOf(bytes)
  return { value, id, community: value.succeeds?.community ?? id }
}

/** The charter of a founding, signed by all that it names. */
export function readFounding(bytes) {
  const { type, charter, signatures } = decode(bytes)
  demand(type === 'founding' && signatures.length === charter.validators.length, 'no founding')
  const payload = encode(charter)
  charter.validators.forEach((validator, place) => verify(validator.signing, 'charter', payload, signatures[place]))
  return readCharter(payload)
}

/** The payload of a signed header. */
export function readHeader(bytes) {
  demand(bytes.length <= 1024, 'an oversized header')
  return opened(decode(bytes), 'record', 'author')
}

/** Whether a header's payload commits to a body. */
export function commitsTo(payload, body) {
  const sizeClass = Math.ceil(Math.log2(body.length)) // exact: lengths are far below 2^53
  return idOf(body).equals(payload.body) && sizeClass === payload.size_class
}

/** The certificate, which convinces under the charter. */
export function readCertificate(bytes, charter) {
  demand(bytes.length <= 65_536, 'an oversized certificate')
  const certificate = decode(bytes)
  demand(certificate.type === 'certificate' && certificate.charter.equals(charter.id), 'another charter')
  demand(certificate.acceptances.length === charter.value.q, 'no quorum')
  const leaf = encode([certificate.record, 'accept'])
  let before = new Uint8Array()
  for (const { signed, index, path = [] } of certificate.acceptances) {
    const root = opened(signed, 'attestation', 'validator')
    demand(root.charter.equals(charter.id) && root.community.equals(charter.community), 'another charter')
    demand(Buffer.compare(before, root.validator) < 0, 'validators out of order')
    demand(charter.value.validators.some(({ signing }) => same(signing, root.validator)), 'not a validator')
    demand(same(rootOfProof(leaf, index, root.count, path), root.root), 'a proof of something else')
    before = root.validator
  }
  return certificate
}

/** The root of a Merkle tree (RFC 6962). */
export function root(leaves) {
  if (leaves.length === 0) return sha256()
  if (leaves.length === 1) return leafHash(leaves[0])
  const k = split(leaves.length)
  return nodeHash(root(leaves.slice(0, k)), root(leaves.slice(k)))
}

/** The state root of accepted record ids, where nothing is erased, decided or released. */
export function stateRoot(charterId, accepted) {
  const leaves = [...accepted].sort(byBytes).map((id) => Buffer.concat([id.bytes, Buffer.from([1])]))
  const none = new Uint8Array(root([]))
  const records = new Uint8Array(root(leaves))
  return idOf(encode({ type: 'state', charter: charterId, count: leaves.length, records, decisions: none, releases: none }))
}

/** The root to which a proof leads. */
export function rootOfProof(leaf, index, size, path) {
  demand(index < size && (size === 1) === (path.length === 0), 'a proof of another length')
  if (size === 1) return leafHash(leaf)
  const k = split(size)
  const sibling = path.at(-1)
  const below = path.slice(0, -1)
  if (index < k) return nodeHash(rootOfProof(leaf, index, k, below), sibling)
  return nodeHash(sibling, rootOfProof(leaf, index - k, size - k, below))
}

const leafHash = (leaf) => sha256(Buffer.from([0]), leaf)
const nodeHash = (left, right) => sha256(Buffer.from([1]), left, right)

/** The largest power of two below a size of at least 2. */
function split(size) {
  let k = 1
  while (2 * k < size) k *= 2
  return k
}
