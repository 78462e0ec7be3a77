import { Compiler, type Code } from './compiler'
import { applied, type Mutant } from './mutants'
import { stagesOf } from './targets'
import { Workshop } from './workshop'

/** What a worker is asked: about one mutant of a file, or about the file as it is. */
export interface Question {
  file: string
  mutant?: Mutant
}

/** `stillborn`: it does not compile; `equal`: the compiler makes the same code of it; `killed`: `by` is the test. */
export interface Answer {
  outcome: 'killed' | 'survived' | 'equal' | 'stillborn'
  by?: string
}

const folder = process.cwd()
const compiler = new Compiler(folder)
const workshop = new Workshop(folder)

async function answer({ file, mutant }: Question): Promise<Answer> {
  const source = compiler.sourceOf(file)
  const changed = { file, content: mutant === undefined ? source : applied(source, mutant) }
  for (const { compiled, tests } of stagesOf(file)) {
    const code = compiler.compile(compiled, changed)
    if (code === undefined) return { outcome: 'stillborn' }
    workshop.install(code)
    const by = await workshop.failure(tests, mutant?.inside ?? '')
    if (by !== undefined) return { outcome: 'killed', by }
  }
  return { outcome: isSame(file, changed.content) ? 'equal' : 'survived' }
}

/** Whether the optimizer makes of the change what it makes of the source. */
function isSame(file: string, content: string): boolean {
  return stagesOf(file).every(({ compiled }) => {
    const bytes = (code: Code[] | undefined) => JSON.stringify(code)
    return (
      bytes(compiler.compile(compiled, { file, content }, true)) ===
      bytes(compiler.compile(compiled, undefined, true))
    )
  })
}

process.on('message', (question: Question) => {
  void answer(question).then(
    result => process.send!(result),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
      process.exit(2)
    },
  )
})
