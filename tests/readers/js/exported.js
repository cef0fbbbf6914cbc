// An export folder (docs/DATASET.md): rows, certificates and the state root.

import { deepStrictEqual } from 'node:assert'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { commitsTo, readCertificate, readFounding, readHeader, stateRoot } from './agreements.js'
import { readArchive } from './archives.js'
import { demand, encode, idOf, parseId, rawIdOf } from './blocks.js'
import { fromJson } from './dagjson.js'
import { parseKey } from './signatures.js'

const LINKS = ['community', 'terms', 'ruleset', 'body', 'revises', 'corrects']
const COLUMNS = 17

/** Checks a folder. */
export async function checkExport(folder, tally) {
  const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'))
  const times = new Map()
  await tally.check('export: certificates.car', async () => {
    const { roots, blocks } = await readArchive(join(folder, 'certificates.car'))
    const [founding, terms, ...certificates] = blocks
    deepStrictEqual(roots.map(String), [founding.cid.toString()])
    const charter = readFounding(founding.bytes)
    deepStrictEqual(charter.id.toString(), manifest.community)
    demand(charter.value.terms.equals(rawIdOf(terms.bytes)), 'other terms')
    for (const { bytes } of certificates) {
      const certificate = readCertificate(bytes, charter)
      times.set(certificate.record.toString(), certificate.time)
    }
    deepStrictEqual(certificates.length, times.size)
    deepStrictEqual(stateRoot(charter.id, [...times.keys()].map(parseId)).toString(), manifest.state_root)
  })
  const seen = new Set()
  for (const { path, rows } of manifest.files) {
    const lines = (await readFile(join(folder, path), 'utf8')).split('\n').slice(0, -1)
    await tally.check(`export: ${path}: rows`, () => deepStrictEqual(lines.length, rows))
    for (const [place, line] of lines.entries()) {
      await tally.check(`export: ${path}:${place + 1}`, () => seen.add(checkRow(JSON.parse(line), times)))
    }
  }
  await tally.check('export: each certified record has a row or is named', () => {
    deepStrictEqual(new Set([...seen, ...manifest.incomplete]), new Set(times.keys()))
  })
}

/** The id of a row that is rebuilt, signed and certified. */
function checkRow(row, times) {
  const { salt, ...rest } = Object.fromEntries(Object.entries(row).slice(COLUMNS))
  const body = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, fromJson(value)]))
  const header = headerOf(row)
  deepStrictEqual(idOf(header).toString(), row.id)
  const payload = readHeader(header)
  demand(commitsTo(payload, encode({ ...body, salt: unhex(salt) })), 'the header does not commit to the body')
  deepStrictEqual(times.get(row.id), payload.time)
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

const unhex = (text) => new Uint8Array(Buffer.from(text, 'hex'))
