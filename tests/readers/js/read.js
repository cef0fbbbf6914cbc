// Reads the test vectors, exports and stores: node read.js VECTORS_DIR [--export DIR]... [STORE_DIR...]

import { parseArgs } from 'node:util'
import { checkStore } from './archives.js'
import { checkExport } from './exported.js'
import { Tally } from './tally.js'
import { checkVectors } from './vectors.js'

const { values, positionals } = parseArgs({ options: { export: { type: 'string', multiple: true, default: [] } }, allowPositionals: true })
const [vectors, ...stores] = positionals
if (vectors === undefined) {
  console.error('Usage: node read.js VECTORS_DIR [--export DIR]... [STORE_DIR...]')
  process.exit(2)
}

const tally = new Tally()
await checkVectors(vectors, tally)
for (const folder of values.export) await checkExport(folder, tally)
for (const store of stores) await checkStore(store, tally)
console.log(`${tally.passed} passed, ${tally.failed} failed`)
process.exitCode = tally.failed ? 1 : 0
