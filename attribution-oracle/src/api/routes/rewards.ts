import { z } from 'zod'
import type { Observe } from '../../domain'
import type { ApiReading } from '../reading'
import { IMMUTABLE, REVALIDATE, unchanged } from '../caching'
import { notFound } from '../faults'
import { proofJson, rewardsJson } from '../json'
import { addressParam, calldataSchema, epochParam, proofSchema, rewardsSchema } from '../schemas'
import { answers, sendWritten, type App } from '../app'

const params = z.object({ address: addressParam })
const chainIds = z
  .string('expected one list of chain ids')
  .regex(/^[0-9]{1,16}(,[0-9]{1,16}){0,99}$/, 'expected chain ids, separated by commas')
  .optional()
  .describe('Chains to answer for; ours when left out')

/** What holders and their wallets ask. */
export function rewardRoutes(app: App, reading: ApiReading, observe: Observe | undefined): void {
  app.route({
    method: 'GET',
    url: '/v1/users/:address/rewards',
    schema: {
      tags: ['rewards'],
      summary: 'All that an account earned, has claimed and waits for, in the shape of Merkl',
      params,
      querystring: z.object({ chainId: chainIds }),
      response: answers(rewardsSchema),
    },
    async handler(request, reply) {
      const system = reading.system()
      const { chainId } = request.query
      if (chainId !== undefined && !chainId.split(',').map(Number).includes(system.chainId)) {
        sendWritten(reply, '[]')
        return reply
      }
      const rewards = await reading.rewards(bytesOf(request.params.address))
      const { proof, pendingRoot, claimed, paused } = rewards
      const tag = `${proof?.root ?? 0}-${pendingRoot ?? 0}-${claimed}${paused ? '-paused' : ''}`
      if (unchanged(request, reply, tag, REVALIDATE)) return reply
      if (proof) observe?.({ kind: 'proofs', served: 1 })
      sendWritten(reply, rewardsJson(system, rewards))
      return reply
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/proofs/:address',
    schema: {
      tags: ['rewards'],
      summary: 'The leaf of an account with its proof',
      params,
      querystring: z.object({ epoch: epochParam.optional() }),
      response: answers(proofSchema),
    },
    async handler(request, reply) {
      const { epoch } = request.query
      const proof = await reading.proof(bytesOf(request.params.address), epoch)
      if (!proof) throw notFound('such account in the ledger', 'an account that contributed before it')
      const fixed = epoch !== undefined && proof.final
      if (unchanged(request, reply, proof.root, fixed ? IMMUTABLE : REVALIDATE)) return reply
      observe?.({ kind: 'proofs', served: 1 })
      sendWritten(reply, proofJson(reading.system(), proof))
      return reply
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/calldata/:address',
    schema: {
      tags: ['rewards'],
      summary: 'The call that pays an account; anyone may send it',
      params,
      response: answers(calldataSchema),
    },
    async handler(request, reply) {
      const claim = await reading.claim(bytesOf(request.params.address))
      if (!claim) throw notFound('such account in the ledger', 'an account that contributed before it')
      const { to, data, proof, claimable, paused, block } = claim
      const tag = `${proof.root}-${claimable}${paused ? '-paused' : ''}`
      if (unchanged(request, reply, tag, REVALIDATE)) return reply
      observe?.({ kind: 'proofs', served: 1 })
      return reply.send({
        chainId: reading.system().chainId,
        ...{ to, data, value: '0' as const },
        account: proof.account,
        epoch: proof.epoch,
        root: proof.root,
        claimable: claimable.toString(),
        ...{ paused, block },
      })
    },
  })
}

/** The 20 bytes of an address that the schema let through. */
export function bytesOf(address: string): Uint8Array {
  return Buffer.from(address.slice(2), 'hex')
}
