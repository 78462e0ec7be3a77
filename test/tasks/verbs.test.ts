import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { loadFixture, time } from '@nomicfoundation/hardhat-toolbox/network-helpers'
import { expect } from 'chai'
import { ethers } from 'hardhat'

import { writeDeployment } from '../../scripts/deploymentRecord'
import type { ErrorData } from '../../scripts/errors'
import { postFile } from '../../scripts/postFile'
import { writeJsonDocument } from '../../scripts/jsonDocument'
import type { SafeBatch } from '../../scripts/safeBatch'
import { claimsJson, CONFIG, deployWithOperators, epochOf, readyForEpochs } from '../scripts/publishedEpoch'
import { temporaryFolder } from '../scripts/temporaryFolder'
import { refused, run, type Arguments } from './runTask'

const OPEN = 10n ** 18n
const DIGEST = ethers.id('digest')
const DAY = 86_400

describe('tasks of every role', () => {
  const folder = temporaryFolder()

  async function fixture() {
    const [deployer, guardian, manager, member, first, second, third, alice, bob] = await ethers.getSigners()
    const operators = [first!, second!, third!]
    const system = await deployWithOperators(deployer!, operators, 1)
    const people = {
      deployer: deployer!,
      guardian: guardian!,
      manager: manager!,
      member: member!,
      alice: alice!,
      bob: bob!,
    }
    for (const { address } of [alice!, bob!]) await system.token.transfer(address, 100_000n * OPEN)
    return { system, operators, ...people }
  }

  async function recorded() {
    const setting = await loadFixture(fixture)
    await writeDeployment('hardhat', setting.system.record, { folder: folder() })
    const send = (from: { address: string }, task: string, args: Arguments = {}) =>
      run(task, { ...args, records: folder(), from: from.address })
    const fail = (from: { address: string }, task: string, args: Arguments = {}) =>
      refused('TRANSACTION_REVERTED', task, { ...args, records: folder(), from: from.address })
    return { ...setting, send, fail, records: folder() }
  }

  const file = (name: string) => join(folder(), name)

  it('print what was done: hash, gas, events; or JSON', async () => {
    const { send, alice, bob } = await recorded()
    const { printed } = await send(alice, 'token:transfer', { to: bob.address, amount: '1.5' })
    expect(printed).to.match(
      /^token:transfer\n {2}token:transfer: done in block \d+, \d+ gas\n {4}transaction 0x\w{64}\n {4}returned true\n/,
    )
    expect(printed).to.contain(
      `token.Transfer(from ${alice.address}, to ${bob.address}, value ${(15n * OPEN) / 10n})`,
    )
    const json = await send(alice, 'token:burn', { amount: '7wei', json: true })
    const [transaction] = JSON.parse(json.printed).transactions
    expect(transaction.events[0].args.value).to.equal('7')
  })

  it('name every fault of the arguments, and send nothing', async () => {
    const { alice, records } = await recorded()
    const before = await ethers.provider.getBlockNumber()
    const args = { to: '0x12', amount: '1,5', records, from: alice.address }
    const { data, message } = await refused('ARGUMENTS_INVALID', 'token:transfer', args)
    expect(data).to.have.property('faults').with.length(2)
    expect(message).to.contain('to: got "0x12", expected an address').and.to.contain('amount: got "1,5"')
    const choice = { proposal: '1', vote: 'maybe', records }
    const wrong = await refused('ARGUMENTS_INVALID', 'governance:vote', choice)
    expect(wrong.message).to.contain('one of: against, for, abstain')
    expect(await ethers.provider.getBlockNumber()).to.equal(before)
  })

  it('give the reason that the chain refuses with, and send nothing', async () => {
    const { fail, alice, bob } = await recorded()
    const nonce = await alice.getNonce()
    const error = await fail(alice, 'token:transfer', { to: bob.address, amount: '1000000' })
    expect(error.data).to.deep.equal({
      call: 'token:transfer',
      got: `ERC20InsufficientBalance(${alice.address}, ${100_000n * OPEN}, ${1_000_000n * OPEN})`,
    })
    expect(await alice.getNonce()).to.equal(nonce)
  })

  describe('datanets, models, permissions and payout rules', () => {
    it('run through', async () => {
      const { send, fail, system, alice, bob } = await recorded()
      await send(alice, 'datanet:create', { name: 'first', policy: 'curated' })
      const terms = { stakePerItem: '2', purposes: '3', license: DIGEST }
      await send(alice, 'datanet:create-under', { ...terms, name: 'second' })
      await send(alice, 'datanet:parents', { datanet: '2', ids: '1', bps: '500' })
      const shown = await send(alice, 'datanet:show', { datanet: '2' })
      expect(shown.printed).to.contain('stakePerItem: 2000000000000000000').and.to.contain('1 (500 bps)')
      await fail(bob, 'datanet:terms', { datanet: '1', ...terms })

      await send(bob, 'stake:add', { datanet: '2', amount: '10' })
      const under = {
        termsVersion: '1',
        datanet: '2',
        itemsRoot: DIGEST,
        itemCount: '3',
        manifestDigest: DIGEST,
      }
      await send(bob, 'datanet:commit-under', under)
      await send(bob, 'datanet:commit', { datanet: '1', commitment: DIGEST, manifestDigest: DIGEST })
      await send(alice, 'datanet:decide', { datanet: '1', batch: '3' })
      await send(bob, 'datanet:withdraw', { first: '0', count: '1' })
      await send(bob, 'datanet:relicense', { first: '1', count: '1', license: DIGEST })
      await send(bob, 'datanet:succeed', { first: '1', successor: '3', count: '1' })
      await fail(alice, 'datanet:withdraw', { first: '0', count: '1' })
      await send(bob, 'stake:exit', { datanet: '2', amount: '4' })
      await fail(bob, 'stake:withdraw', { datanet: '2' })

      await send(alice, 'datanet:allow', { datanet: '1', account: bob.address, allowed: 'false' })
      await send(alice, 'datanet:builder', { datanet: '1', account: bob.address })
      const model = {
        name: 'model',
        datanet: '1',
        artifactDigest: DIGEST,
        manifestDigest: DIGEST,
        price: '0.001',
      }
      await send(bob, 'model:register', model)
      await send(bob, 'model:price', { model: '1', price: '5wei' })
      await send(bob, 'model:transfer', { model: '1', to: alice.address })
      await send(alice, 'model:accept', { model: '1' })
      expect(await system.modelRegistry.ownerOf(1)).to.equal(alice.address)
      expect((await send(bob, 'model:show', { model: '1' })).printed).to.contain('pricePerToken: 5\n')
      await send(alice, 'datanet:transfer', { datanet: '1', to: bob.address })
      await send(bob, 'datanet:accept', { datanet: '1' })

      const grant = { grantee: alice.address, first: '1', count: '1', purposes: '1', expiry: '4102444800' }
      await send(bob, 'permission:sign', { ...grant, out: file('grant.json') })
      const granted = await send(alice, 'permission:grant', { grant: file('grant.json') })
      const grantId = /returned (0x\w{64})/.exec(granted.printed)?.[1]
      await send(bob, 'permission:revoke', { grant: grantId })
      await send(bob, 'permission:cancel-nonce', { nonce: '77' })
      expect(await system.permissionBook.isActive(grantId!)).to.equal(false)

      await send(bob, 'contributor:payout', { payout: alice.address })
      await send(bob, 'contributor:claimer', { claimer: bob.address })
      await send(bob, 'contributor:recovery', { recovery: alice.address })
      await send(alice, 'contributor:start-recovery', { account: bob.address })
      await send(bob, 'contributor:cancel-recovery')
      await send(alice, 'contributor:start-recovery', { account: bob.address })
      await time.increase(31 * DAY)
      await send(alice, 'contributor:finish-recovery', { account: bob.address })
      const rules = await send(bob, 'contributor:show')
      expect(rules.printed).to.contain(`controller: ${alice.address}`).and.to.contain('contributorIndex: 0')
    })
  })

  describe('payments', () => {
    it('by deposit and voucher, directly, and by authorization', async () => {
      const { send, system, alice, bob, deployer } = await recorded()
      await send(alice, 'datanet:create', { name: 'data' })
      const model = {
        name: 'model',
        datanet: '1',
        artifactDigest: DIGEST,
        manifestDigest: DIGEST,
        price: '1',
      }
      await send(alice, 'model:register', model)
      await send(alice, 'model:server', { model: '1', server: deployer.address })
      const deposited = await send(bob, 'payments:deposit', { amount: '100' })
      expect(deposited.printed).to.contain('token:approve: done')
      await send(bob, 'payments:sign-voucher', { model: '1', cumulative: '10', out: file('a.json') })
      await send(bob, 'payments:sign-voucher', { model: '1', cumulative: '30', out: file('b.json') })
      await send(deployer, 'payments:redeem', { voucher: file('a.json'), receiptsDigest: DIGEST })
      const both = { vouchers: `${file('a.json')},${file('b.json')}`, receiptsDigests: `${DIGEST},${DIGEST}` }
      expect((await send(deployer, 'payments:redeem-batch', both)).printed).to.contain('VoucherSkipped')
      const uneven = { ...both, receiptsDigests: DIGEST, records: folder() }
      await refused('ARGUMENT_INVALID', 'payments:redeem-batch', uneven)
      await send(bob, 'payments:pay', { model: '1', amount: '5', requestDigest: DIGEST })
      const payment = {
        model: '1',
        amount: '15',
        requestDigest: DIGEST,
        validBefore: '4102444800',
        out: file('p.json'),
      }
      await send(bob, 'payments:sign-authorization', payment)
      await send(deployer, 'payments:pay-with-authorization', { authorization: file('p.json') })
      expect(await system.inferencePayments.revenueOf(1)).to.equal(50n * OPEN)
      await send(bob, 'stake:add', { datanet: '1', amount: '1' })
      await send(bob, 'payments:tally', { models: '1' })
      for (const part of ['contributors', 'owner'])
        await send(bob, `payments:collect-${part}`, { model: '1' })
      for (const part of ['protocol', 'stakers']) await send(bob, `payments:collect-${part}`)
      await send(bob, 'stake:collect')
      await send(bob, 'emission:report-fees', { model: '1' })
      await send(bob, 'payments:request-withdrawal', { amount: '70' })
      await time.increase(30 * DAY)
      await send(bob, 'payments:withdraw')
      const balances = await send(bob, 'token:balances')
      expect(balances.printed).to.contain('staked: 1.0 OPEN').and.to.contain('deposit: 0.0 OPEN')
      await writeFile(file('a.json'), '{"format":"open-datanets/voucher","version":2}')
      const spoiled = { voucher: file('a.json'), receiptsDigest: DIGEST, records: folder() }
      const { message } = await refused('DOCUMENT_INVALID', 'payments:redeem', spoiled)
      expect(message).to.contain('version: got 2, expected 1').and.to.contain('signature: got nothing')
    })
  })

  describe('operators and epochs', () => {
    it('attest, post with collected signatures, finalize, claim; the guardian stops what is wrong', async () => {
      const { send, system, operators, manager, guardian, alice, bob, deployer, records } = await recorded()
      const { token, attributionOracle, parameters, rewardVault } = system
      await readyForEpochs(system, [], [alice, bob])
      for (const operator of operators) {
        await token.transfer(operator, parameters.operators.minimumBond)
        await send(operator, 'operator:bond', { amount: '10000' })
      }
      await send(manager, 'epoch:open', { epoch: '1', configDigest: CONFIG })
      const { post, claims } = await epochOf(system, 1, [3n * OPEN, 2n * OPEN])
      await writeJsonDocument(file('post.json'), postFile(post))
      const files = operators.map((_, i) => file(`${i}.json`))
      for (const [i, operator] of operators.entries()) {
        await send(operator, 'operator:attest', { post: file('post.json'), out: files[i] })
      }
      const alone = { post: file('post.json'), records, from: operators[2]!.address }
      const missing = await refused('SIGNATURES_MISSING', 'epoch:post', alone)
      expect(missing.message).to.contain('got 1; expected 2 of 3 operators')
      await send(alice, 'operator:attest', { post: file('post.json'), out: file('alice.json') })
      const stranger = { ...alone, attestations: file('alice.json') }
      await refused('SIGNATURE_INVALID', 'epoch:post', stranger)
      await send(operators[2]!, 'epoch:post', { post: file('post.json'), attestations: files.join() })
      await send(guardian, 'guardian:cancel')
      await time.increase(30 * DAY)
      const dropped = { ...alone, attestations: files[0] }
      await refused('SIGNATURE_INVALID', 'epoch:post', dropped)
      const again = file('again.json')
      await send(operators[0]!, 'operator:attest', { post: file('post.json'), out: again })

      const sent = await send(operators[2]!, 'epoch:post', {
        post: file('post.json'),
        attestations: again,
      })
      expect(sent.printed).to.contain('signers 5')
      const show = await send(alice, 'operator:show', { epoch: '1' })
      expect(show.printed).to.contain('signaturesNeeded: 2').and.to.contain('active, bond 10000.0 OPEN')
      await time.increase(parameters.challengeWindow)
      await send(alice, 'epoch:finalize')
      expect(await attributionOracle.finalEpoch()).to.equal(1n)
      await refused('POST_MISSING', 'epoch:finalize', { records })

      await send(guardian, 'guardian:pause')
      expect((await rewardVault.root()).ledgerRoot).to.equal(`0x${'00'.repeat(24)}`)
      await send(guardian, 'guardian:resume')
      await writeFile(file('claims.json'), claimsJson(claims))
      await send(alice, 'rewards:claim-packed', { claims: file('claims.json') })
      const batch = await send(deployer, 'rewards:claim-batch', { claims: file('claims.json') })
      expect(batch.printed).to.contain('ClaimSkipped').and.to.contain('BatchClaimed')
      expect([await token.paid(alice), await token.paid(bob)]).to.deep.equal([3n * OPEN, 2n * OPEN])
      await send(operators[0]!, 'operator:exit')
      await time.increase(parameters.operators.exitDelay)
      await send(operators[0]!, 'operator:withdraw')
    })

    it('prove a lie out of a file of evidence', async () => {
      const { send, system, operators, manager, alice, bob, records } = await recorded()
      await readyForEpochs(system, operators, [alice, bob])
      await send(manager, 'epoch:open', { epoch: '1', configDigest: CONFIG })
      const { post, claims } = await epochOf(system, 1, [3n * OPEN, 2n * OPEN])
      const lie = { ...post, total: 6n * OPEN }
      await writeJsonDocument(file('post.json'), postFile(lie))
      await send(operators[1]!, 'operator:attest', { post: file('post.json'), out: file('b.json') })
      await send(operators[0]!, 'epoch:post', { post: file('post.json'), attestations: file('b.json') })
      const wrong = { tree: 'oak', number: '-1', records }
      const { message } = await refused('ARGUMENTS_INVALID', 'epoch:demand', wrong)
      expect(message).to.contain('tree: got "oak"').and.to.contain('number: got "-1"')
      await send(alice, 'epoch:demand', { tree: 'ledger', number: '0' })
      const page = { tree: 'ledger', root: post.ledgerRoot, leafCount: '2', number: '0' }
      const leaves = ethers.concat(
        [alice, bob].map(({ address }) => {
          const { cumulative, prefix } = claims.accounts[address]!
          return ethers.solidityPacked(['address', 'uint128', 'uint128'], [address, cumulative, prefix])
        }),
      )
      const silent = { ...page, leaves: '0x', proof: '0x', records }
      await refused('TRANSACTION_REVERTED', 'epoch:reveal', silent)
      await send(bob, 'epoch:reveal', { ...page, leaves, proof: '0x' })
      const { index, cumulative, prefix, proof } = claims.accounts[bob.address]!
      const last = { index, account: bob.address, cumulative, prefix, proof }
      const evidence = {
        format: 'open-datanets/evidence',
        version: 1,
        contract: 'fraudProofs',
        method: 'challengeTotal',
      }
      await writeJsonDocument(file('bad.json'), {
        ...evidence,
        arguments: { post: lie, signers: 3, last: { index: -1 } },
      })
      const { data } = await refused('DOCUMENT_INVALID', 'challenge:send', {
        evidence: file('bad.json'),
        records,
      })
      const faults = (data as ErrorData['DOCUMENT_INVALID']).faults.map(({ name }) => name)
      expect(faults).to.include.members(['evidence.arguments.last.index', 'evidence.arguments.last.account'])
      await writeJsonDocument(file('good.json'), { ...evidence, arguments: { post: lie, signers: 3, last } })
      const { printed } = await send(alice, 'challenge:send', { evidence: file('good.json') })
      expect(printed).to.contain('attributionOracle.RootRejected(').and.to.contain('operatorSet.Slashed(')
      await send(bob, 'operator:settle-slash', { operator: operators[0]!.address })
      await send(alice, 'operator:collect')
    })
  })

  describe('disputes', () => {
    it('are opened, answered, voted on, appealed in time or resolved, and slashed', async () => {
      const { send, system, alice, bob, member } = await recorded()
      const { court } = system.parameters
      await send(alice, 'datanet:create', { name: 'data' })
      await send(bob, 'stake:add', { datanet: '1', amount: '50' })
      const opened = await send(alice, 'dispute:open', {
        datanet: '1',
        accused: bob.address,
        evidenceDigest: DIGEST,
      })
      expect(opened.printed).to.contain('token:approve: done').and.to.contain('returned 1')
      await send(bob, 'dispute:answer', { dispute: '1', answerDigest: DIGEST })
      await send(bob, 'dispute:escalate', { dispute: '1' })
      const voted = await send(member, 'dispute:vote', { round: '1', ruling: 'upheld' })
      expect(voted.printed).to.contain('disputeCourt.DisputeRuled(')
      await send(bob, 'dispute:appeal', { dispute: '1', side: 'dismissed', amount: '10' })
      await time.increase(court.appealPeriod)
      await send(alice, 'dispute:resolve', { dispute: '1' })
      await send(alice, 'dispute:slash', { dispute: '1' })
      const back = { dispute: '1', appeal: '0', side: 'dismissed', contributor: bob.address }
      await send(bob, 'dispute:claim', back)
      await send(bob, 'dispute:collect')
      await send(alice, 'dispute:collect')
      await send(alice, 'stake:collect-credit')
      const shown = await send(alice, 'dispute:show', { dispute: '1' })
      expect(shown.printed).to.contain(`accused: ${bob.address}`)
    })
  })

  describe('governance', () => {
    it('proposes out of a verb or a file, votes, queues and executes; the state tells where it stands', async () => {
      const { send, fail, system, deployer, records } = await recorded()
      const { governance } = system.parameters
      await send(deployer, 'governance:delegate')
      await time.increase(10)
      const seconds = { seconds: '86400' }
      await fail(deployer, 'governance:challenge-window', seconds)
      const proposed = await send(deployer, 'governance:challenge-window', {
        ...seconds,
        propose: 'A shorter window',
      })
      const first = /returned (\d+)/.exec(proposed.printed)?.[1]

      const calls = [
        {
          contract: 'emissionController',
          method: 'setFeeCap',
          arguments: { capBps: 5000, floor: '7' },
        },
        { contract: 'access', method: 'grantRole', arguments: [2, deployer.address, 0] },
      ]
      const document = { format: 'open-datanets/calls', version: 1, description: 'Two things', calls }
      await writeJsonDocument(file('calls.json'), document)
      const second = /returned (\d+)/.exec(
        (await send(deployer, 'governance:propose', { calls: file('calls.json') })).printed,
      )?.[1]
      await writeJsonDocument(file('wrong.json'), {
        ...document,
        calls: [
          { ...calls[0], method: 'setFee' },
          { ...calls[1], arguments: [2] },
        ],
      })
      const { message } = await refused('DOCUMENT_INVALID', 'governance:propose', {
        calls: file('wrong.json'),
        records,
      })
      expect(message)
        .to.contain('calls.0.method: got "setFee"')
        .and.to.contain('calls.1.arguments: got 1, expected 3 arguments')

      await time.increase(governance.votingDelay + 1)
      for (const proposal of [first, second])
        await send(deployer, 'governance:vote', { proposal, vote: 'for' })
      await time.increase(governance.votingPeriod)
      for (const proposal of [first, second]) await send(deployer, 'governance:queue', { proposal })
      const state = await send(deployer, 'governance:state', { proposal: first })
      expect(state.printed)
        .to.contain('state: queued')
        .and.to.contain('attributionOracle.setChallengeWindow(86400)')
      await time.increase(governance.timelockDelay)
      for (const proposal of [first, second]) await send(deployer, 'governance:execute', { proposal })
      expect(await system.attributionOracle.challengeWindow()).to.equal(86_400n)
      expect(await system.emissionController.feeCapBps()).to.equal(5000n)
      await send(deployer, 'governance:renounce-role', { role: '2' })
      await refused('ARGUMENT_INVALID', 'governance:state', { proposal: '1', records })
    })
  })

  describe('emissions and vesting', () => {
    it('fund what has vested, and release to the owner', async () => {
      const { send, system, alice, deployer, records } = await recorded()
      const { emissionController, record } = system
      await send(alice, 'datanet:create', { name: 'data' })
      const timelock = await ethers.getImpersonatedSigner(record.contracts.timelock.address)
      await ethers.provider.send('hardhat_setBalance', [timelock.address, '0xde0b6b3a7640000'])
      await emissionController.connect(timelock).setWeights([1], [10_000])
      await time.increase(8 * DAY)
      expect((await send(alice, 'emission:fund')).printed).to.contain('EpochFunded(emissionEpoch 0')
      const { printed, result } = await send(alice, 'vesting:show')
      expect(printed).to.match(/community 0x\w{40}: owner 0x/)
      const wallet = Object.keys(result)
        .find(name => name.startsWith('ecosystem'))
        ?.split(' ')[1]
      const before = await system.token.balanceOf(deployer)
      await send(alice, 'vesting:release', { wallet })
      expect(await system.token.balanceOf(deployer)).to.be.greaterThan(before)
      await refused('ARGUMENT_INVALID', 'vesting:release', { wallet: alice.address, records })
    })
  })

  describe('--safe', () => {
    it('writes what would be sent, with the approval that it needs, and tries it as the Safe', async () => {
      const { system, alice, records } = await recorded()
      const out = file('batch.json')
      const args = { amount: '3', records, safe: alice.address.toLowerCase(), out }
      const nonce = await alice.getNonce()
      const { printed, result } = await run('payments:deposit', args)
      expect(printed).to.contain(`nothing was sent; 2 calls for the Safe ${alice.address} are in ${out}`)
      expect(await alice.getNonce()).to.equal(nonce)
      for (const { to, data } of (result['batch'] as SafeBatch).transactions)
        await alice.sendTransaction({ to, data })
      expect(await system.inferencePayments.depositOf(alice)).to.equal(3n * OPEN)
      await run('datanet:create', { name: 'of the Safe', records, safe: alice.address, out })
      await writeFile(file('a.sol'), 'contract A {}')
      const contribution = { datanet: 1, paths: [file('a.sol')], content: file('content'), records, out }
      await run('datanet:create', { name: 'data', records })
      const committed = await run('datanet:contribute', { ...contribution, safe: alice.address })
      const [commit] = (committed.result['batch'] as SafeBatch).transactions
      await alice.sendTransaction({ to: commit!.to, data: commit!.data })
      expect(await system.datanetRegistry.contributionCountOf(alice)).to.equal(1n)
      const refusal = await refused('TRANSACTION_REVERTED', 'guardian:pause', {
        records,
        safe: alice.address,
        out,
      })
      expect(refusal.message).to.contain(`AccessManagedUnauthorized(${alice.address})`)
    })
  })
})
