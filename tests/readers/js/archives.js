// CAR files (SPEC section 21), by @ipld/car.

import { createReadStream } from 'node:fs'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { CarBlockIterator, CarReader } from '@ipld/car'
import { demand, proves } from './blocks.js'

/** Roots and blocks of a file that fits in memory; each block is verified. */
export async function readArchive(path) {
  const reader = await CarReader.fromBytes(await readFile(path))
  const blocks = []
  for await (const { cid, bytes } of reader.blocks()) {
    demand(proves(cid, bytes), `a block that does not verify: ${cid}`)
    blocks.push({ cid, bytes })
  }
  return { roots: await reader.getRoots(), blocks }
}

/** Verifies each block of every archive of a store; one check a file. */
export async function checkStore(folder, tally) {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.car')).sort()
  await tally.check(`store ${folder}: has archives`, () => demand(names.length > 0, 'no CAR file in it'))
  for (const name of names) await tally.check(`store: ${name}`, () => verifyBlocks(join(folder, name)))
}

async function verifyBlocks(path) {
  const iterator = await CarBlockIterator.fromIterable(createReadStream(path))
  demand((await iterator.getRoots()).length === 0, 'a store names no roots')
  for await (const { cid, bytes } of iterator) demand(proves(cid, bytes), `a block that does not verify: ${cid}`)
}
