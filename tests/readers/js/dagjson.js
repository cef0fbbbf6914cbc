// Values as JSON (DATASET, "Values").

import { CID } from 'multiformats/cid'
import { demand, parseId } from './blocks.js'

/** The value that is written so. */
export function fromJson(json) {
  if (Array.isArray(json)) return json.map(fromJson)
  if (typeof json !== 'object' || json === null) return json
  if (!Object.hasOwn(json, '/')) return entries(json)
  const inner = json['/']
  demand(Object.keys(json).length === 1, 'an object with the key / has others')
  if (typeof inner === 'string') return parseId(inner)
  if (typeof inner.bytes === 'string') return new Uint8Array(Buffer.from(inner.bytes, 'base64'))
  return entries(inner.map)
}

/** The JSON of a value. */
export function toJson(value) {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Uint8Array) return { '/': { bytes: Buffer.from(value).toString('base64').replace(/=+$/, '') } }
  if (Array.isArray(value)) return value.map(toJson)
  if (CID.asCID(value)) return { '/': value.toString() }
  const plain = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(item)]))
  return Object.hasOwn(plain, '/') ? { '/': { map: plain } } : plain
}

const entries = (json) => Object.fromEntries(Object.entries(json).map(([key, item]) => [key, fromJson(item)]))
