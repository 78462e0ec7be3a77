import { expect } from 'chai'
import { Interface, type InterfaceAbi } from 'ethers'
import hre from 'hardhat'

import { sending } from '../../scripts/abiDocuments'
import { leavesOf } from '../../scripts/abiArguments'
import { CONTRACT_NAMES, type ContractName } from '../../scripts/deploymentRecord'
import { FACTORIES } from '../../scripts/system'
import { verbs } from '../../tasks/verbs'
import { ELSEWHERE, UNREACHED } from '../../tasks/verbs/unreached'

const abiOf = (name: ContractName) => new Interface(FACTORIES[name].abi as InterfaceAbi)

/** Whether one entry names the function, by name or, where that is overloaded, by signature. */
const names = (entry: string, name: string, signature: string) => [name, signature].includes(entry)

describe('the table of verbs', () => {
  for (const contract of CONTRACT_NAMES) {
    for (const fragment of sending(abiOf(contract))) {
      const signature = fragment.format('sighash')
      it(`${contract}.${signature} has a task or a reason`, () => {
        const tasks = verbs.filter(verb => {
          if (!('build' in verb))
            return verb.contract === contract && names(verb.method, fragment.name, signature)
          return verb.reaches.some(
            ([at, method]) => at === contract && (method === '*' || names(method, fragment.name, signature)),
          )
        })
        const reasons = [
          ...Object.entries(UNREACHED[contract] ?? {}),
          ...Object.entries(ELSEWHERE[contract] ?? {}),
        ]
        const reason = reasons.find(([entry]) => names(entry, fragment.name, signature))
        expect(tasks.length > 0 || reason !== undefined, 'neither a task nor a reason').to.equal(true)
        expect(tasks.length > 0 && reason !== undefined, 'a task and a reason not to have one').to.equal(
          false,
        )
      })
    }
  }

  it('gives reasons only for functions that there are, and names only tasks that there are', () => {
    for (const table of [UNREACHED, ELSEWHERE]) {
      for (const [contract, entries] of Object.entries(table)) {
        const functions = sending(abiOf(contract as ContractName))
        for (const [entry, reason] of Object.entries(entries)) {
          const found = functions.filter(fragment => names(entry, fragment.name, fragment.format('sighash')))
          expect(found, `${contract}.${entry}`).to.have.length.greaterThan(0)
          for (const [task] of reason.matchAll(/[a-z]+:[a-z-]+/g))
            expect(hre.tasks[task] ?? taskOf(task), task).to.not.equal(undefined)
        }
      }
    }
  })

  for (const verb of verbs) {
    it(`${verb.task} is a task with its parameters explained`, () => {
      const definition = taskOf(verb.task)
      expect(definition?.description).to.equal(verb.description)
      for (const { name, help } of verb.parameters) {
        expect(help.length, name).to.be.greaterThan(3)
        expect(definition?.paramDefinitions[name]?.description).to.equal(help)
      }
      for (const name of ['from', 'records', 'json', 'safe', 'out', 'propose']) {
        expect(definition?.paramDefinitions[name], name).to.not.equal(undefined)
      }
    })
  }

  for (const verb of verbs) {
    if ('build' in verb || verb.prepare !== undefined) continue
    it(`${verb.task} asks for every argument of ${verb.contract}.${verb.method}`, () => {
      const fragment = abiOf(verb.contract).getFunction(verb.method)
      const leaves = leavesOf(fragment?.inputs ?? [])
      expect(verb.parameters).to.have.length(leaves.length)
      for (const [i, { unit, choices }] of verb.parameters.entries()) {
        if (unit === 'OPEN') expect(leaves[i]?.type).to.match(/^uint(96|128|256)$/)
        if (choices !== undefined) expect(leaves[i]?.type).to.equal('uint8')
      }
    })
  }
})

function taskOf(name: string) {
  const [scope, task] = name.split(':')
  return hre.tasks[name] ?? hre.scopes[scope ?? '']?.tasks[task ?? '']
}
