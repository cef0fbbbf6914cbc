// Reads the test vectors, an export and stores: node read.js VECTORS_DIR [--export DIR] [STORE_DIR...]

import { parseArgs } from 'node:util'
import { checkStore } from './archives.js'
import { checkExport } from './exported.js'
import { Tally } from './tally.js'
import { checkVectors } from './vectors.js'

const { values, positionals } = parseArgs({ options: { export: { type: 'string' } }, allowPositionals: true })
const [vectors, ...stores] = positionals
if (vectors === undefined) {
  console.error('Usage: node read.js VECTORS_DIR [--export DIR] [STORE_DIR...]')
  process.exit(2)
}

const tally = new Tally()
await checkVectors(vectors, tally)
if (values.export !== undefined) await checkExport(values.export, tally)
for (const store of stores) await checkStore(store, tally)
console.log(`${tally.passed} passed, ${tally.failed} failed`)
process.exitCode = tally.failed ? 1 : 0
