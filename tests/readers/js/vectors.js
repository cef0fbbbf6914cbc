// tests/vectors, as far as this reader goes: all values and ids, canonical form, signatures, certificates, trees, the archive.

import { deepStrictEqual } from 'node:assert'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  commitsTo,
  readCertificate,
  readCharter,
  readFounding,
  readHeader,
  root,
  rootOfProof
} from './agreements.js'
import { readArchive } from './archives.js'
import { decode, demand, encode, idOf, parseId, rawIdOf, same, sha256 } from './blocks.js'
import { fromJson, toJson } from './dagjson.js'
import { signersOf } from './operations.js'
import { keyText, message, opened, parseKey, verify } from './signatures.js'

/** Reasons whose rules are in this reader, whatever the structure. */
const REFUSED = /^(cbor-|signature$|certificate-|cid-|key-text$|header-oversized$)/

/** What the Python reader alone reads. */
const NOT_READ = new Set(['preference', 'invite', 'reconcile', 'state', 'judged'])

/** Checks all vectors of a folder. */
export async function checkVectors(folder, tally) {
  for (const name of (await readdir(folder)).filter((name) => name.endsWith('.json')).sort()) {
    const page = JSON.parse(await readFile(join(folder, name), 'utf8'))
    if (page.reads === 'car') {
      await tally.check('sample.car', () => checkSample(folder, page))
      continue
    }
    for (const vector of page.vectors) {
      const reads = vector.reads ?? page.reads
      if (NOT_READ.has(reads)) continue
      if (!vector.valid && !REFUSED.test(vector.reason)) continue
      await tally.check(`${name}: ${vector.name}`, () => checkVector(reads, vector, page.context))
    }
  }
}

function checkVector(reads, vector, context) {
  const read = READERS[reads] ?? ((one) => decode(bytesOf(one)))
  if (!vector.valid) {
    let refusal
    try {
      read(vector, context)
    } catch (error) {
      refusal = error
    }
    return demand(refusal, `accepted, although ${vector.reason}`)
  }
  read(vector, context)
  if (vector.cid === undefined) return
  const bytes = bytesOf(vector)
  deepStrictEqual(idOf(bytes).toString(), vector.cid)
  deepStrictEqual(toJson(decode(bytes)), vector.value)
  demand(same(encode(fromJson(vector.value)), bytes), 'other bytes from the value')
}

const unhex = (text) => new Uint8Array(Buffer.from(text, 'hex'))
const bytesOf = (vector) => (vector.zeros ? new Uint8Array(vector.zeros) : unhex(vector.hex))
const hex = (bytes) => Buffer.from(bytes).toString('hex')
const signedBy = (purpose, signer) => (vector) => opened(decode(bytesOf(vector)), purpose, signer)

function operation(vector) {
  const found = signersOf(bytesOf(vector)).map(keyText)
  if (!vector.valid) return
  const { signers, signer, author, sponsor, member, validator } = vector.facts
  deepStrictEqual(found, signers ?? [signer ?? author ?? sponsor ?? member ?? validator])
}

const READERS = {
  cid(vector) {
    const cid = parseId(vector.text)
    deepStrictEqual(hex(cid.bytes), vector.facts.binary)
    const block = unhex(vector.facts.block)
    demand((vector.facts.codec === 'raw' ? rawIdOf(block) : idOf(block)).equals(cid), 'another block')
  },
  key(vector) {
    if (vector.text !== undefined) return parseKey(vector.text)
    const { text, public_key: key } = vector.facts
    if (text === undefined) return
    deepStrictEqual(keyText(unhex(key)), text)
    deepStrictEqual(hex(parseKey(text)), key)
  },
  signature({ key, purpose, payload, signature, message: signed }) {
    deepStrictEqual(hex(message(purpose, unhex(payload))), signed)
    verify(unhex(key), purpose, unhex(payload), unhex(signature))
  },
  header(vector) {
    const payload = readHeader(bytesOf(vector))
    if (vector.valid) deepStrictEqual(keyText(payload.author), vector.facts.author)
  },
  founding: (vector) => readFounding(bytesOf(vector)),
  batch(vector) {
    const { signed, entries } = decode(bytesOf(vector))
    const payload = opened(signed, 'attestation', 'validator')
    demand(same(root(entries.map((entry) => encode(entry))), payload.root), 'another root')
  },
  certificate(vector, context) {
    const certificate = readCertificate(bytesOf(vector), readCharter(unhex(context.charter)))
    deepStrictEqual(certificate.record.toString(), vector.facts.record)
  },
  operation,
  resolution: operation,
  acknowledgement: signedBy('acknowledgement', 'validator'),
  receipt: signedBy('receipt', 'validator'),
  session: signedBy('session', 'validator'),
  statement: signedBy('statement', 'who'),
  merkle({ leaves: texts, facts }) {
    const leaves = texts.map(unhex)
    deepStrictEqual(hex(root(leaves)), facts.root)
    facts.proofs.forEach((proof, index) => {
      deepStrictEqual(hex(rootOfProof(leaves[index], index, leaves.length, proof.map(unhex))), facts.root)
    })
  },
  check: ({ header }) => readHeader(unhex(header)),
  item({ record, certificate, facts }) {
    deepStrictEqual(hex(sha256(parseId(record).bytes, parseId(certificate).bytes)), facts.item)
  },
  'waiting item'({ record, vouching, charter, said, facts }) {
    const verdicts = said.map(([key, ...verdict]) => [parseId(charter), parseKey(key), ...verdict])
    const all = encode([parseId(record), vouching.map(parseKey), verdicts])
    deepStrictEqual(hex(sha256(Buffer.from('waiting'), all)), facts.item)
  },
  'equivocation item'({ charter, validator, facts }) {
    const of = [Buffer.from('equivocation'), parseId(charter).bytes, parseKey(validator)]
    deepStrictEqual(hex(sha256(...of)), facts.item)
  },
  'operation item'({ operation: id, facts }) {
    deepStrictEqual(hex(sha256(Buffer.from('operation'), parseId(id).bytes)), facts.item)
  }
}

async function checkSample(folder, page) {
  const { roots, blocks } = await readArchive(join(folder, page.file))
  deepStrictEqual(roots, [])
  deepStrictEqual(blocks.map(({ cid }) => cid.toString()), page.sections.map(({ cid }) => cid))
  const held = (what) => blocks.filter((_, place) => page.sections[place].what === what).map(({ bytes }) => bytes)
  const charter = readFounding(held('founding')[0])
  deepStrictEqual(charter.id.toString(), page.community)
  const times = new Map()
  for (const block of held('certificate')) {
    const certificate = readCertificate(block, charter)
    times.set(certificate.record.toString(), certificate.time)
  }
  const bodies = new Map(held('body').map((block) => [idOf(block).toString(), block]))
  for (const block of held('header')) {
    const payload = readHeader(block)
    demand(commitsTo(payload, bodies.get(payload.body.toString())), 'the header does not commit to the body')
    deepStrictEqual(times.get(idOf(block).toString()), payload.time)
  }
  demand(held('erased').every((block) => block.every((byte) => byte === 0)), 'an erased section that is not empty')
}
