import { loadFixture, takeSnapshot, time } from '@nomicfoundation/hardhat-toolbox/network-helpers'
import { expect } from 'chai'
import { Interface } from 'ethers'
import { ethers } from 'hardhat'

import { CONTRACT_NAMES } from '../../scripts/deploymentRecord'
import { OPEN, acting, pastWindow, submit } from '../adversarial/protocolScene'
import { GATES, NAMELESS, type Gate, type Role } from './gates'
import { type RoleScene, callOf, entriesOf, roleScene } from './roleScene'

/** Whoever holds the money is no caller of the token but by its own code, which is short enough to read. */
const BY_OWN_CODE: readonly Role[] = ['rewardVault', 'rewardEscrow']
/** A claim with a proof takes from the vault; what became final leaves the escrow for the vault. */
const PAYING = [
  'rewardVault.claim',
  'rewardVault.claimPacked',
  'rewardVault.claimBatch',
  'attributionOracle.finalize',
  'attributionOracle.advance',
]

describe('the role matrix', () => {
  it('has a row for every function, and a function for every row', async () => {
    const scene = await loadFixture(roleScene)
    const functions = entriesOf(scene).map(({ contract, key }) => `${contract}.${key}`)
    const rows = CONTRACT_NAMES.flatMap(name => Object.keys(GATES[name]).map(key => `${name}.${key}`))
    expect(functions).to.have.members(rows)
  })

  for (const contract of CONTRACT_NAMES) {
    describe(contract, () => {
      for (const [key, gate] of Object.entries(GATES[contract])) {
        it(`${key}: ${'open' in gate ? `all, for it ${gate.open}` : gate.only.join(', ') || 'nobody'}`, async () => {
          const scene = await loadFixture(gatedScene)
          const entry = entriesOf(scene).find(found => found.contract === contract && found.key === key)!
          const [call, errors] = [callOf(scene, entry), errorsOf(scene)]
          for (const [role, from] of scene.roles) {
            expectGate(gate, role, await refusalOf({ ...call, from }, errors), from)
          }
        })
      }
    })
  }

  describe('the deployer', () => {
    it('passes no gate but that of the genesis, which is spent', async () => {
      const scene = await loadFixture(gatedScene)
      const errors = errorsOf(scene)
      const from = scene.roles.get('deployer')!
      for (const entry of entriesOf(scene)) {
        const gate = GATES[entry.contract][entry.key]!
        if ('open' in gate) continue
        const error = await refusalOf({ ...callOf(scene, entry), from }, errors)
        if (entry.contract === 'genesis') {
          expect(error?.name).to.equal('GenesisDistribution_AlreadyAllocated')
        } else {
          expect(gate.error.split('|'), `${entry.contract}.${entry.key}`).to.include(error?.name)
        }
      }
    })
  })

  describe('allocated rewards', () => {
    it('are moved by nobody but a claim with a proof and what became final', async function () {
      this.timeout(600_000)
      const scene = await loadFixture(dueScene)
      const { token, rewardVault, rewardEscrow } = scene.system
      const [vault, escrow] = [await token.balanceOf(rewardVault), await token.balanceOf(rewardEscrow)]
      expect(vault > 0n && escrow > 0n).to.equal(true)
      const calls = entriesOf(scene).map(entry => ({ entry, wire: callOf(scene, entry) }))
      const moved = new Set<string>()
      const sent = new Set<Role>()
      for (const [role, from] of scene.roles) {
        const signer = await acting(from)
        const snapshot = await takeSnapshot()
        for (const { entry, wire } of calls) {
          const name = `${entry.contract}.${entry.key}`
          if (entry.contract === 'token' && BY_OWN_CODE.includes(role)) continue
          if (entry.contract === 'rewardEscrow' && role === 'attributionOracle') continue
          const call = { ...wire, from }
          if (!(await succeeds(call))) continue
          await signer.sendTransaction(call)
          sent.add(role)
          const [inVault, inEscrow] = [
            await token.balanceOf(rewardVault),
            await token.balanceOf(rewardEscrow),
          ]
          if (inVault < vault || inEscrow < escrow) moved.add(name)
          await snapshot.restore()
        }
      }
      expect([...sent]).to.have.members([...scene.roles.keys()])
      expect([...moved]).to.have.members(PAYING.filter(name => name !== 'attributionOracle.advance'))
    })
  })
})

/** Claims are paused, so that the guardian's way to resume them has a gate to pass. */
async function gatedScene() {
  const scene = await roleScene()
  await scene.system.attributionOracle.connect(scene.guardian).pauseClaims()
  return scene
}

/** An epoch is due to be made final, and everybody has tokens to spend wherever tokens are taken. */
async function dueScene() {
  const scene = await roleScene()
  const { token, rewardEscrow, staking, operatorSet, inferencePayments, disputeCourt } = scene.system
  for (const [role, address] of scene.roles) {
    if (BY_OWN_CODE.includes(role)) continue
    await token.transfer(address, OPEN)
    const signer = await acting(address)
    for (const spender of [rewardEscrow, staking, operatorSet, inferencePayments, disputeCourt]) {
      await token.connect(signer).approve(spender, OPEN)
    }
  }
  await submit(scene, scene.second.post)
  await pastWindow(scene)
  await time.increase(1)
  return scene
}

interface Refusal {
  name: string
  caller: unknown
}

/** What the gate said, or undefined where the call went through. */
async function refusalOf(call: object, errors: Interface): Promise<Refusal | undefined> {
  try {
    await ethers.provider.send('eth_call', [call, 'latest'])
    return undefined
  } catch (error) {
    const data = dataOf(error)
    if (data === '0x') return { name: NAMELESS, caller: undefined }
    const parsed = errors.parseError(data)
    const namesCaller = parsed?.fragment.inputs[0]?.name === 'caller'
    return { name: parsed?.name ?? data.slice(0, 10), caller: namesCaller ? parsed.args[0] : undefined }
  }
}

async function succeeds(call: object): Promise<boolean> {
  try {
    await ethers.provider.send('eth_call', [call, 'latest'])
    return true
  } catch {
    return false
  }
}

function dataOf(error: unknown): string {
  const { data } = error as { data?: string | { data?: string } }
  return typeof data === 'string' ? data : (data?.data ?? '0x')
}

/** The errors that say "not you", in every row of the table. */
const REFUSALS = new Set(
  Object.values(GATES).flatMap(rows =>
    Object.values(rows).flatMap(gate => ('open' in gate ? [] : gate.error.split('|'))),
  ),
)

function expectGate(gate: Gate, role: Role, error: Refusal | undefined, from: string): void {
  const got = error?.name
  if ('open' in gate) {
    // A call may fail for its arguments, not for its caller.
    if (got !== undefined && got !== NAMELESS) expect(REFUSALS, `${role}: ${got}`).to.not.include(got)
  } else if (gate.only.includes(role)) {
    expect(gate.error.split('|'), role).to.not.include(got)
  } else {
    expect(gate.error.split('|'), role).to.include(got)
    if (error?.caller !== undefined) expect(error.caller, role).to.equal(from)
  }
}

function errorsOf({ system }: RoleScene): Interface {
  const seen = new Map<string, string>()
  for (const name of CONTRACT_NAMES) {
    for (const fragment of system[name].interface.fragments) {
      if (fragment.type === 'error') seen.set(fragment.format('sighash'), fragment.format('full'))
    }
  }
  return new Interface([...seen.values()])
}
