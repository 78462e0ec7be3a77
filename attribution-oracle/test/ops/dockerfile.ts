import { opsFile } from './ops'

export interface Instruction {
  name: string
  argument: string
}

export interface Stage {
  base: string
  alias: string | undefined
  instructions: Instruction[]
}

/** The instructions of the Dockerfile by stage; comments are left out and continued lines are put together. */
export async function stagesOf(path = 'Dockerfile'): Promise<Stage[]> {
  const lines = (await opsFile(path)).split('\n').filter(line => !line.trimStart().startsWith('#'))
  const whole = lines
    .join('\n')
    .replace(/\\\n\s*/g, '')
    .split('\n')
  const stages: Stage[] = []
  for (const line of whole.filter(each => each.trim() !== '')) {
    const [name, ...rest] = line.split(/\s+/) as [string, ...string[]]
    const argument = rest.join(' ')
    if (name === 'FROM') {
      const [base, as, alias] = rest as [string, string?, string?]
      stages.push({ base, alias: as === 'AS' ? alias : undefined, instructions: [] })
    } else stages.at(-1)?.instructions.push({ name, argument })
  }
  return stages
}

/** The arguments of every instruction of a kind, in order. */
export function argumentsOf({ instructions }: Stage, name: string): string[] {
  return instructions.filter(each => each.name === name).map(({ argument }) => argument)
}

export interface Copy {
  from: string | undefined
  sources: string[]
  target: string
}

export function copiesOf(stage: Stage): Copy[] {
  return argumentsOf(stage, 'COPY').map(argument => {
    const words = argument.split(' ')
    const from = words[0]?.startsWith('--from=') ? words.shift()!.slice('--from='.length) : undefined
    return { from, sources: words.slice(0, -1), target: words.at(-1)! }
  })
}

/** The command that the HEALTHCHECK runs. */
export function healthCommand(stage: Stage): string[] {
  const [check = ''] = argumentsOf(stage, 'HEALTHCHECK')
  return JSON.parse(check.slice(check.indexOf('['))) as string[]
}
