// Who has signed an operation, and that they have (SPEC sections 23 and 24). Fields are the Python reader's business.

import { decode, demand, encode, same } from './blocks.js'
import { readHeader } from './agreements.js'
import { opened, verify } from './signatures.js'

const SIGNERS = { flag: 'member', support: 'member', membership: 'sponsor' }

/** The keys that have signed an operation, in order. */
export function signersOf(bytes) {
  const { type, payload, signer, signature, signatures = [], header } = decode(bytes)
  if (type === 'equivocation') return [speaker(decode(bytes).statements)]
  if (type === 'motion') return voices(payload, [[signer, signature]])
  if (type === 'resolution') return voices(payload, signatures)
  const by = SIGNERS[payload.type]
  if (by) return [opened({ payload, signature }, payload.type, by)[by]]
  opened({ payload, signature }, 'withdrawal', 'author')
  demand(same(readHeader(header).author, payload.author), 'the header of another author')
  return [payload.author]
}

/** The one key that has signed both statements of a proof. */
function speaker(statements) {
  demand(statements?.length === 2, 'two statements')
  const [one, other] = statements.map(({ motion, signed }) =>
    motion ? signersOf(motion)[0] : opened(signed, 'attestation', 'validator').validator
  )
  demand(same(one, other), 'statements of two keys')
  return one
}

function voices(payload, pairs) {
  const bytes = encode(payload)
  for (const [key, signature] of pairs) verify(key, payload.type, bytes, signature)
  return pairs.map(([key]) => key)
}
