// An export folder (docs/DATASET.md): rows, certificates, operations and the state root.

import { deepStrictEqual } from 'node:assert'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { commitsTo, readCertificate, readCharter, readFounding, readHeader, stateRoot } from './agreements.js'
import { readArchive } from './archives.js'
import { decode, demand, encode, idOf, parseId, rawIdOf } from './blocks.js'
import { fromJson } from './dagjson.js'
import { signersOf } from './operations.js'
import { parseKey } from './signatures.js'

const LINKS = ['community', 'terms', 'ruleset', 'body', 'revises', 'corrects']
const COLUMNS = 17
const RESERVED = ['work_licence', 'work_preference', 'canary']

/**
 * Checks a folder, and the copies in it; `to` is the community beside whose export it lies as a copy. What became of
 * each record, and what counts, is the Python reader's business.
 */
export async function checkExport(folder, tally, to) {
  const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'))
  const accepted = new Map()
  let proofs = { headers: new Set(), blocks: [], charters: new Map() }
  await tally.check('export: operations.car', async () => {
    proofs = await readOperations(folder)
    deepStrictEqual(proofs.community, manifest.community)
    for (const id of manifest.charters) demand(proofs.charters.has(id), 'a charter that is not here')
  })
  await tally.check('export: certificates.car', async () => {
    const { roots, blocks } = await readArchive(join(folder, 'certificates.car'))
    deepStrictEqual(roots.map(String), [proofs.blocks[0].cid.toString()])
    const texts = new Set([...proofs.charters.values()].map(({ value }) => value.terms.toString()))
    const [, ...rest] = blocks
    deepStrictEqual(new Set(rest.slice(0, texts.size).map(({ bytes }) => rawIdOf(bytes).toString())), texts)
    for (const { bytes } of rest.slice(texts.size)) {
      const charter = proofs.charters.get(decode(bytes).charter.toString())
      const { record, time } = readCertificate(bytes, charter)
      demand(!accepted.has(record.toString()), 'a second certificate')
      accepted.set(record.toString(), { time, charter: charter.id.toString() })
    }
    // Where nothing was decided and nothing is gone, the state follows from the ids alone.
    if (proofs.blocks.length === 1 && manifest.state_root !== null) {
      const [charter] = proofs.charters.values()
      deepStrictEqual(stateRoot(charter.id, [...accepted.keys()].map(parseId)).toString(), manifest.state_root)
    }
  })
  await tally.check('export: views', async () => {
    demand(manifest.copied === undefined || manifest.views === undefined, 'a copy with views')
    for (const { format, rows, left_out: leftOut, files } of manifest.views ?? []) {
      deepStrictEqual(rows + leftOut, manifest.rows)
      for (const { path, licence, preference, rows: lines } of files) {
        const place = `views/${format}/licence=${licence}/preference=${slug(preference)}/`
        demand(path.startsWith(place), 'a file of another view, licence or preference')
        if (['parquet', 'tfrecord', 'webdataset'].includes(format)) continue
        const text = await readFile(join(folder, path), 'utf8')
        deepStrictEqual(text.split('\n').length - 1, lines + (format === 'tsv' ? 1 : 0))
      }
    }
  })
  const seen = new Set()
  const marked = canary(parseId(manifest.community))
  for (const { path, licence, preference, month, split, rows, bytes, sha256 } of manifest.files) {
    const file = await readFile(join(folder, path))
    const lines = file.toString('utf8').split('\n').slice(0, -1)
    await tally.check(`export: ${path}: rows, bytes and hash`, () => {
      deepStrictEqual([lines.length, file.length, createHash('sha256').update(file).digest('hex')], [rows, bytes, sha256])
      deepStrictEqual(path, `data/licence=${licence}/preference=${slug(preference)}/${month}${split ? `-${split}` : ''}.jsonl`)
    })
    for (const [place, line] of lines.entries()) {
      await tally.check(`export: ${path}:${place + 1}`, () => {
        const { canary: mark, ...row } = JSON.parse(line)
        deepStrictEqual(mark, split === 'evaluation' ? marked : undefined)
        deepStrictEqual([row.licence, row.preference, row.time.slice(0, 7)], [licence, preference, month])
        seen.add(checkRow(row, accepted))
      })
    }
  }
  await tally.check('export: each certified record has a row, or its header stands with the operations', () => {
    deepStrictEqual(new Set([...seen, ...proofs.headers]), new Set(accepted.keys()))
    for (const id of manifest.incomplete) demand(proofs.headers.has(id), 'no header of a record without a row')
  })
  if (to !== undefined || manifest.copied !== undefined) {
    await tally.check('export: for whom it is a copy', () => {
      const { value } = proofs.charters.get(manifest.copied.charter)
      demand(to === undefined || manifest.copied.to === to, 'a copy for another community')
      demand(value.customs.federation.some(({ community }) => community.toString() === manifest.copied.to), 'not allowed')
    })
  }
  for (const id of manifest.copies ?? []) await checkExport(join(folder, 'copies', id), tally, manifest.community)
}

/** The text that marks what a community keeps apart for evaluation. */
function canary(community) {
  const digest = createHash('sha256').update('commonwheel canary').update(community.bytes).digest().subarray(0, 16)
  digest[6] = (digest[6] & 0x0f) | 0x80
  digest[8] = (digest[8] & 0x3f) | 0x80
  const uuid = digest.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
  return `Kept apart for evaluation: do not train on this. Canary ${uuid}`
}

/** The community, its charters by id, and the ids of records without a row. */
async function readOperations(folder) {
  const { roots, blocks } = await readArchive(join(folder, 'operations.car'))
  const [founding, ...others] = blocks
  deepStrictEqual(roots.map(String), [founding.cid.toString()])
  const first = readFounding(founding.bytes)
  const charters = new Map([[first.id.toString(), first]])
  const headers = new Set()
  for (const { cid, bytes } of others) {
    const block = decode(bytes)
    if (block.payload?.type === 'record') {
      readHeader(bytes)
      headers.add(cid.toString())
    } else if (block.type !== 'page') {
      signersOf(bytes)
    }
    if (block.payload?.type === 'charter') {
      const charter = readCharter(encode(block.payload))
      charters.set(charter.id.toString(), charter)
    }
  }
  return { community: first.id.toString(), charters, headers, blocks }
}

/** The id of a row that is rebuilt, signed and certified. */
function checkRow(row, accepted) {
  const { salt, ...rest } = Object.fromEntries(Object.entries(row).slice(COLUMNS))
  for (const key of RESERVED) demand(!(key in rest), 'a key that no body has')
  const body = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, fromJson(value)]))
  const header = headerOf(row)
  deepStrictEqual(idOf(header).toString(), row.id)
  const payload = readHeader(header)
  demand(commitsTo(payload, encode({ ...body, salt: unhex(salt) })), 'the header does not commit to the body')
  deepStrictEqual(accepted.get(row.id), { time: payload.time, charter: row.charter })
  return row.id
}

function headerOf(row) {
  const payload = { type: 'record', v: 1, author: parseKey(row.author), time: Date.parse(row.time) / 1000 }
  for (const key of ['licence', 'preference', 'size_class']) payload[key] = row[key]
  for (const key of LINKS) if (row[key] !== null) payload[key] = parseId(row[key])
  if (row.about_record !== null) payload.about = parseId(row.about_record)
  if (row.nonce !== null) payload.nonce = unhex(row.nonce)
  return encode({ payload, signature: unhex(row.signature) })
}

/** The name of the folder for rows with this preference. */
const slug = (preference) => preference.replaceAll(';exceptions=', '-').replaceAll('=', '-').replaceAll(', ', '.')

const unhex = (text) => new Uint8Array(Buffer.from(text, 'hex'))
